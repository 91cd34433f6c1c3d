package ansiblecfg

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// Use says what a setting does here.
type Use int

// The uses; see settings.txt.
const (
	Honoured Use = iota
	Moot
	Refused
	RefusedIfThere
)

var uses = map[string]Use{"yes": Honoured, "moot": Moot, "no": Refused, "no-if-there": RefusedIfThere}

// Setting is a line of the table.
type Setting struct {
	Name    string
	Kind    string   // bool, int, float, str, list, path, paths, pathlist
	Choices []string // what it may be; nil: anything of its kind
	Default string
	Keys    []string // section.key
	Env     []string
	Use     Use
	Only    []string // the values that are honoured; nil: all
	Words   string   // what it does, or why it does nothing
}

//go:embed settings.txt
var tableText string

// Table gives all settings, in the order of their names.
var Table = sync.OnceValue(func() []*Setting {
	var all []*Setting
	for line := range strings.Lines(tableText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, parseLine(line))
		}
	}
	return all
})

// parseLine reads a line of the table, which a test holds to its form.
func parseLine(line string) *Setting {
	columns := strings.SplitN(line, " | ", 7)
	for i := range columns {
		columns[i] = strings.TrimSpace(columns[i])
	}
	kind, choices, _ := strings.Cut(columns[1], ":")
	use, only, _ := strings.Cut(columns[5], "=")
	return &Setting{
		Name: columns[0], Kind: kind, Choices: words(choices), Default: columns[2], Keys: words(columns[3]), Env: words(columns[4]),
		Use: uses[use], Only: words(only), Words: columns[6],
	}
}

func words(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// honours reports whether a value is one that is honoured.
func (s *Setting) honours(value any) bool {
	if s.Only == nil {
		return true
	}
	switch v := value.(type) {
	case []string:
		return !slices.ContainsFunc(v, func(w string) bool { return !slices.Contains(s.Only, w) })
	case bool:
		return slices.Contains(s.Only, map[bool]string{true: "true", false: "false"}[v])
	case string:
		return v == "" || slices.Contains(s.Only, v)
	}
	return true
}

// mayBeEmpty reports whether an empty variable says something: no text, no words, or no.
func (s *Setting) mayBeEmpty() bool {
	return s.Choices == nil && slices.Contains([]string{"str", "list", "bool"}, s.Kind)
}
