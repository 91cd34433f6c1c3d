package pfrun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lazy"
	"github.com/pfrun/pfrun/internal/lookup"
)

// maxLineTime is how long one line of input may take to evaluate.
const maxLineTime = 30 * time.Second

// LineEvaluator evaluates templates that stand, with their variables, in lines of JSON, each on its own. It is for programs that hold expressions against other ones; nothing is
// connected to. It must not be used concurrently.
type LineEvaluator struct {
	project  *Project
	warnings []*diag.Diagnostic
}

// line is the input.
type line struct {
	Template *string           `json:"template"`
	Vars     json.RawMessage   `json:"vars"`
	Kind     string            `json:"kind"`
	Files    map[string]string `json:"files"`
}

// NewLineEvaluator makes one.
func NewLineEvaluator(o Options) (*LineEvaluator, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	o.Check = true
	e := &LineEvaluator{project: &Project{options: o}}
	e.project.opener = newOpener(o.VaultSecrets, &e.project.secrets)
	e.project.env = e.project.newEnv()
	e.project.odd.to(func(d *diag.Diagnostic) { e.warnings = append(e.warnings, d) })
	return e, nil
}

// Line answers a line of input, {"template": …, "vars": {…}, "kind": "arg" | "when" | "template", "files": {name: text}}, with one of output: {"value": …}, or {"error": …, "line": …,
// "column": …}. Strings of vars may be templates; other fields mean nothing. Files are what the template may include and lookups may read. With a value may stand "warnings", with an error "file", where it is in
// another text than the template, and "hint". number is the place of the line in the input, which stands for the place where the line itself is wrong.
func (e *LineEvaluator) Line(ctx context.Context, input []byte, number int) (output string) {
	e.warnings = nil
	defer func() {
		if p := recover(); p != nil {
			output = faultLine(fmt.Errorf("a fault in pfrun: %v", p), number)
		}
	}()
	l, err := readLine(input)
	if err != nil {
		return faultLine(err, number)
	}
	ctx, cancel := context.WithTimeout(ctx, maxLineTime)
	defer cancel()
	v, err := e.eval(ctx, l)
	if err != nil {
		return faultLine(err, 1)
	}
	text, err := jinja.JSON(v, 0)
	if err != nil {
		return faultLine(err, 1)
	}
	out := `{"value": ` + text
	if len(e.warnings) > 0 {
		var ws []string
		for _, w := range e.warnings {
			ws = append(ws, w.Error())
		}
		out += `, "warnings": ` + quoteYAML(ws)
	}
	return out + "}"
}

func readLine(input []byte) (*line, error) {
	l := &line{}
	dec := json.NewDecoder(bytes.NewReader(input))
	var wrong *json.UnmarshalTypeError
	switch err := dec.Decode(l); {
	case errors.As(err, &wrong) && wrong.Field == "":
		return nil, fmt.Errorf("the line must hold an object, not: %s", wrong.Value)
	case errors.As(err, &wrong):
		return nil, fmt.Errorf("%s must be of another type, not: %s", wrong.Field, wrong.Value)
	case err != nil:
		return nil, fmt.Errorf("the line is no JSON: %w", err)
	}
	switch {
	case dec.More():
		return nil, errors.New("there is something after the end of the line's object")
	case l.Template == nil:
		return nil, errors.New("the line has no template")
	}
	return l, nil
}

// faultLine says what is wrong.
func faultLine(err error, line int) string {
	out := struct {
		Error  string `json:"error"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
		File   string `json:"file,omitempty"`
		Hint   string `json:"hint,omitempty"`
	}{err.Error(), line, 1, "", ""}
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		out.Error, out.Hint = d.Message, d.Hint
		if d.Pos.IsValid() {
			out.Line, out.Column = d.Pos.Line, max(d.Pos.Column, 1)
			if d.Pos.Source.Name != templateName {
				out.File = d.Pos.Source.Name
			}
		}
	}
	return quoteYAML(out)
}

// templateName is what the template of a line is called.
const templateName = "<template>"

func (e *LineEvaluator) eval(ctx context.Context, l *line) (jinja.Value, error) {
	env := e.project.env
	compile := map[string]func(string, diag.Pos) (*jinja.Template, error){"": env.CompileArg, "arg": env.CompileArg, "when": env.CompileExpr, "template": env.CompileFile}[l.Kind]
	if compile == nil {
		return nil, fmt.Errorf("there is no kind %q: arg, when and template are", l.Kind)
	}
	scope, err := e.scope(l)
	if err != nil {
		return nil, err
	}
	pos := diag.Pos{Source: &diag.Source{Name: templateName, Text: *l.Template}, Line: 1, Column: 1}
	t, err := compile(*l.Template, pos)
	if err != nil {
		return nil, err
	}
	dir, remove, err := layFiles(l.Files)
	if err != nil {
		return nil, err
	}
	defer remove()
	if dir != "" {
		ctx = lookup.ContextWithBase(lookup.ContextWithPaths(ctx), dir)
	}
	v, err := t.Eval(ctx, scope)
	if err != nil || l.Kind != "when" {
		return v, err
	}
	truth, known, warn, err := jinja.Conditional(v)
	if err == nil && !known {
		err = errors.New("whether the condition holds only a real run can tell")
	}
	if warn != "" {
		e.warnings = append(e.warnings, diag.Warnf(pos, "%s", warn))
	}
	return truth, err
}

// lineScope is the variables of a line, in the order in which they stand there.
type lineScope struct{ vars *jinja.Dict }

// Lookup gives the value of a name.
func (s lineScope) Lookup(name string) (jinja.Value, bool) {
	if v, ok := s.vars.GetString(name); ok || name != "omit" {
		return v, ok
	}
	return jinja.Omit{}, true
}

// Names gives the names.
func (s lineScope) Names() []string { return s.OrderedNames() }

// OrderedNames gives the names in the order of the line.
func (s lineScope) OrderedNames() []string {
	var names []string
	for k := range s.vars.Items {
		names = append(names, jinja.Str(k))
	}
	return names
}

func (e *LineEvaluator) scope(l *line) (jinja.Scope, error) {
	scope := lineScope{jinja.NewDict()}
	if len(l.Vars) == 0 {
		return scope, nil
	}
	v, err := jinja.ParseJSON(string(l.Vars))
	if err != nil {
		return nil, fmt.Errorf("vars: %w", err)
	}
	d, ok := v.(*jinja.Dict)
	if v == nil {
		return scope, nil
	}
	if !ok {
		return nil, errors.New("vars must be an object of names and values")
	}
	for k, value := range d.Items {
		name := jinja.Str(k)
		c, err := lazy.CompileData(e.project.env, value, "vars."+name)
		if err != nil {
			return nil, err
		}
		scope.vars.Set(name, c)
	}
	return scope, nil
}

// layFiles puts files into a folder of their own, where templates and lookups find them.
func layFiles(files map[string]string) (dir string, remove func(), err error) {
	if len(files) == 0 {
		return "", func() {}, nil
	}
	if dir, err = os.MkdirTemp("", "pfrun-eval-"); err != nil {
		return "", nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	for name, text := range files {
		if !filepath.IsLocal(name) {
			return "", nil, fmt.Errorf("files: the name %q leaves the folder of the files", name)
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return "", nil, err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return "", nil, err
		}
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}
