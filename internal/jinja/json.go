package jinja

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// jsonWriter writes JSON as Python's json.dumps does.
type jsonWriter struct {
	b         strings.Builder
	indent    string // "" where it is one line
	lines     bool   // elements on lines of their own
	sortKeys  bool
	ascii     bool
	comma     string
	colon     string
	htmlChars bool
}

// AsJSON gives the dict as Python's json.dumps writes it.
func (d *Dict) AsJSON() (string, error) { return asJSON(d) }

// AsJSON gives the list as Python's json.dumps writes it.
func (l *List) AsJSON() (string, error) { return asJSON(l) }

func asJSON(v Value) (string, error) {
	w := jsonWriter{comma: ", ", colon: ": ", ascii: true}
	err := w.write(v, 0)
	return w.b.String(), err
}

func (w *jsonWriter) write(v Value, depth int) error {
	if depth > maxNesting || w.b.Len() > maxText {
		return errors.New("the value is too large")
	}
	switch x := v.(type) {
	case nil:
		w.b.WriteString("null")
	case bool:
		w.b.WriteString(strconv.FormatBool(x))
	case int64, *big.Int:
		w.b.WriteString(Str(v))
	case float64:
		w.b.WriteString(jsonFloat(x))
	case string:
		w.text(x)
	case *List:
		return w.seq(x.items, depth)
	case Tuple:
		return w.seq(x, depth)
	case *Dict:
		return w.dict(x, depth)
	case *Undefined:
		return x.err()
	default:
		return fmt.Errorf("object of type '%s' is not JSON serializable", TypeName(v))
	}
	return nil
}

// JSON gives a value as JSON: on one line, or with as many blanks before each level of an element as indent says. What JSON has no word for is written as Python does: NaN, Infinity.
func JSON(v Value, indent int) (string, error) {
	w := jsonWriter{comma: ", ", colon: ": "}
	if indent > 0 {
		w.lines, w.comma, w.indent = true, ",", strings.Repeat(" ", indent)
	}
	if err := w.write(v, 0); err != nil {
		return "", err
	}
	return w.b.String(), nil
}

func jsonFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return FormatFloat(f)
}

func (w *jsonWriter) text(s string) {
	w.b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.b.WriteByte('\\')
			w.b.WriteRune(r)
		case r == '\n':
			w.b.WriteString(`\n`)
		case r == '\r':
			w.b.WriteString(`\r`)
		case r == '\t':
			w.b.WriteString(`\t`)
		case r == '\b':
			w.b.WriteString(`\b`)
		case r == '\f':
			w.b.WriteString(`\f`)
		case r < ' ' || w.ascii && r > '~' && r < 0x10000 || w.htmlChars && strings.ContainsRune("<>&'", r):
			fmt.Fprintf(&w.b, `\u%04x`, r)
		case w.ascii && r >= 0x10000:
			r -= 0x10000
			fmt.Fprintf(&w.b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			w.b.WriteRune(r)
		}
	}
	w.b.WriteByte('"')
}

// between writes what stands before the element i.
func (w *jsonWriter) between(i, depth int) {
	if i > 0 {
		w.b.WriteString(w.comma)
	}
	if w.lines {
		w.b.WriteString("\n" + strings.Repeat(w.indent, depth+1))
	}
}

func (w *jsonWriter) close(n, depth int, bracket byte) {
	if n > 0 && w.lines {
		w.b.WriteString("\n" + strings.Repeat(w.indent, depth))
	}
	w.b.WriteByte(bracket)
}

func (w *jsonWriter) seq(vs []Value, depth int) error {
	w.b.WriteByte('[')
	for i, e := range vs {
		w.between(i, depth)
		if err := w.write(e, depth+1); err != nil {
			return err
		}
	}
	w.close(len(vs), depth, ']')
	return nil
}

func (w *jsonWriter) dict(d *Dict, depth int) error {
	keys := d.Keys()
	if w.sortKeys {
		if err := sortValues(keys, false, func(v Value) (Value, error) { return v, nil }); err != nil {
			return err
		}
	}
	w.b.WriteByte('{')
	for i, k := range keys {
		w.between(i, depth)
		name, err := jsonKey(k)
		if err != nil {
			return err
		}
		w.text(name)
		w.b.WriteString(w.colon)
		v, _ := d.Get(k)
		if err := w.write(v, depth+1); err != nil {
			return err
		}
	}
	w.close(len(keys), depth, '}')
	return nil
}

func jsonKey(k Value) (string, error) {
	switch x := k.(type) {
	case string:
		return x, nil
	case nil:
		return "null", nil
	case bool:
		return strconv.FormatBool(x), nil
	case float64:
		return jsonFloat(x), nil
	case int64, *big.Int:
		return Str(k), nil
	}
	return "", fmt.Errorf("keys must be str, int, float, bool or None, not %s", TypeName(k))
}

// jsonArgs sets what the arguments indent, sort_keys, ensure_ascii and separators say.
func (w *jsonWriter) jsonArgs(c *Call, indent Value, sortKeys bool) error {
	w.sortKeys, w.ascii = c.Bool(1, sortKeys), c.Bool(2, true)
	w.comma, w.colon = ", ", ": "
	switch x := c.Arg(0, indent).(type) {
	case nil:
	case string:
		w.lines, w.indent = true, x
	default:
		n, err := c.Int(0, 4)
		if err != nil || n > 100 {
			return errors.Join(err, errors.New("indent must be a small number"))
		}
		w.lines, w.indent = true, strings.Repeat(" ", int(max(n, 0)))
	}
	if w.lines {
		w.comma = ","
	}
	if v := c.Arg(3, nil); v != nil {
		vs, err := c.st.iterate(v)
		if err != nil || len(vs) != 2 {
			return errors.New("separators must be two texts")
		}
		w.comma, w.colon = Str(vs[0]), Str(vs[1])
	}
	return nil
}

func (w *jsonWriter) result(v Value) (Value, error) {
	if err := w.write(v, 0); err != nil {
		return nil, err
	}
	return w.b.String(), nil
}

func filterToJSON(c *Call) (Value, error) {
	var w jsonWriter
	if len(c.rest) > 0 {
		return nil, errors.New("what to_json is to do is said by name: to_json(indent=2)")
	}
	if err := w.jsonArgs(c, nil, false); err != nil {
		return nil, err
	}
	return w.result(c.In)
}

func filterToNiceJSON(c *Call) (Value, error) {
	var w jsonWriter
	if len(c.rest) > 0 {
		return nil, errors.New("to_nice_json takes indent and sort_keys, and the rest by name")
	}
	c.args[3] = unset{} // separators are of no effect
	if err := w.jsonArgs(c, int64(4), true); err != nil {
		return nil, err
	}
	return w.result(c.In)
}

// filterHTMLJSON is Jinja2's tojson: sorted, and safe inside of HTML.
func filterHTMLJSON(c *Call) (Value, error) {
	w := jsonWriter{sortKeys: true, ascii: true, comma: ", ", colon: ": ", htmlChars: true}
	if n, err := c.Int(0, 0); err != nil || n > 0 && n <= 100 {
		w.lines, w.comma, w.indent = true, ",", strings.Repeat(" ", int(n))
	}
	return w.result(c.In)
}

func filterFromJSON(c *Call) (Value, error) {
	s, ok := c.In.(string)
	if !ok {
		return nil, fmt.Errorf("the JSON object must be str, not %s", TypeName(c.In))
	}
	return ParseJSON(s)
}

// ParseJSON reads a JSON text; objects keep the order of their keys, and integers may be of any size.
func ParseJSON(s string) (Value, error) {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	v, err := readJSON(dec, 0)
	if err != nil {
		return nil, fmt.Errorf("the text is no JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the text is no JSON: there is something after its end")
	}
	return v, nil
}

func readJSON(dec *json.Decoder, depth int) (Value, error) {
	if depth > maxNesting {
		return nil, errors.New("it is nested too deeply")
	}
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch x := tok.(type) {
	case json.Delim:
		return readJSONContainer(dec, x, depth)
	case json.Number:
		if !strings.ContainsAny(string(x), ".eE") {
			if n, err := parseNumber(string(x)); err == nil {
				return n, nil
			}
		}
		return strconv.ParseFloat(string(x), 64)
	}
	return tok, nil
}

func readJSONContainer(dec *json.Decoder, open json.Delim, depth int) (Value, error) {
	d, l := NewDict(), NewList()
	for dec.More() {
		if open == '{' {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			v, err := readJSON(dec, depth+1)
			if err != nil {
				return nil, err
			}
			d.Set(key, v)
			continue
		}
		v, err := readJSON(dec, depth+1)
		if err != nil {
			return nil, err
		}
		l.items = append(l.items, v)
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if open == '{' {
		return d, nil
	}
	l.items = slices.Clip(l.items)
	return l, nil
}
