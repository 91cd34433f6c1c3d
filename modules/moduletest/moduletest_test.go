package moduletest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/moduletest"
)

// appendTask appends a line to a file and starts a service. Each defect makes it break one promise of a module.
type appendTask struct {
	Path   string `arg:"path,required" doc:"File."`
	Line   string `arg:"line,required" doc:"Line."`
	defect string
	plans  *int
}

func (a *appendTask) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	*a.plans++
	out, err := r.Probe(ctx, host.Probe{Argv: []string{"greet", "--lang", "en"}})
	if err != nil {
		return nil, err
	}
	f, err := r.ReadFile(ctx, a.Path, 1000)
	if err != nil {
		return nil, err
	}
	data, _ := f.Content.Data()
	p := &modules.Plan{Result: map[string]any{"greeting": out.Stdout, "warned": out.Stderr}}
	state, err := r.State(ctx, change.Ref{Kind: change.ServiceRef, Name: "motd"})
	if err != nil {
		return nil, err
	}
	service := state.(change.ServiceState)
	if !service.Running {
		p.Steps = append(p.Steps, change.Service{Name: "motd", Action: change.Start, Before: service})
	}
	line := a.Line
	if strings.Contains(string(data), line) && a.defect != "again" {
		return p, nil
	}
	switch a.defect {
	case "differs":
		line += strings.Repeat("!", *a.plans)
	case "probe":
		_, err = r.Probe(ctx, host.Probe{Argv: []string{"rm", "-rf", "/"}})
		return nil, err
	case "inverse":
		p.Steps = append(p.Steps, change.Exec{Argv: []string{"greet"}})
	case "content":
		line = "half"
	}
	p.Steps = append(p.Steps, change.WriteFile{Path: a.Path, Content: change.Bytes(append(data, line+"\n"...)), Meta: f.Meta, Before: f})
	return p, nil
}

func spec(defect string) modules.Spec {
	plans := 0
	return modules.Spec{
		Name: "append", Short: "append a line",
		New:    func() modules.Task { return &appendTask{defect: defect, plans: &plans} },
		Probes: []host.Probe{{Argv: []string{"greet", "..."}}},
	}
}

func TestFixture(t *testing.T) {
	defect := os.Getenv("MODULETEST_DEFECT")
	moduletest.Run(t, spec(defect), "testdata/*.txtar")
}

// TestDefectsAreFound runs the fixture again with a module that breaks a promise, and wants it to fail for that reason.
func TestDefectsAreFound(t *testing.T) {
	if os.Getenv("MODULETEST_DEFECT") != "" {
		return
	}
	for defect, want := range map[string]string{
		"again":   "the second run changes again",
		"differs": "two plans differ",
		"probe":   "does not list this probe",
		"inverse": "has no inverse",
		"content": "the host afterwards",
	} {
		t.Run(defect, func(t *testing.T) {
			c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFixture$")
			c.Env = append(os.Environ(), "MODULETEST_DEFECT="+defect)
			out, err := c.CombinedOutput()
			if err == nil || !strings.Contains(string(out), want) {
				t.Errorf("ended with %v and said\n%s", err, out)
			}
		})
	}
}
