package postconf_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/postfix"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
	"github.com/pfrun/pfrun/modules/postconf"
)

const mainCF = "/etc/postfix/main.cf"

// installed is a host with a Postfix that reads the scratch copy: refuse gives what it says of a main.cf, or "".
type installed struct {
	host.Reader
	refuse func(main string) string
	seen   []string // the main.cf of each probe
}

func (i *installed) Probe(ctx context.Context, p host.Probe) (host.Output, error) {
	text := p.Scratch["main.cf"]
	switch {
	case p.Scratch == nil: // postconf -m
		return i.Reader.Probe(ctx, p)
	case p.Argv[0] == "postmap":
		i.seen = append(i.seen, text)
		if said := i.refuse(text); said != "" {
			return host.Output{Status: 1, Stderr: "postmap: fatal: " + said + "\n"}, nil
		}
		return host.Output{Stdout: "ok\n"}, nil
	}
	i.seen = append(i.seen, text)
	m, err := postfix.ParseMain(text)
	if err != nil {
		return host.Output{Status: 1, Stderr: "postconf: fatal: " + err.Error() + "\n"}, nil
	}
	var out strings.Builder
	_, names, _ := strings.Cut(strings.Join(p.Argv, " "), " -- ")
	for _, name := range strings.Fields(names) {
		value, _ := m.Lookup(name)
		out.WriteString(strings.TrimRight(name+" = "+postfix.Fold(value), " ") + "\n")
	}
	return host.Output{Stdout: out.String()}, nil
}

func accept(string) string { return "" }

func decode(args map[string]any) (modules.Task, error) {
	m, _ := modules.NewRegistry(postconf.Spec()).Lookup("postconf")
	var given []modules.Given
	for name, value := range args {
		given = append(given, modules.Given{Name: name, Value: value})
	}
	return m.Decode(diag.Pos{}, given)
}

func plan(t *testing.T, r host.Reader, args map[string]any) (*modules.Plan, error) {
	t.Helper()
	task, err := decode(args)
	if err != nil {
		t.Fatal(err)
	}
	return task.Plan(t.Context(), host.Listed(r, postconf.Spec().Probes))
}

func values(kv ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i].(string)] = kv[i+1]
	}
	return m
}

// In check mode an assertion is asked of the file as it is planned, master.cf beside it.
func TestAssertionOfAPlannedFile(t *testing.T) {
	base := &installed{Reader: mem.New(mem.File(mainCF, "inet_protocols = all\n")), refuse: accept}
	o := host.NewOverlay(base)
	p, err := plan(t, o, values("parameters", values("inet_protocols", "ipv4")))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Steps {
		if _, err := o.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	assert := values("state", "assert", "parameters", values("inet_protocols", "ipv4"))
	if p, err = plan(t, o, assert); err != nil || p.Unmet != "" {
		t.Errorf("planned: unmet %q, error %v", p.Unmet, err)
	}
	if p, err = plan(t, base, assert); err != nil || p.Unmet != `inet_protocols is "all" (main.cf, line 1), expected "ipv4"` {
		t.Errorf("real: unmet %q, error %v", p.Unmet, err)
	}
}

func TestBrokenFileIsMendedStepByStep(t *testing.T) {
	owner := func(text string) string {
		switch {
		case strings.Contains(text, "mail_owner = nobody-here"):
			return "file /dev/shm/x/main.cf: parameter mail_owner: unknown user name value: nobody-here"
		case strings.Contains(text, "192.0.2.1"):
			return "parameter inet_interfaces: no local interface found for 192.0.2.1"
		}
		return ""
	}
	broken := "inet_interfaces = all\nmail_owner = nobody-here\n"
	note := "Postfix refuses /etc/postfix/main.cf, as it did before: file /etc/postfix/main.cf: parameter mail_owner: unknown user name value: nobody-here"
	for _, tt := range []struct {
		name, set, value string
		note, err        string
	}{
		{name: "the wrong one", set: "mail_owner", value: "postfix"},
		{name: "another one", set: "inet_interfaces", value: "loopback-only", note: note},
		{name: "another one, wrong too", set: "inet_interfaces", value: "192.0.2.1",
			err: "Postfix would refuse /etc/postfix/main.cf with inet_interfaces = 192.0.2.1: parameter inet_interfaces: no local interface found for 192.0.2.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &installed{Reader: mem.New(mem.File(mainCF, broken)), refuse: owner}
			p, err := plan(t, h, values("parameters", values(tt.set, tt.value)))
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("error is %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Steps) != 1 || p.Note != tt.note {
				t.Errorf("steps %v, note %q, want one and %q", p.Steps, p.Note, tt.note)
			}
		})
	}
}

func TestWhatIsTriedIsWhatIsWritten(t *testing.T) {
	h := &installed{Reader: mem.New(mem.File(mainCF, "# first\nsoft_bounce = no")), refuse: accept}
	p, err := plan(t, h, values("parameters", values("soft_bounce", true, "relayhost", "[mx.example.com]")))
	if err != nil {
		t.Fatal(err)
	}
	want := "# first\nsoft_bounce = yes\nrelayhost = [mx.example.com]\n"
	data, _ := p.Steps[0].(change.WriteFile).Content.Data()
	if diff := cmp.Diff([]string{want, want, want}, append(h.seen, string(data))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPlannedMapTypesDefer(t *testing.T) {
	o := host.NewOverlay(mem.New(mem.File(mainCF, ""), mem.Answer(host.Output{Stdout: "hash\n"}, "postconf", "-m")))
	types := change.WriteFile{Path: "/etc/postfix/dynamicmaps.cf", Content: change.Bytes([]byte("lmdb\n")), Meta: mem.Root(0o644)}
	if _, err := o.Apply(t.Context(), types); err != nil {
		t.Fatal(err)
	}
	_, err := plan(t, o, values("parameters", values("virtual_alias_maps", "lmdb:/etc/postfix/virtual")))
	if !errors.Is(err, host.ErrPlanned) {
		t.Errorf("error is %v, want ErrPlanned", err)
	}
}

// The helper gets a task as JSON.
func TestTaskTravels(t *testing.T) {
	task, err := decode(values("state", "assert", "parameters", values("inet_protocols", "ipv4", "mynetworks", nil, "soft_bounce", false, "limit", int64(7))))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	got := postconf.Spec().New()
	if err := json.Unmarshal(data, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(task, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// FuzzHold: whatever is in main.cf, an edit makes the parameter what it shall be, leaves the others alone, and is made once.
func FuzzHold(f *testing.F) {
	f.Add("relayhost = a\n", "b")
	f.Add("relayhost =\n  a\n# c\n  b\nmyhostname=x", "")
	f.Add("relayhost=a\r\nrelayhost =b\r\n\r\nmyorigin = $relayhost\r\n", "[mx.example.com]:587  x")
	f.Add("  continued\n#relayhost = a\n", "a#b")
	f.Fuzz(func(t *testing.T, text, value string) {
		before, err := postfix.ParseMain(text)
		task, refused := decode(values("parameters", values("relayhost", value)))
		if err != nil || refused != nil {
			return
		}
		mh := mem.New(mem.File(mainCF, text))
		h := &installed{Reader: mh, refuse: accept}
		p, err := task.Plan(t.Context(), h)
		if err != nil {
			return // a value that Postfix would not take
		}
		for _, c := range p.Steps {
			if _, err := mh.Apply(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		again, err := task.Plan(t.Context(), h)
		if err != nil || len(again.Steps) > 0 {
			t.Fatalf("the second run: %v, error %v", again, err)
		}
		file, _ := mh.ReadFile(t.Context(), mainCF, 1<<30)
		data, _ := file.Content.Data()
		after, err := postfix.ParseMain(string(data))
		if err != nil {
			t.Fatal(err)
		}
		if got, set := after.Lookup("relayhost"); !set || !postfix.SameValue("relayhost", got, value) {
			t.Errorf("relayhost is %q, want %q", got, value)
		}
		for _, b := range before.Parameters() {
			if got, _ := after.Lookup(b.Name); b.Name != "relayhost" && got != b.Value {
				t.Errorf("%s became %q, was %q", b.Name, got, b.Value)
			}
		}
	})
}
