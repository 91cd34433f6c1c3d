package jinja

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// yamlWriter writes YAML as PyYAML's dumper does on libyaml, which Ansible uses. The layout of a nested value depends on what was written before it: the names follow PyYAML's, whose output this reproduces.
type yamlWriter struct {
	b          strings.Builder
	step       int   // of indentation
	width      int   // after which a line is broken where it can be
	sortKeys   bool  // where the keys can be ordered
	flow       *bool // nil: collections of scalars only are written on one line
	style      string
	column     int
	whitespace bool // the last character is white space
	indention  bool // only indentation and dashes are on the line
	levels     int  // of flow collections that are open
}

// errYAML is what cannot be written.
func errYAML(v Value) error {
	return fmt.Errorf("cannot write a value of type '%s' as YAML", TypeName(v))
}

func (w *yamlWriter) put(s string) {
	w.b.WriteString(s)
	w.column += runeLen(s)
}

func (w *yamlWriter) newline() {
	w.b.WriteByte('\n')
	w.column, w.whitespace, w.indention = 0, true, true
}

func (w *yamlWriter) indent(n int) {
	if !w.indention || w.column > n || w.column == n && !w.whitespace {
		w.newline()
	}
	if w.column < n {
		w.whitespace = true
		w.put(strings.Repeat(" ", n-w.column))
	}
}

func (w *yamlWriter) indicator(s string, needBlank, whitespace, indention bool) {
	if needBlank && !w.whitespace {
		s = " " + s
	}
	w.whitespace, w.indention = whitespace, w.indention && indention
	w.put(s)
}

// context is where a value stands.
type yamlContext struct {
	indent  int // of the collection around, -1 at the top
	mapping bool
	simple  bool // the key of a mapping, on one line with its value
}

func (w *yamlWriter) value(v Value, c yamlContext, depth int) error {
	if depth > maxNesting || w.b.Len() > maxText {
		return errors.New("the value is too large")
	}
	switch x := v.(type) {
	case *List:
		return w.sequence(x.items, c, depth)
	case Tuple:
		return w.sequence(x, c, depth)
	case *Dict:
		return w.mapping(x, c, depth)
	}
	return w.scalar(v, c)
}

// plainChildren reports whether all of the values are scalars.
func plainChildren(vs ...[]Value) bool {
	for _, list := range vs {
		for _, v := range list {
			switch v.(type) {
			case *List, Tuple, *Dict:
				return false
			}
		}
	}
	return true
}

func (w *yamlWriter) isFlow(n int, scalars bool) bool {
	if w.flow != nil {
		scalars = *w.flow
	} else if w.style != "" {
		scalars = n == 0
	}
	return w.levels > 0 || n == 0 || scalars
}

func (w *yamlWriter) deeper(indent int, flow bool) int {
	if indent < 0 {
		if flow {
			return w.step
		}
		return 0
	}
	return indent + w.step
}

func (w *yamlWriter) sequence(vs []Value, c yamlContext, depth int) error {
	if w.isFlow(len(vs), plainChildren(vs)) {
		return w.flowSequence(vs, c, depth)
	}
	in := w.deeper(c.indent, false)
	if c.mapping && !w.indention && c.indent >= 0 {
		in = c.indent
	}
	for _, v := range vs {
		w.indent(in)
		w.indicator("-", true, false, true)
		if err := w.value(v, yamlContext{indent: in}, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *yamlWriter) flowSequence(vs []Value, c yamlContext, depth int) error {
	w.indicator("[", true, true, false)
	w.levels++
	in := w.deeper(c.indent, true)
	for i, v := range vs {
		if i > 0 {
			w.indicator(",", false, false, false)
		}
		if w.column > w.width {
			w.indent(in)
		}
		if err := w.value(v, yamlContext{indent: in}, depth+1); err != nil {
			return err
		}
	}
	w.levels--
	w.indicator("]", false, false, false)
	return nil
}

// longestKey is the length from which on a key is written with a question mark.
const longestKey = 128

// isSimpleKey reports whether a key can stand on one line with its value.
func isSimpleKey(k Value) bool {
	s, ok := k.(string)
	if !ok {
		_, tuple := k.(Tuple)
		return !tuple
	}
	return len(s) <= longestKey && !strings.ContainsAny(s, "\n\u0085\u2028\u2029")
}

func (w *yamlWriter) mapping(d *Dict, c yamlContext, depth int) error {
	if w.sortKeys {
		d = sortedDict(d)
	}
	flow := w.isFlow(d.Len(), plainChildren(d.Keys(), d.Values()))
	in := w.deeper(c.indent, flow)
	if flow {
		w.indicator("{", true, true, false)
		w.levels++
	}
	for i, e := range d.entries {
		if i > 0 && flow {
			w.indicator(",", false, false, false)
		}
		if !flow || w.column > w.width {
			w.indent(in)
		}
		if err := w.entry(e, in, flow, depth); err != nil {
			return err
		}
	}
	if flow {
		w.levels--
		w.indicator("}", false, false, false)
	}
	return nil
}

func (w *yamlWriter) entry(e entry, in int, flow bool, depth int) error {
	if isSimpleKey(e.key) {
		if err := w.value(e.key, yamlContext{indent: in, mapping: true, simple: true}, depth+1); err != nil {
			return err
		}
		w.indicator(":", false, false, false)
		return w.value(e.value, yamlContext{indent: in, mapping: true}, depth+1)
	}
	w.indicator("?", true, false, !flow)
	if err := w.value(e.key, yamlContext{indent: in, mapping: true}, depth+1); err != nil {
		return err
	}
	if flow {
		if w.column > w.width {
			w.indent(in)
		}
		w.indicator(":", true, false, false)
	} else {
		w.indent(in)
		w.indicator(":", true, false, true)
	}
	return w.value(e.value, yamlContext{indent: in, mapping: true}, depth+1)
}

func (w *yamlWriter) scalar(v Value, c yamlContext) error {
	text, isText, err := yamlText(v)
	if err != nil {
		return err
	}
	a := analyse(text)
	plain := w.style == "" && (!isText || resolvesToText(text)) && !(c.simple && a.multiline) && (w.levels > 0 && a.flowPlain || w.levels == 0 && a.blockPlain)
	in := w.deeper(c.indent, true)
	switch {
	case plain:
		w.plain(text, !c.simple, in)
	case w.style != `"` && a.quoted && !(c.simple && a.multiline):
		if !isText && w.style != "" {
			return fmt.Errorf("default_style is not supported with values of type '%s'", TypeName(v))
		}
		w.singleQuoted(text, !c.simple, in)
	default:
		w.doubleQuoted(text, !c.simple, in)
	}
	return nil
}

// yamlText gives the text of a scalar, and whether it is a text itself.
func yamlText(v Value) (text string, isText bool, err error) {
	switch x := v.(type) {
	case nil:
		return "null", false, nil
	case bool:
		return strings.ToLower(boolText(x)), false, nil
	case int64, *big.Int:
		return Str(v), false, nil
	case float64:
		return yamlFloat(x), false, nil
	case string:
		return x, true, nil
	case *Undefined:
		return "", false, x.err()
	case *dateTime:
		return x.String(), false, nil
	}
	return "", false, errYAML(v)
}

func yamlFloat(f float64) string {
	s := FormatFloat(f)
	switch s {
	case "inf", "nan":
		return "." + s
	case "-inf":
		return "-.inf"
	}
	if !strings.Contains(s, ".") {
		s = strings.Replace(s, "e", ".0e", 1)
	}
	return s
}

// yamlFilter is to_yaml, and to_nice_yaml, which never writes a collection on one line.
func yamlFilter(nice bool) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) {
		w := &yamlWriter{step: 2, width: 80, sortKeys: true, whitespace: true, indention: true}
		indent := int64(2)
		if nice {
			no := false
			w.flow, indent = &no, 4
		}
		start, end, err := w.options(c, indent)
		if err != nil {
			return nil, err
		}
		if start {
			w.b.WriteString("---")
			w.column, w.whitespace, w.indention = 3, false, false
		}
		if err := w.value(c.In, yamlContext{indent: -1}, 0); err != nil {
			return nil, err
		}
		if w.column > 0 || !strings.HasSuffix(w.b.String(), "\n") {
			w.newline()
		}
		if end {
			w.b.WriteString("...\n")
		}
		return w.b.String(), nil
	}
}

// options sets what the arguments say.
func (w *yamlWriter) options(c *Call, indent int64) (start, end bool, err error) {
	if indent, err = c.Int(0, indent); err != nil {
		return false, false, err
	}
	if indent > 1 && indent < 10 {
		w.step = int(indent)
	}
	width, err := c.Int(1, 80)
	if err != nil {
		return false, false, err
	}
	if width > int64(w.step)*2 {
		w.width = int(min(width, maxText))
	}
	w.sortKeys = c.Bool(2, true)
	if v := c.Arg(3, nil); v != nil {
		on := c.Bool(3, false)
		w.flow = &on
	}
	switch w.style = c.Text(6, ""); w.style {
	case "", "'", `"`:
	default:
		return false, false, fmt.Errorf("default_style %q is not supported", w.style)
	}
	return c.Bool(4, false), c.Bool(5, false), nil
}
