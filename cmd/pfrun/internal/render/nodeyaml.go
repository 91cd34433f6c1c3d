package render

import (
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// NodeYAML writes a node as PyYAML's dump(default_flow_style=False, allow_unicode=True) on libyaml does, which is what ansible-inventory --yaml prints: keys are sorted, lines fold at 80 columns.
func NodeYAML(n *pfrun.Node) string {
	w := &yamlWriter{step: 2}
	if n.IsNull() || n.Kind != yamlsrc.Mapping || len(n.Entries) == 0 {
		w.inline(n, 0)
		return w.b.String() + "\n"
	}
	w.mapping(n, 0)
	return w.b.String()
}

// yamlWidth is the column behind which PyYAML folds a line.
const yamlWidth = 80

type yamlWriter struct {
	b      strings.Builder
	column int
	step   int  // blanks that a level is indented by
	blocks bool // texts of several lines stand as they are, behind a |
}

func (w *yamlWriter) text(s string) {
	w.b.WriteString(s)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		w.column, s = 0, s[i+1:]
	}
	w.column += utf8.RuneCountInString(s)
}

func (w *yamlWriter) indent(n int) { w.text("\n" + strings.Repeat(" ", n)) }

// mapping writes entries, each on lines of its own; the cursor stands where the first begins.
func (w *yamlWriter) mapping(n *pfrun.Node, depth int) {
	for i, e := range sorted(n.Entries) {
		if i > 0 {
			w.text(strings.Repeat(" ", depth))
		}
		w.scalar(e.Key, depth+w.step, true)
		w.text(":")
		w.value(e.Value, depth, false)
	}
}

// value writes what stands behind a key or a dash, up to the end of its last line.
func (w *yamlWriter) value(n *pfrun.Node, depth int, inList bool) {
	switch {
	case !n.IsNull() && n.Kind == yamlsrc.Mapping && len(n.Entries) > 0:
		if inList {
			w.text(strings.Repeat(" ", w.step-1))
		} else {
			w.indent(depth + w.step)
		}
		w.mapping(n, depth+w.step)
	case !n.IsNull() && n.Kind == yamlsrc.Sequence && len(n.Items) > 0:
		if inList {
			w.text(strings.Repeat(" ", w.step-1))
			w.sequence(n, depth+w.step)
			return
		}
		w.indent(depth)
		w.sequence(n, depth)
	default:
		w.text(" ")
		w.inline(n, depth+w.step)
		w.text("\n")
	}
}

func (w *yamlWriter) sequence(n *pfrun.Node, depth int) {
	for i, item := range n.Items {
		if i > 0 {
			w.text(strings.Repeat(" ", depth))
		}
		w.text("-")
		w.value(item, depth, true)
	}
}

// inline writes a value that needs no lines of its own.
func (w *yamlWriter) inline(n *pfrun.Node, depth int) {
	switch {
	case w.blocks && n.Kind == yamlsrc.String && strings.Contains(n.Text, "\n"):
		w.block(n.Text, depth)
	case n.IsNull():
		w.text("null")
	case n.Kind == yamlsrc.Mapping:
		w.text("{}")
	case n.Kind == yamlsrc.Sequence:
		w.text("[]")
	case n.Tag == yamlsrc.TagVault:
		w.text("!vault |")
		for line := range strings.SplitSeq(strings.TrimSuffix(n.Text, "\n"), "\n") {
			w.indent(depth)
			w.text(line)
		}
	default:
		if tagged(n) {
			w.text(n.Tag + " ")
		}
		w.scalar(n, depth, false)
	}
}

// scalar writes a scalar in the style that PyYAML chooses: plain where that reads back as the same, else in single quotes, else in double ones.
func (w *yamlWriter) scalar(n *pfrun.Node, depth int, key bool) {
	if n.IsNull() {
		w.text("null")
		return
	}
	switch v := n.Value.(type) {
	case bool:
		w.text(fmt.Sprint(v))
		return
	case int64, *big.Int:
		w.text(fmt.Sprint(v))
		return
	case float64:
		w.text(yamlFloat(v))
		return
	}
	s := n.Text
	if n.Kind == yamlsrc.Timestamp {
		s, _ = n.Value.(string)
		w.text(s)
		return
	}
	plain, single := scalarStyles(s)
	kind, _ := yamlsrc.Resolve(s)
	switch {
	case plain && (kind == yamlsrc.String || tagged(n)) && s != "":
		w.folded(s, depth, !key)
	case single && (!key || !strings.Contains(s, "\n")):
		w.single(s, depth, !key)
	default:
		w.double(s, depth, !key)
	}
}

func yamlFloat(f float64) string {
	s := strings.ToLower(jsonFloat(f))
	switch s {
	case "nan":
		return ".nan"
	case "infinity":
		return ".inf"
	case "-infinity":
		return "-.inf"
	}
	if s = jinja.FormatFloat(f); !strings.Contains(s, ".") {
		s = strings.Replace(s, "e", ".0e", 1)
	}
	return s
}

// scalarStyles says in which styles a text can be written, after PyYAML's analyze_scalar.
func scalarStyles(s string) (plain, single bool) {
	if s == "" {
		return false, true
	}
	plain, single = !strings.HasPrefix(s, "---") && !strings.HasPrefix(s, "..."), true
	runes := []rune(s)
	blank := func(i int) bool {
		return i < 0 || i >= len(runes) || strings.ContainsRune("\x00 \t\r\n\u0085\u2028\u2029", runes[i])
	}
	isBreak := func(i int) bool {
		return i < len(runes) && runes[i] == '\n'
	}
	for i, r := range runes {
		switch {
		case i == 0 && (strings.ContainsRune("#,[]{}&*!|>'\"%@`", r) || strings.ContainsRune("?:-", r) && blank(1)):
			plain = false
		case i > 0 && (r == ':' && blank(i+1) || r == '#' && blank(i-1)):
			plain = false
		}
		space := r == ' '
		switch {
		case isBreak(i):
			plain = false
		case !printable(r):
			return false, false
		}
		if space && isBreak(i+1) || isBreak(i) && i+1 < len(runes) && runes[i+1] == ' ' {
			return false, false
		}
		if space && (i == 0 || i == len(runes)-1) {
			plain = false
		}
	}
	return plain, single
}

// printable reports whether PyYAML writes a character as it is.
func printable(r rune) bool {
	switch r {
	case 0x85, 0x2028, 0x2029: // line breaks of YAML 1.1; escaped, nobody takes them for anything else
		return false
	}
	return r == '\n' || ' ' <= r && r <= '~' || 0xA0 <= r && r <= 0xD7FF || 0xE000 <= r && r <= 0xFFFD && r != 0xFEFF || 0x10000 <= r && r < 0x10FFFF
}

// folded writes a plain text. Where a line has become too long the next single blank becomes a line break.
func (w *yamlWriter) folded(s string, depth int, split bool) {
	for i := 0; i < len(s); {
		j := i
		if s[i] != ' ' {
			for j < len(s) && s[j] != ' ' {
				j++
			}
			w.text(s[i:j])
		} else {
			for j < len(s) && s[j] == ' ' {
				j++
			}
			if j == i+1 && split && w.column > yamlWidth {
				w.indent(depth)
			} else {
				w.text(s[i:j])
			}
		}
		i = j
	}
}

// tagged says whether a text is written with its tag: one that must not become a template needs it only where it would.
func tagged(n *pfrun.Node) bool {
	return n.Kind == yamlsrc.String && n.Tag != "" && (n.Tag != yamlsrc.TagUnsafe || jinja.IsTemplate(n.Text))
}

// single writes a text in single quotes; a line break is written as an empty line.
func (w *yamlWriter) single(s string, depth int, split bool) {
	w.text("'")
	for i := 0; i < len(s); {
		j := i
		switch s[i] {
		case ' ':
			for j < len(s) && s[j] == ' ' {
				j++
			}
			if j == i+1 && split && w.column > yamlWidth && i != 0 && j != len(s) {
				w.indent(depth)
			} else {
				w.text(s[i:j])
			}
		case '\n':
			for j < len(s) && s[j] == '\n' {
				j++
			}
			w.text(strings.Repeat("\n", j-i))
			w.indent(depth)
		default:
			for j < len(s) && s[j] != ' ' && s[j] != '\n' {
				j++
			}
			w.text(strings.ReplaceAll(s[i:j], "'", "''"))
		}
		i = j
	}
	w.text("'")
}

var yamlEscapes = map[rune]string{
	0: "0", 7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "e", '"': `"`, '\\': `\`, 0x85: "N", 0xA0: "_", 0x2028: "L", 0x2029: "P",
}

// double writes a text in double quotes, with libyaml's escapes and folds.
func (w *yamlWriter) double(s string, depth int, split bool) {
	w.text(`"`)
	runes := []rune(s)
	spaces := false // the character before was a blank that may be folded
	for i, r := range runes {
		switch {
		case r != ' ':
			spaces = false
			if r == '"' || r == '\\' || r == '\n' || !printable(r) {
				w.text(yamlEscape(r))
			} else {
				w.text(string(r))
			}
		case split && !spaces && w.column > yamlWidth && i != 0 && i != len(runes)-1:
			w.indent(depth)
			if runes[i+1] == ' ' {
				w.text(`\`)
			}
			spaces = true
		default:
			w.text(" ")
			spaces = true
		}
	}
	w.text(`"`)
}

func yamlEscape(r rune) string {
	switch short, ok := yamlEscapes[r]; {
	case ok:
		return `\` + short
	case r <= 0xFF:
		return fmt.Sprintf(`\x%02X`, r)
	case r <= 0xFFFF:
		return fmt.Sprintf(`\u%04X`, r)
	}
	return fmt.Sprintf(`\U%08X`, r)
}
