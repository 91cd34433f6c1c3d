package render

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// resultIndent is how far a result stands in, and each level within it.
const resultIndent = 4

// resultYAML writes a result as Ansible's setting callback_result_format=yaml has it: texts of several lines stand as such. pretty: for reading, so that what stands there as text is
// not repeated as lines.
func resultYAML(values map[string]any, pretty bool) string {
	values = maps.Clone(values)
	w := &yamlWriter{step: resultIndent, blocks: true}
	if !pretty {
		w.step = 2
	}
	for _, stream := range []string{"stdout", "stderr"} {
		if pretty && values[stream] != nil && values[stream+"_lines"] != nil {
			values[stream+"_lines"] = "<omitted>"
		}
	}
	if n := nodeOf(values); len(n.Entries) > 0 {
		w.mapping(n, 0)
	} else {
		w.text("{}")
	}
	lines := strings.Split(strings.TrimSuffix(w.b.String(), "\n"), "\n")
	for i, l := range lines {
		if strings.TrimSpace(l) != "" {
			lines[i] = strings.Repeat(" ", resultIndent) + l
		}
	}
	return "\n" + strings.Join(lines, "\n")
}

// nodeOf makes a node of Go data.
func nodeOf(v any) *pfrun.Node {
	if pfrun.IsUnknown(v) {
		v = unknownText
	}
	switch v := v.(type) {
	case nil:
		return &pfrun.Node{Kind: yamlsrc.Null}
	case bool:
		return &pfrun.Node{Kind: yamlsrc.Bool, Value: v}
	case int:
		return &pfrun.Node{Kind: yamlsrc.Int, Value: int64(v)}
	case float64:
		return &pfrun.Node{Kind: yamlsrc.Float, Value: v}
	case string:
		return &pfrun.Node{Kind: yamlsrc.String, Text: v, Value: v}
	case map[string]any:
		n := &pfrun.Node{Kind: yamlsrc.Mapping}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			n.Entries = append(n.Entries, yamlsrc.Entry{Key: nodeOf(k), Value: nodeOf(v[k])})
		}
		return n
	case []any:
		n := &pfrun.Node{Kind: yamlsrc.Sequence}
		for _, item := range v {
			n.Items = append(n.Items, nodeOf(item))
		}
		return n
	}
	return &pfrun.Node{Kind: yamlsrc.Int, Value: v, Text: scalar(v)}
}

var blanksAtEnd = regexp.MustCompile(` +(\n)`)

// block writes a text line by line behind a |. White space that such a block cannot hold, and what steers a terminal, is left out.
func (w *yamlWriter) block(s string, depth int) {
	s = expandTabs(strings.TrimRight(s, " \t\r\n"))
	s = strings.Map(func(r rune) rune {
		if printable(r) || r == 0x85 {
			return r
		}
		return -1
	}, s)
	s = blanksAtEnd.ReplaceAllString(s, "$1")
	w.text("|")
	if s == "" || s[0] == ' ' || s[0] == '\n' {
		w.text("4")
	}
	w.text("-")
	for line := range strings.SplitSeq(s, "\n") {
		if line == "" {
			w.text("\n")
			continue
		}
		w.indent(depth)
		w.text(line)
	}
}

// expandTabs puts blanks in the place of tabs, which stand for the next column that eight divides.
func expandTabs(s string) string {
	var b strings.Builder
	column := 0
	for _, r := range s {
		switch r {
		case '\t':
			n := 8 - column%8
			b.WriteString(strings.Repeat(" ", n))
			column += n
			continue
		case '\n', '\r':
			column = -1
		}
		b.WriteRune(r)
		column++
	}
	return b.String()
}
