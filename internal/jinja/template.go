package jinja

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/diag"
)

// Template is a compiled string. It is immutable, and safe for concurrent use.
type Template struct {
	env     *Env
	src     string
	pos     diag.Pos
	kind    kind
	expr    expr // of a bare expression, and of an argument that is one {{ }}
	body    []stmt
	ws      whitespace
	blocks  map[string]*blockStmt
	extends bool  // it has a tag extends
	skipped int   // the length of the line #jinja2: of a file, which offsets do not count
	mutates bool  // it calls a method that changes its object: variables are copied first
	omitted Value // see OrElse
}

// Source gives the text that was compiled.
func (t *Template) Source() string { return t.src }

// Pos gives the place of the text's first character.
func (t *Template) Pos() diag.Pos { return t.pos }

// OrElse gives the template with a value that stands in its place where it gives omit when it is forced.
func (t *Template) OrElse(omitted Value) *Template {
	own := *t
	own.omitted = omitted
	return &own
}

// String gives the source, for messages.
func (t *Template) String() string { return t.src }

// Eval evaluates the template. The result is a fresh copy that holds no template, no undefined value and no tuple. Errors are *diag.Diagnostic.
func (t *Template) Eval(ctx context.Context, s Scope) (Value, error) {
	st := newState(ctx, s)
	return t.run(st, false)
}

// run evaluates with a state of its own and finishes the result. A variable whose value is undefined, which is nested in what uses it, is undefined.
func (t *Template) run(st *state, nested bool) (Value, error) {
	st.t = t
	v, err := t.result(st)
	if u, ok := v.(*Undefined); ok && err == nil && nested && !u.blank {
		return u, nil
	}
	if u, ok := v.(*Undefined); ok && err == nil && u.blank && st.lenient("%s: it is taken as an empty text", u.msg) {
		return "", nil
	}
	if err == nil {
		v, err = st.finish(v)
	}
	if errors.Is(err, errUnknown) {
		return Unknown{}, nil
	}
	if err != nil {
		return nil, st.fail(0, err)
	}
	return v, nil
}

func (t *Template) result(st *state) (Value, error) {
	if t.expr != nil {
		return t.expr.eval(st)
	}
	out := &output{}
	st.out = out
	if err := st.render(t); err != nil {
		return nil, err
	}
	st.t = t
	v, err := out.value(st)
	if err != nil {
		return nil, err
	}
	if s, ok := v.(string); ok {
		return keepNewlines(t.src[t.skipped:], s, t.ws.newline), nil
	}
	return v, nil
}

// keepNewlines gives the text at least as many newlines at its end as the source has, which the language drops. end is how a line of the text ends, "" being a newline.
func keepNewlines(src, text, end string) string {
	end = cmp.Or(end, "\n")
	missing := trailing(src, "\n") - trailing(text, end)
	if missing <= 0 {
		return text
	}
	return text + strings.Repeat(end, missing)
}

// trailing counts the line ends at the end of a text.
func trailing(s, end string) (n int) {
	for strings.HasSuffix(s, end) {
		s, n = s[:len(s)-len(end)], n+1
	}
	return n
}

// place gives the position of a byte offset of the source. Of a string of several lines in a YAML file only the beginning is known.
func (t *Template) place(at int) diag.Pos {
	p := t.pos
	if !p.IsValid() || p.Column == 0 {
		return p
	}
	at = min(max(at+t.skipped, 0), len(t.src))
	before := t.src[:at]
	if n := strings.LastIndexByte(before, '\n'); n >= 0 {
		if t.kind >= kindFile {
			p.Line += strings.Count(before, "\n")
			p.Column = utf8.RuneCountInString(before[n+1:]) + 1
		}
		return p
	}
	if t.kind >= kindFile || !strings.Contains(strings.TrimRight(t.src, "\n"), "\n") {
		p.Column += utf8.RuneCountInString(before)
	}
	return p
}

// errorf makes the diagnostic of something that is wrong at an offset of the source.
func (t *Template) errorf(at int, format string, args ...any) *diag.Diagnostic {
	return diag.Errorf(t.place(at), format, args...)
}

// Force resolves all templates in v, deeply, in the scope, and gives fresh copies. An undefined value is an error that names it.
func Force(ctx context.Context, v Value, s Scope) (Value, error) {
	st := newState(ctx, s)
	v, err := st.force(v)
	if err != nil {
		return nil, err
	}
	return st.finish(v)
}
