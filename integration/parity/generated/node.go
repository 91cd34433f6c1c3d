package generated

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Map is a mapping that keeps its order.
type Map []Pair

// Pair is a key of a Map and its value: a string, an int, a bool, a List or a Map.
type Pair struct {
	Key   string
	Value any
}

// List is a sequence.
type List []any

// with gives a map with one more pair.
func (m Map) with(key string, value any) Map { return append(m[:len(m):len(m)], Pair{key, value}) }

// get gives the value of a key; nil: there is none.
func (m Map) get(key string) any {
	for _, p := range m {
		if p.Key == key {
			return p.Value
		}
	}
	return nil
}

func texts(words ...string) List {
	l := List{}
	for _, w := range words {
		l = append(l, w)
	}
	return l
}

// yaml writes a node as a document.
func yaml(v any) string {
	var b strings.Builder
	switch x := v.(type) {
	case List:
		if len(x) == 0 {
			return "[]\n"
		}
		block(&b, v, 0)
	case Map:
		if len(x) == 0 {
			return "{}\n"
		}
		block(&b, v, 0)
	default:
		b.WriteString(scalar(v) + "\n")
	}
	return b.String()
}

// block writes a list or a map that is not empty, each entry on a line of its own.
func block(b *strings.Builder, v any, indent int) {
	pad := strings.Repeat(" ", indent)
	switch x := v.(type) {
	case List:
		for _, e := range x {
			if m, ok := e.(Map); ok && len(m) > 0 {
				var inner strings.Builder
				block(&inner, m, indent+2)
				b.WriteString(pad + "- " + strings.TrimPrefix(inner.String(), pad+"  "))
				continue
			}
			b.WriteString(pad + "- " + flow(e) + "\n")
		}
	case Map:
		for _, p := range x {
			b.WriteString(pad + p.Key + ":")
			if !deep(p.Value) {
				b.WriteString(" " + flow(p.Value) + "\n")
				continue
			}
			b.WriteString("\n")
			block(b, p.Value, indent+2)
		}
	}
}

// deep reports whether a value takes lines of its own: a list that holds maps, a map that holds lists.
func deep(v any) bool {
	switch x := v.(type) {
	case List:
		for _, e := range x {
			if m, ok := e.(Map); ok && len(m) > 0 {
				return true
			}
		}
	case Map:
		for _, p := range x {
			if deep(p.Value) {
				return true
			}
		}
		return len(x) > 3
	}
	return false
}

func flow(v any) string {
	parts := []string{}
	switch x := v.(type) {
	case List:
		for _, e := range x {
			parts = append(parts, flow(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case Map:
		for _, p := range x {
			parts = append(parts, p.Key+": "+flow(p.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return scalar(v)
}

var plain = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_./]*( [a-zA-Z0-9_./]+)*$`)

func scalar(v any) string {
	s, ok := v.(string)
	if !ok {
		return fmt.Sprint(v)
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n":
		return strconv.Quote(s)
	}
	if plain.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}
