package render

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// NodeJSON writes a node as Python's json.dumps(sort_keys=True, indent=4, ensure_ascii=False) does. What is encrypted or !unsafe takes Ansible's JSON form of it.
func NodeJSON(n *pfrun.Node) string {
	var b strings.Builder
	writeNode(&b, n, "\n")
	return b.String()
}

// HostJSON writes the variables of one host as ansible-inventory --host does: texts stand there as they are, whether they may become templates or not.
func HostJSON(n *pfrun.Node) string { return NodeJSON(untagged(n)) }

// untagged copies a node without the tag !unsafe.
func untagged(n *pfrun.Node) *pfrun.Node {
	if n == nil {
		return nil
	}
	m := *n
	if m.Tag == yamlsrc.TagUnsafe {
		m.Tag = ""
	}
	m.Items, m.Entries = slices.Clone(m.Items), slices.Clone(m.Entries)
	for i, item := range m.Items {
		m.Items[i] = untagged(item)
	}
	for i, e := range m.Entries {
		m.Entries[i].Value = untagged(e.Value)
	}
	return &m
}

func writeNode(b *strings.Builder, n *pfrun.Node, newline string) {
	if form := taggedForm(n); form != nil {
		n = form
	}
	switch {
	case n.IsNull():
		b.WriteString("null")
	case n.Kind == yamlsrc.Mapping:
		entries := sorted(n.Entries)
		writeAll(b, "{}", len(entries), "    ", newline, func(i int, deeper string) {
			b.WriteString(jsonText(keyText(entries[i].Key)) + ": ")
			writeNode(b, entries[i].Value, deeper)
		})
	case n.Kind == yamlsrc.Sequence:
		writeAll(b, "[]", len(n.Items), "    ", newline, func(i int, deeper string) { writeNode(b, n.Items[i], deeper) })
	default:
		b.WriteString(jsonScalar(n))
	}
}

// taggedForm gives the mapping that stands for a tagged string, or nil.
func taggedForm(n *pfrun.Node) *pfrun.Node {
	if n == nil || n.Kind != yamlsrc.String || n.Tag == "" {
		return nil
	}
	name := "__ansible_" + strings.TrimPrefix(n.Tag, "!")
	return &pfrun.Node{Kind: yamlsrc.Mapping, Entries: []yamlsrc.Entry{
		{Key: &pfrun.Node{Kind: yamlsrc.String, Text: name}, Value: &pfrun.Node{Kind: yamlsrc.String, Text: n.Text}},
	}}
}

func jsonScalar(n *pfrun.Node) string {
	switch v := n.Value.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case *big.Int:
		return v.String()
	case float64:
		return jsonFloat(v)
	case string:
		if n.Kind == yamlsrc.Timestamp {
			return jsonText(strings.Replace(v, " ", "T", 1))
		}
	}
	return jsonText(n.Text)
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
	return jinja.FormatFloat(f)
}

// keyText is how Python's json module writes the key of a dict.
func keyText(n *pfrun.Node) string {
	if n.IsNull() {
		return "null"
	}
	if n.Kind == yamlsrc.String {
		return n.Text
	}
	return strings.Trim(jsonScalar(n), `"`)
}

// sorted gives entries in the order of their keys, as far as Python could sort them: keys of several kinds stay as they are.
func sorted(entries []yamlsrc.Entry) []yamlsrc.Entry {
	for _, e := range entries {
		if (e.Key.Kind == yamlsrc.String) != (entries[0].Key.Kind == yamlsrc.String) {
			return entries
		}
	}
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b yamlsrc.Entry) int {
		x, xIsInt := a.Key.Value.(int64)
		y, yIsInt := b.Key.Value.(int64)
		if xIsInt && yIsInt {
			return cmp.Compare(x, y)
		}
		return strings.Compare(keyText(a.Key), keyText(b.Key))
	})
	return entries
}

var jsonEscapes = strings.NewReplacer(`"`, `\"`, `\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`)

func jsonText(s string) string {
	s = jsonEscapes.Replace(s)
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' }) < 0 {
		return `"` + s + `"`
	}
	var b strings.Builder
	for _, r := range s {
		if r < ' ' {
			b.WriteString(`\u00` + strconv.FormatInt(int64(r)+0x100, 16)[1:])
			continue
		}
		b.WriteRune(r)
	}
	return `"` + b.String() + `"`
}
