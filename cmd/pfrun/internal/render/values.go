package render

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun"
)

// unknownText stands for what only a real run can tell.
const unknownText = "(known only after the run)"

// compact gives a value as JSON on one line, as Python's json.dumps writes it: scripts grep `"msg": "`.
func compact(v any) string {
	var b strings.Builder
	write(&b, v, "", "")
	return b.String()
}

// indented gives a value as JSON over several lines, indented by four blanks.
func indented(v any) string {
	var b strings.Builder
	write(&b, v, "    ", "\n")
	return b.String()
}

// write writes a value; newline is the line break with the present indentation, or empty for one line.
func write(b *strings.Builder, v any, indent, newline string) {
	switch x := v.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(x))
		writeAll(b, "{}", len(keys), indent, newline, func(i int, deeper string) {
			b.WriteString(scalar(keys[i]) + ": ")
			write(b, x[keys[i]], indent, deeper)
		})
	case []any:
		writeAll(b, "[]", len(x), indent, newline, func(i int, deeper string) { write(b, x[i], indent, deeper) })
	default:
		b.WriteString(scalar(v))
	}
}

func writeAll(b *strings.Builder, brackets string, n int, indent, newline string, item func(i int, deeper string)) {
	separator, deeper := ", ", newline
	if newline != "" {
		separator, deeper = ",", newline+indent
	}
	b.WriteByte(brackets[0])
	for i := range n {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(deeper)
		item(i, deeper)
	}
	if n > 0 {
		b.WriteString(newline)
	}
	b.WriteByte(brackets[1])
}

// scalar gives a value that holds no others. What is not known is said in words.
func scalar(v any) string {
	if pfrun.IsUnknown(v) {
		v = unknownText
	}
	if f, ok := v.(float64); ok {
		return float(f)
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return scalar(fmt.Sprint(v))
	}
	return separators.Replace(strings.TrimSuffix(b.String(), "\n"))
}

// separators are escaped by Go and by nobody else.
var separators = strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029")

// float writes a number as Python does: 1.0 stays one, and an exponent comes with 16 digits.
func float(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 0):
		return map[bool]string{true: "Infinity", false: "-Infinity"}[f > 0]
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// debugged gives of a result of debug what it was asked for: the message, or the variable.
func debugged(values map[string]any) map[string]any {
	if msg, ok := values["msg"]; ok {
		return map[string]any{"msg": msg}
	}
	shown, _ := without(values, "changed", "failed", "skipped", "invocation", "skip_reason", "ansible_loop_var", "ansible_index_var", "ansible_loop").(map[string]any)
	return shown
}

// without gives a result without some of its keys.
func without(v any, keys ...string) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := maps.Clone(m)
	for _, k := range keys {
		delete(out, k)
	}
	return out
}
