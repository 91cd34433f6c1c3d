package moduletest

import (
	"bytes"
	"encoding/json"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

// fixture is one archive, read.
type fixture struct {
	path      string
	archive   *txtar.Archive
	always    bool
	noInverse string
	noCheck   string
	given     []modules.Given
	before    []mem.Option
	after     []mem.Option // the answers once all steps were made
	control   []mem.Option // what is on the control node
	vars      map[string]any
	want      map[string]string
	wantFiles map[string]string
}

func load(t *testing.T, name string, spec modules.Spec) *fixture {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{path: name, archive: txtar.Parse(data), want: map[string]string{}, wantFiles: map[string]string{}}
	f.directives(t)
	files := map[string]string{}
	for _, file := range f.archive.Files {
		f.file(t, spec, files, file.Name, string(file.Data))
	}
	for name, content := range files {
		f.before = append(f.before, mem.File(name, content))
	}
	f.before = append(f.before, f.metas(t, files, f.text("meta"))...)
	return f
}

func (f *fixture) directives(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(string(f.archive.Comment)) {
		word, reason, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch reason = strings.TrimSpace(reason); word {
		case "always":
			f.always = true
		case "no-inverse":
			f.noInverse = reason
		case "no-check":
			f.noCheck = reason
		default:
			continue
		}
		if word != "always" && reason == "" {
			t.Fatalf("%s: %s needs a reason", f.path, word)
		}
	}
}

// file takes one file of the archive.
func (f *fixture) file(t *testing.T, spec modules.Spec, files map[string]string, name, data string) {
	t.Helper()
	word, rest, _ := strings.Cut(name, " ")
	switch {
	case name == "args.yaml":
		f.given = arguments(t, f.path, data, spec)
	case name == "meta":
	case name == "state":
		f.before = append(f.before, states(t, data)...)
	case name == "facts":
		var facts host.Facts
		strict(t, data, &facts)
		f.before = append(f.before, mem.Facts(facts))
	case name == "vars":
		strict(t, data, &f.vars)
	case strings.HasPrefix(name, "control/"):
		f.control = append(f.control, controlFile(strings.TrimPrefix(name, "control"), data))
	case word == "probe":
		f.before = append(f.before, answer(t, rest, data))
	case word == "after":
		f.after = append(f.after, answer(t, rest, data))
	case strings.HasPrefix(name, "host/"):
		files[strings.TrimPrefix(name, "host")] = data
	case strings.HasPrefix(name, "want/"):
		f.wantFiles[strings.TrimPrefix(name, "want")] = data
	case slices.Contains(wanted, name):
		f.want[name] = data
	default:
		t.Fatalf("%s: what is the file %q?", f.path, name)
	}
}

var wanted = []string{
	"want.meta", "want.removed", "want.state", "want.steps", "want.diff", "want.result", "want.facts", "want.vars", "want.unmet", "want.note", "want.error",
}

func (f *fixture) text(name string) string {
	for _, file := range f.archive.Files {
		if file.Name == name {
			return string(file.Data)
		}
	}
	return ""
}

func strict(t *testing.T, data string, v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
}

// arguments reads args.yaml.
func arguments(t *testing.T, name, data string, spec modules.Spec) []modules.Given {
	t.Helper()
	node, faults := yamlsrc.ParseOne(&diag.Source{Name: "args.yaml", Text: data})
	if err := faults.Err(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if node.IsNull() {
		return nil
	}
	module, _ := modules.NewRegistry(spec).Lookup(spec.Name)
	var given []modules.Given
	for _, e := range node.Entries {
		g := modules.Given{Name: e.Key.Text, Value: value(e.Value), NamePos: e.Key.Pos, Pos: e.Value.Pos}
		if arg, ok := module.Arg(g.Name); ok && arg.IsExpression() {
			g.Value = expressions(t, g.Value)
		}
		given = append(given, g)
	}
	return given
}

func value(n *yamlsrc.Node) any {
	switch n.Kind {
	case yamlsrc.Sequence:
		items := make([]any, len(n.Items))
		for i, item := range n.Items {
			items[i] = value(item)
		}
		return items
	case yamlsrc.Mapping:
		m := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			m[e.Key.Text] = value(e.Value)
		}
		return m
	}
	return n.Value
}

// expressions makes evaluated expressions of mappings, as the engine does of text.
func expressions(t *testing.T, v any) any {
	t.Helper()
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = expressions(t, item)
		}
		return out
	case map[string]any:
		e := modules.Expression{Value: v["value"]}
		e.Source, _ = v["source"].(string)
		e.Truth, _ = v["truth"].(bool)
		e.Known, _ = v["known"].(bool)
		e.Undefined, _ = v["undefined"].(bool)
		return e
	}
	t.Fatalf("an expression is a mapping of source, value, truth, known and undefined, not %v", v)
	return nil
}

// metas reads the lines of meta.
func (f *fixture) metas(t *testing.T, files map[string]string, text string) []mem.Option {
	t.Helper()
	var options []mem.Option
	for _, w := range metaLines(text) {
		switch name := w[0]; {
		case len(w) >= 3 && w[1] == "->":
			options = append(options, link(t, w))
		case len(w) == 2 && w[1] == "special":
			options = append(options, mem.Special(name))
		case strings.HasSuffix(name, "/"):
			options = append(options, mem.Dir(path.Clean(name), meta(t, w)))
		default:
			content, ok := files[name]
			if !ok {
				t.Fatalf("%s: meta names %s, which is no file under host/", f.path, name)
			}
			options = append(options, mem.FileAs(name, content, meta(t, w)))
		}
	}
	return options
}

func metaLines(text string) [][]string {
	var lines [][]string
	for line := range strings.Lines(text) {
		if w := strings.Fields(line); len(w) > 1 {
			lines = append(lines, w)
		}
	}
	return lines
}

func meta(t *testing.T, words []string) change.Meta {
	t.Helper()
	if len(words) < 3 {
		t.Fatalf("a line of meta is PATH MODE UID:GID [OWNER:GROUP], not %q", words)
	}
	uid, gid, _ := strings.Cut(words[2], ":")
	m := change.Meta{Mode: uint32(number(t, words[1], 8)), UID: number(t, uid, 10), GID: number(t, gid, 10)}
	if m.UID == 0 {
		m.Owner = "root"
	}
	if m.GID == 0 {
		m.Group = "root"
	}
	if len(words) > 3 {
		m.Owner, m.Group, _ = strings.Cut(words[3], ":")
	}
	return m
}

// link reads PATH -> TARGET [UID:GID].
func link(t *testing.T, words []string) mem.Option {
	t.Helper()
	if len(words) == 3 {
		return mem.Link(words[0], words[2])
	}
	return mem.LinkAs(words[0], words[2], meta(t, []string{words[0], "0777", words[3]}))
}

func number(t *testing.T, s string, base int) int {
	t.Helper()
	n, err := strconv.ParseInt(s, base, 32)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// states reads {"service NAME": {…}}.
func states(t *testing.T, data string) []mem.Option {
	t.Helper()
	var options []mem.Option
	for ref, s := range stateMap(t, data) {
		options = append(options, mem.State(ref, s))
	}
	return options
}

func stateMap(t *testing.T, data string) map[change.Ref]change.State {
	t.Helper()
	raw, out := map[string]json.RawMessage{}, map[change.Ref]change.State{}
	if len(bytes.TrimSpace([]byte(data))) == 0 {
		return out
	}
	strict(t, data, &raw)
	for key, body := range raw {
		kind, name, _ := strings.Cut(key, " ")
		if change.RefKind(kind) != change.ServiceRef {
			t.Fatalf("what is the state %q?", key)
		}
		var s change.ServiceState
		strict(t, string(body), &s)
		out[change.Ref{Kind: change.ServiceRef, Name: name}] = s
	}
	return out
}

// answer reads what a program gives.
func answer(t *testing.T, command, data string) mem.Option {
	t.Helper()
	argv, err := modules.SplitWords(command)
	if err != nil {
		t.Fatalf("%q: %v", command, err)
	}
	out, touched, end := change.Outcome{Known: true}, []mem.Option{}, "\n"
	for line := range strings.Lines(data) {
		word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch word {
		case "#status":
			out.Status = number(t, rest, 10)
		case "#errno":
			out.Errno = number(t, rest, 10)
		case "#zero":
			end = "\x00"
		case "#touch":
			touched = append(touched, mem.File(rest, ""))
		case "2>":
			out.Stderr = append(out.Stderr, rest+"\n"...)
		default:
			out.Stdout = append(out.Stdout, strings.TrimSuffix(line, "\n")+end...)
		}
	}
	return mem.AnswerFunc(func(h *mem.Host, _ change.Exec) (change.Outcome, error) {
		h.Put(touched...)
		return out, nil
	}, argv...)
}
