package jinja

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

func filterCenter(c *Call) (Value, error) {
	n, err := c.Int(0, 80)
	if err != nil || n > maxText {
		return nil, errors.Join(err, errTooLong)
	}
	return pad(c.input(), int(n), '^', " "), nil
}

func filterFileSize(c *Call) (Value, error) {
	v, err := pyFloat(c.In)
	if err != nil {
		return nil, err
	}
	base, unit := 1000.0, "B"
	if c.Bool(0, false) {
		base, unit = 1024, "iB"
	}
	switch {
	case v == 1:
		return "1 Byte", nil
	case v < base:
		return fmt.Sprintf("%d Bytes", int64(v)), nil
	}
	prefixes := "kMGTPEZY"
	if base == 1024 {
		prefixes = "KMGTPEZY"
	}
	size := base * base
	i := 0
	for ; i < len(prefixes)-1 && v >= size; i++ {
		size *= base
	}
	return fmt.Sprintf("%.1f %c%s", base*v/size, prefixes[i], unit), nil
}

// wrapPieces finds the places where a line may be broken: after blanks, after a hyphen between letters, before and after a dash.
const wrapPieces = `([\t\n\v\f\r ]+|(?<=[\w!"'&.,?])-{2,}(?=\w)|[^\t\n\v\f\r ]+?(?:-(?:(?<=[^\d\W]{2}-)|(?<=[^\d\W]-[^\d\W]-))(?=[^\d\W]-?[^\d\W])|(?=[\t\n\v\f\r ]|\Z)|(?<=[\w!"'&.,?])(?=-{2,}\w)))`

// wrapper breaks paragraphs into lines, as Python's textwrap does.
type wrapper struct {
	width   int
	long    bool // words longer than a line are broken
	hyphens bool
	lines   []string
}

func filterWordWrap(c *Call) (Value, error) {
	width, err := c.Int(0, 79)
	if err != nil {
		return nil, err
	}
	if width <= 0 {
		return nil, fmt.Errorf("invalid width %d (must be > 0)", width)
	}
	with := c.Text(2, "\n")
	w := &wrapper{width: int(min(width, maxText)), long: c.Bool(1, true), hyphens: c.Bool(3, true)}
	var paragraphs []string
	for _, p := range splitLines(c.input(), false) {
		w.lines = nil
		if err := w.wrap(p); err != nil {
			return nil, err
		}
		paragraphs = append(paragraphs, strings.Join(w.lines, with))
	}
	return strings.Join(paragraphs, with), nil
}

func (w *wrapper) pieces(p string) ([]string, error) {
	pattern := wrapPieces
	if !w.hyphens {
		pattern = `([\t\n\v\f\r ]+)`
	}
	re, err := pyre.Compile(pattern, 0)
	if err != nil {
		return nil, err
	}
	all, err := re.Split(p)
	var pieces []string
	for _, s := range all {
		if s != "" {
			pieces = append(pieces, s)
		}
	}
	return pieces, err
}

func (w *wrapper) wrap(p string) error {
	pieces, err := w.pieces(p)
	if err != nil {
		return err
	}
	for len(pieces) > 0 {
		if strings.TrimSpace(pieces[0]) == "" && len(w.lines) > 0 {
			pieces = pieces[1:]
			continue
		}
		var line []string
		n := 0
		for len(pieces) > 0 && n+runeLen(pieces[0]) <= w.width {
			n += runeLen(pieces[0])
			line, pieces = append(line, pieces[0]), pieces[1:]
		}
		if len(pieces) > 0 && runeLen(pieces[0]) > w.width {
			line, pieces = w.breakWord(line, n, pieces)
		}
		if k := len(line); k > 0 && strings.TrimSpace(line[k-1]) == "" {
			line = line[:k-1]
		}
		if len(line) > 0 {
			w.lines = append(w.lines, strings.Join(line, ""))
		}
	}
	return nil
}

// breakWord puts as much of a word that is longer than a line into the line as fits.
func (w *wrapper) breakWord(line []string, n int, pieces []string) (nextLine, rest []string) {
	if !w.long {
		if len(line) == 0 {
			return []string{pieces[0]}, pieces[1:]
		}
		return line, pieces
	}
	rs := []rune(pieces[0])
	end := w.width - n
	if w.hyphens && len(rs) > end {
		h := strings.LastIndexByte(string(rs[:end]), '-')
		if h > 0 && strings.Trim(string(rs[:end])[:h], "-") != "" {
			end = runeLen(string(rs[:end])[:h]) + 1
		}
	}
	if end == 0 {
		return line, pieces
	}
	pieces[0] = string(rs[end:])
	return append(line, string(rs[:end])), pieces
}

// prettyWidth is the width of a line of pprint.
const prettyWidth = 80

func filterPPrint(c *Call) (Value, error) {
	var b strings.Builder
	if err := pretty(&b, c.In, 0, 0, 0); err != nil {
		return nil, err
	}
	return b.String(), nil
}

// pretty writes a value as pprint does: on one line if it fits, else an element a line. After is how many characters follow the value on its line.
func pretty(b *strings.Builder, v Value, indent, after, depth int) error {
	if depth > maxNesting || b.Len() > maxText {
		return errTooLong
	}
	if d, ok := v.(*Dict); ok {
		v = sortedDict(d)
	}
	text := Repr(v)
	open, end := "[", "]"
	var items []Value
	switch x := v.(type) {
	case *List:
		items = x.items
	case Tuple:
		open, end, items = "(", ")", x
	case *Dict:
		open, end, items = "{", "}", pairs(x).items
	}
	if len(items) == 0 || runeLen(text) <= prettyWidth-indent-after {
		b.WriteString(text)
		return nil
	}
	b.WriteString(open)
	for i, e := range items {
		if i > 0 {
			b.WriteString(",\n" + strings.Repeat(" ", indent+1))
		}
		tail, more := 1, 0
		if i == len(items)-1 {
			tail = after + 1
		}
		if _, ok := v.(*Dict); ok {
			pair := e.(Tuple)
			key := Repr(pair[0]) + ": "
			b.WriteString(key)
			e, more = pair[1], runeLen(key)
		}
		if err := pretty(b, e, indent+1+more, tail, depth+1); err != nil {
			return err
		}
	}
	b.WriteString(end)
	return nil
}

// sortedDict gives the dict in the order of its keys, where they can be ordered.
func sortedDict(d *Dict) *Dict {
	keys := d.Keys()
	if sortValues(keys, false, func(v Value) (Value, error) { return v, nil }) != nil {
		return d
	}
	out := NewDict()
	for _, k := range keys {
		v, _ := d.Get(k)
		out.Set(k, v)
	}
	return out
}
