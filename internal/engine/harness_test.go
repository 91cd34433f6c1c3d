package engine_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lookup"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/internal/word"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/all"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

// world is an inventory of hosts in memory, and what the events of a run on them say.
type world struct {
	late    bool // of what is wrong in included files it is warned
	names   []string
	hosts   map[string]*mem.Host
	dead    map[string]bool // cannot be reached
	connect func(ctx context.Context, name string) error
	specs   []modules.Spec // besides the modules that there are
	targets map[string]string
	extra   *jinja.Dict
	layers  map[string]*jinja.Dict
	onEvent func(event.Event)
	helper  bool // the hosts have a helper, which plans there
	wrap    func(host.Host) host.Host
	files   map[string]string // of the control node, by their paths below the playbook's folder
	dir     string            // that folder, where there are such files; else what stands in logs has no folder

	ended string // why the run ended before its time

	mu      sync.Mutex
	events  []event.Event
	logins  []string
	summary *engine.Summary
}

func newWorld(names ...string) *world {
	w := &world{names: names, hosts: map[string]*mem.Host{}, dead: map[string]bool{}, layers: map[string]*jinja.Dict{}}
	for _, n := range names {
		w.hosts[n] = mem.New(
			mem.Service("postfix", change.ServiceState{Manager: change.Systemd, Exists: true, Running: true}),
			mem.Answer(host.Output{}, "true"), mem.Answer(host.Output{}, "do", "..."),
			mem.Answer(host.Output{Status: 1}, "false"), mem.Answer(host.Output{Stdout: "out\n", Status: 3}, "status3"),
			mem.Answer(host.Output{Stdout: n + "\n"}, "hostname"),
			mem.AnswerFunc(func(*mem.Host, change.Exec) (change.Outcome, error) {
				return change.Outcome{Known: true, Status: host.NotFound, Errno: 2}, nil
			}, "nosuch", "..."),
		)
	}
	return w
}

func (w *world) Emit(e event.Event) {
	w.mu.Lock()
	w.events = append(w.events, e)
	w.mu.Unlock()
	if w.onEvent != nil {
		w.onEvent(e)
	}
}

func (w *world) Match(pattern string) (names, warnings []string, err error) {
	for _, n := range w.names {
		if pattern == "all" || slices.Contains(strings.Split(pattern, ","), n) {
			names = append(names, n)
		}
	}
	return names, nil, nil
}

// lay writes the files of the control node into a folder of the test's own.
func (w *world) lay(t testing.TB) {
	t.Helper()
	w.dir = t.TempDir()
	for name, text := range w.files {
		path := filepath.Join(w.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

type login struct {
	w               *world
	name, key, user string
}

func (w *world) Login(name string, scope jinja.Scope, asked engine.Asked) (engine.Login, error) {
	l := &login{w: w, name: name, key: asked.User}
	if asked.Become != nil && *asked.Become {
		l.user = cmp.Or(asked.BecomeUser, "root")
		l.key += "+" + l.user
	}
	if v, ok := scope.Lookup("ansible_user"); ok {
		l.key = jinja.Str(v)
	}
	return l, nil
}

func (l *login) Forget() {}

func (l *login) User() string { return l.user }

func (l *login) Key() string { return l.key }

// Target is the name, or the one that targets gives it: then the hosts are one machine.
func (l *login) Target() string {
	if t := l.w.targets[l.name]; t != "" {
		return t
	}
	return l.name
}

func (l *login) Connect(ctx context.Context) (host.Host, error) {
	l.w.mu.Lock()
	l.w.logins = append(l.w.logins, l.name+" as "+l.key)
	dead := l.w.dead[l.name]
	l.w.mu.Unlock()
	if l.w.connect != nil {
		if err := l.w.connect(ctx, l.name); err != nil {
			return nil, err
		}
	}
	if dead {
		return nil, fmt.Errorf("%s: no route: %w", l.name, host.ErrUnreachable)
	}
	h := host.Host(l.w.hosts[l.Target()])
	if l.user != "" && l.user != "root" {
		s, err := h.State(ctx, change.Ref{Kind: change.UserRef, Name: l.user})
		if u, _ := s.(change.UserState); err != nil || !u.Exists {
			return nil, fmt.Errorf("%s: become %s: unknown user", l.name, l.user)
		}
	}
	if l.w.wrap != nil {
		h = l.w.wrap(h)
	}
	if l.w.helper {
		return l.w.throughHelper(ctx, l.name, h)
	}
	return h, nil
}

// run runs a playbook that has no faults.
func (w *world) run(t testing.TB, o engine.Options, books ...string) *engine.Summary {
	t.Helper()
	return w.runCtx(t.Context(), t, o, books...)
}

func (w *world) runCtx(ctx context.Context, t testing.TB, o engine.Options, books ...string) *engine.Summary {
	t.Helper()
	s, err := w.try(ctx, t, o, books...)
	if err != nil {
		t.Fatal(err)
	}
	w.summary = s
	return s
}

// try runs a playbook that has no faults, and gives the error of the run as a whole.
func (w *world) try(ctx context.Context, t testing.TB, o engine.Options, books ...string) (*engine.Summary, error) {
	t.Helper()
	registry := modules.NewRegistry(slices.Concat(all.Specs(), word.Specs(), w.specs)...)
	env := jinja.New(lookup.New(lookup.Options{})...)
	if w.files != nil {
		w.lay(t)
	}
	o.Loader = play.NewLoader(play.Options{Env: env, Registry: registry, Late: w.late})
	o.Lookup = env.Lookup
	for i, text := range books {
		book, ds := o.Loader.Parse(&diag.Source{Name: filepath.Join(w.dir, fmt.Sprintf("site%d.yml", i+1)), Text: text})
		if err := ds.Err(); err != nil {
			t.Fatal(err)
		}
		o.Playbooks = append(o.Playbooks, book)
	}
	v := vars.Options{Extra: w.extra, Groups: map[string][]string{"all": w.names}, SearchPath: o.Loader.SearchPath}
	for _, n := range w.names {
		h := vars.Host{Name: n, Groups: []string{"mail"}}
		if w.layers[n] != nil {
			h.Layers = append(h.Layers, w.layers[n])
		}
		v.Hosts = append(v.Hosts, h)
	}
	if w.helper {
		o.OnTarget = func(module string) bool {
			return slices.ContainsFunc(w.onTarget(), func(s modules.Spec) bool { return s.Name == module })
		}
	}
	o.Hosts, o.Vars, o.Connector, o.Sink = w, vars.New(v), w, w
	if o.Forks == 0 {
		o.Forks = 1 // so that events come in the order of the hosts
	}
	return engine.Run(ctx, o)
}

// log gives the events as lines.
func (w *world) log() string {
	var b strings.Builder
	for _, e := range w.events {
		b.WriteString(line(e))
	}
	if w.ended != "" {
		b.WriteString("ENDED " + w.ended + "\n")
	}
	for _, n := range w.names {
		for _, c := range w.hosts[n].Applied() {
			fmt.Fprintf(&b, "applied on %s: %s\n", n, c.Summary())
		}
	}
	if w.dir != "" {
		return strings.NewReplacer(w.dir+"/", "", w.dir, ".").Replace(b.String())
	}
	return b.String()
}

func line(e event.Event) string {
	switch e := e.(type) {
	case event.PlayStart:
		return fmt.Sprintf("PLAY %s on %s\n", e.Name, strings.Join(e.Hosts, " "))
	case event.NoHosts:
		return fmt.Sprintf("PLAY %s: no host is %s\n", e.Play, e.Pattern)
	case event.TaskStart:
		if e.Handler {
			return "HANDLER " + e.Title() + "\n"
		}
		if e.Meta {
			return "META " + e.Title() + "\n"
		}
		return "TASK " + e.Title() + "\n"
	case event.TaskResult:
		return resultLine(e)
	case event.Notified:
		word := "notified"
		if e.Possible {
			word = "possibly notified"
		}
		return fmt.Sprintf("    %s %s: %s\n", e.Host, word, strings.Join(e.Handlers, ", "))
	case event.Warning:
		return "WARNING " + e.Diagnostic.Error() + "\n"
	case event.Included:
		if e.Possible {
			return fmt.Sprintf("  possibly included %s for %s\n", e.What, strings.Join(e.Hosts, ", "))
		}
		return fmt.Sprintf("  included %s for %s\n", e.What, strings.Join(e.Hosts, ", "))
	case event.Retry:
		return fmt.Sprintf("  %s retry: %d of %d left\n", e.Host, e.Left, e.Retries)
	case event.MetaDone:
		if e.Skipped {
			return fmt.Sprintf("  %s skipped\n", e.Host)
		}
		return fmt.Sprintf("  %s %s\n", e.Host, e.Text)
	case event.NoHostsLeft:
		return "NO MORE HOSTS LEFT\n"
	case event.Recap:
		return recapLines(e)
	}
	return fmt.Sprintf("unknown event %T\n", e)
}

func resultLine(e event.TaskResult) string {
	var b strings.Builder
	indent := "  "
	if e.Item != nil {
		indent = "    "
	}
	fmt.Fprintf(&b, "%s%s %s", indent, e.Host, e.Status)
	for word, on := range map[string]bool{"?": e.Guess} {
		if on {
			b.WriteString(word)
		}
	}
	if e.Item != nil {
		fmt.Fprintf(&b, " (item=%s)", *e.Item)
	}
	for _, f := range []struct {
		word string
		on   bool
	}{{"loop", e.Loop}, {"ignored", e.Ignored}, {"rescued", e.Rescued}, {"hidden", e.Hidden}, {"planned", e.Planned && len(e.Changes) > 0}} {
		if f.on {
			b.WriteString(" " + f.word)
		}
	}
	for _, c := range e.Changes {
		fmt.Fprintf(&b, " [%s]", c.Summary())
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	if e.Because != nil {
		b.WriteString(" because of " + strings.Join(e.Because, ", "))
	}
	if e.Module == "debug" && !e.Loop && (e.Status == event.OK || e.Hidden) {
		b.WriteString(" = " + shown(e.Result))
	}
	return b.String() + "\n"
}

// shown gives data as JSON, with ? for what is not known.
func shown(v any) string {
	data, err := json.Marshal(plain(v))
	if err != nil {
		return err.Error()
	}
	return string(data)
}

func plain(v any) any {
	switch x := v.(type) {
	case jinja.Unknown:
		return "?"
	case map[string]any:
		out := map[string]any{}
		for k, item := range x {
			if k != "start" && k != "end" && k != "delta" {
				out[k] = plain(item)
			}
		}
		if len(out) == 3 && out["changed"] == false && out["failed"] == false { // a debug task's own keys
			delete(out, "changed")
			delete(out, "failed")
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			out[i] = plain(item)
		}
		return out
	}
	return v
}

func recapLines(e event.Recap) string {
	var b strings.Builder
	for _, h := range e.Hosts {
		fmt.Fprintf(&b, "RECAP %s:", h.Host)
		for _, c := range []struct {
			word string
			n    int
		}{
			{"ok", h.OK}, {"changed", h.Changed}, {"unreachable", h.Unreachable}, {"failed", h.Failed}, {"skipped", h.Skipped}, {"rescued", h.Rescued}, {"ignored", h.Ignored},
			{"undecided", h.Undecided}, {"deferred", h.Deferred},
		} {
			if c.n > 0 {
				fmt.Fprintf(&b, " %s=%d", c.word, c.n)
			}
		}
		b.WriteString("\n")
	}
	if e.Interrupted {
		b.WriteString("INTERRUPTED\n")
	}
	return b.String()
}
