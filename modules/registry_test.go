package modules_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

type state string

func (state) Enum() []string { return []string{"present", "absent"} }

type sampleTask struct {
	Path  string         `arg:"path,required,alias=dest,alias=name" doc:"Path."`
	State state          `arg:"state" doc:"State."`
	Count *int           `arg:"count" doc:"Optional number."`
	List  []string       `arg:"list" doc:"List."`
	Map   map[string]int `arg:"map" doc:"Dict of numbers."`
	Any   any            `arg:"any" doc:"Anything."`
	Yes   bool           `arg:"yes" doc:"Bool."`
	Ratio float64        `arg:"ratio" doc:"Number."`
	modules.FileAttributes
	valid error
}

func (s *sampleTask) Plan(context.Context, host.Reader) (*modules.Plan, error) {
	return &modules.Plan{}, nil
}
func (s *sampleTask) Validate() error { return s.valid }

var sample = modules.Spec{Name: "sample", Short: "a sample", New: func() modules.Task { return &sampleTask{State: "present", Count: new(int)} }}

func given(pairs ...any) []modules.Given {
	var out []modules.Given
	src := &diag.Source{Name: "p.yml"}
	for i := 0; i < len(pairs); i += 2 {
		pos := diag.Pos{Source: src, Line: 1 + i, Column: 1}
		out = append(out, modules.Given{Name: pairs[i].(string), Value: pairs[i+1], NamePos: pos, Pos: pos})
	}
	return out
}

func decode(t *testing.T, spec modules.Spec, pairs ...any) (*sampleTask, error) {
	t.Helper()
	m, ok := modules.NewRegistry(spec).Lookup("ansible.builtin.sample")
	if !ok {
		t.Fatal("not found by its full name")
	}
	task, err := m.Decode(diag.Pos{}, given(pairs...))
	return task.(*sampleTask), err
}

func TestDecodeConvertsAsAnsibleDoes(t *testing.T) {
	got, err := decode(t, sample, "dest", int64(7), "count", "12", "list", "a, b", "map", map[string]any{"x": "1"}, "any", true, "yes", "on", "ratio", int64(2), "mode", "0600")
	if err != nil {
		t.Fatal(err)
	}
	if got.Path != "7" || got.State != "present" || *got.Count != 12 || !got.Yes || got.Ratio != 2 || got.Any != true || got.Mode.Apply(0, false) != 0o600 {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"a", "b"}, got.List); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"x": 1}, got.Map); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeReportsEveryFaultInOrder(t *testing.T) {
	_, err := decode(t, sample, "state", "presnt", "stat", 1, "yes", "maybe", "dest", "/x", "name", "/y", "list", map[string]any{}, "_raw_params", "x")
	var faults diag.List
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	wants := []string{`did you mean "present"`, `no argument "stat"`, "must be a boolean", `"dest" and "name" are the same`, "must be a list", "takes no free-form text"}
	if len(faults) != len(wants) {
		t.Fatalf("%d faults: %v", len(faults), faults)
	}
	for i, want := range wants {
		if !strings.Contains(faults[i].Error(), want) {
			t.Errorf("fault %d is %q, want %q", i+1, faults[i].Error(), want)
		}
	}
}

func TestCheckLeavesTemplatesAlone(t *testing.T) {
	m, _ := modules.NewRegistry(sample).Lookup("sample")
	args := given("state", "{{ x }}", "path", "{{ y }}", "nonsense", "{{ z }}")
	for i := range args {
		args[i].Template = true
	}
	faults := m.Check(diag.Pos{}, args)
	if len(faults) != 1 || !strings.Contains(faults[0].Message, "nonsense") {
		t.Errorf("faults: %v", faults)
	}
}

func TestRequiredArgumentsAndNull(t *testing.T) {
	if _, err := decode(t, sample); err == nil || !strings.Contains(err.Error(), "missing required argument: path") {
		t.Errorf("nothing given: %v", err)
	}
	if _, err := decode(t, sample, "path", nil); err == nil || !strings.Contains(err.Error(), "required and has no value") {
		t.Errorf("null given: %v", err)
	}
	if got, err := decode(t, sample, "path", "/x", "state", nil); err != nil || got.State != "present" {
		t.Errorf("null keeps the default: %+v, %v", got, err)
	}
}

func TestValidateIsAskedOnceAllArgumentsAreKnown(t *testing.T) {
	spec := sample
	spec.New = func() modules.Task { return &sampleTask{valid: errors.New("these do not go together")} }
	if _, err := decode(t, spec, "path", "/x"); err == nil || !strings.Contains(err.Error(), "sample: these do not go together") {
		t.Errorf("error: %v", err)
	}
}

func TestDefaultsAndChoicesAreRead(t *testing.T) {
	m, _ := modules.NewRegistry(sample).Lookup("sample")
	a, ok := m.Arg("state")
	if !ok || a.Default != state("present") || !cmp.Equal(a.Choices, []string{"present", "absent"}) {
		t.Errorf("state: %+v", a)
	}
	if a, ok := m.Arg("owner"); !ok || a.Doc == "" {
		t.Error("an embedded argument is not there")
	}
	if a, ok := m.Arg("name"); !ok || a.Name != "path" {
		t.Errorf("alias: %+v", a)
	}
}

type undocumented struct {
	sampleTask
	Path string `arg:"path"`
}

type twice struct {
	sampleTask
	A string `arg:"a,alias=b" doc:"A."`
	B string `arg:"b" doc:"B."`
}

type unknownWord struct {
	sampleTask
	A string `arg:"a,requierd" doc:"A."`
}

type undecodable struct {
	sampleTask
	A chan int `arg:"a" doc:"A."`
}

func TestRegistryPanicsOnWhatIsNotDeclaredFully(t *testing.T) {
	of := func(task modules.Task) modules.Spec {
		return modules.Spec{Name: "sample", Short: "s", New: func() modules.Task { return task }}
	}
	for name, specs := range map[string][]modules.Spec{
		"no_name":     {{Short: "s", New: sample.New}},
		"no_summary":  {{Name: "n", New: sample.New}},
		"no_new":      {{Name: "n", Short: "s"}},
		"same_name":   {sample, sample},
		"same_alias":  {sample, {Name: "other", Names: []string{"sample"}, Short: "s", New: sample.New}},
		"no_doc":      {of(&undocumented{})},
		"two_of_name": {of(&twice{})},
		"bad_word":    {of(&unknownWord{})},
		"bad_type":    {of(&undecodable{})},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if p := recover(); p == nil || !strings.HasPrefix(fmt.Sprint(p), "modules: ") {
					t.Errorf("panic: %v", p)
				}
			}()
			modules.NewRegistry(specs...)
		})
	}
}

func TestSuggest(t *testing.T) {
	r := modules.NewRegistry(sample)
	if got := r.Suggest("ansible.builtin.sampel"); !strings.Contains(got, "sample") {
		t.Errorf("suggestion: %q", got)
	}
	if diff := cmp.Diff([]string{"sample"}, r.Names()); diff != "" {
		t.Error(diff)
	}
}
