package jinja

import (
	"fmt"
	"regexp"
	"strings"
)

// analysis says how a text may be written.
type analysis struct {
	multiline  bool
	flowPlain  bool // without quotes, in a flow collection
	blockPlain bool // and outside of one
	quoted     bool // with single quotes
}

// yamlBreaks are the characters that end a line.
const yamlBreaks = "\n\u0085\u2028\u2029"

const yamlBlanks = "\x00 \t\r" + yamlBreaks

// traits are what the characters of a text forbid.
type traits struct {
	block, flow, breaks, special bool // indicators, line breaks, characters that need an escape
	breakSpace, spaceBreak       bool
}

func analyse(text string) analysis {
	if text == "" {
		return analysis{blockPlain: true, quoted: true}
	}
	rs := []rune(text)
	t := traitsOf(rs)
	a := analysis{multiline: t.breaks, flowPlain: true, blockPlain: true, quoted: true}
	edge := " " + yamlBreaks
	if strings.ContainsRune(edge, rs[0]) || strings.ContainsRune(edge, rs[len(rs)-1]) || t.breaks {
		a.flowPlain, a.blockPlain = false, false
	}
	if t.breakSpace {
		a.flowPlain, a.blockPlain, a.quoted = false, false, false
	}
	if t.spaceBreak || t.special {
		return analysis{multiline: t.breaks}
	}
	a.flowPlain = a.flowPlain && !t.flow
	a.blockPlain = a.blockPlain && !t.block
	return a
}

func traitsOf(rs []rune) traits {
	var t traits
	text := string(rs)
	if strings.HasPrefix(text, "---") || strings.HasPrefix(text, "...") {
		t.block, t.flow = true, true
	}
	afterBlank, space, lineBreak := true, false, false
	for i, r := range rs {
		beforeBlank := i+1 >= len(rs) || strings.ContainsRune(yamlBlanks, rs[i+1])
		t.indicator(r, i == 0, afterBlank, beforeBlank)
		t.special = t.special || r != '\n' && !(r >= ' ' && r <= '~') && !isYAMLText(r)
		switch {
		case r == ' ':
			t.breakSpace = t.breakSpace || lineBreak
			space, lineBreak = true, false
		case strings.ContainsRune(yamlBreaks, r):
			t.breaks = true
			t.spaceBreak = t.spaceBreak || space
			space, lineBreak = false, true
		default:
			space, lineBreak = false, false
		}
		afterBlank = strings.ContainsRune(yamlBlanks, r)
	}
	return t
}

// indicator notes a character that means something in YAML.
func (t *traits) indicator(r rune, first, afterBlank, beforeBlank bool) {
	switch {
	case first && strings.ContainsRune("#,[]{}&*!|>'\"%@`", r), first && r == '-' && beforeBlank, !first && r == '#' && afterBlank:
		t.block, t.flow = true, true
	case first && (r == '?' || r == ':'), !first && r == ':':
		t.flow = true
		t.block = t.block || beforeBlank
	case !first && strings.ContainsRune(",?[]{}", r):
		t.flow = true
	}
}

func isYAMLText(r rune) bool {
	return r == '\u0085' || r >= 0xa0 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd && r != '\ufeff' || r >= 0x10000
}

// notText are the plain scalars that YAML 1.1 does not take for a text.
var notText = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF`,
	`~|null|Null|NULL|<<|=|[!&*]`,
	`[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)`,
	`[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+`,
	`[0-9]{4}-[0-9]{2}-[0-9]{2}`,
	`[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?`,
}, "|") + `)$`)

func resolvesToText(s string) bool { return s != "" && !notText.MatchString(s) }

func (w *yamlWriter) plain(text string, split bool, in int) {
	if text == "" {
		return
	}
	if !w.whitespace {
		w.put(" ")
	}
	w.whitespace, w.indention = false, false
	rs := []rune(text)
	for i := 0; i < len(rs); {
		j := i
		for j < len(rs) && (rs[j] == ' ') == (rs[i] == ' ') {
			j++
		}
		if rs[i] == ' ' && j == i+1 && w.column > w.width && split {
			w.indent(in)
			w.whitespace, w.indention = false, false
		} else {
			w.put(string(rs[i:j]))
		}
		i = j
	}
}

func (w *yamlWriter) singleQuoted(text string, split bool, in int) {
	w.indicator("'", true, false, false)
	rs := []rune(text)
	kind := func(r rune) int {
		switch {
		case r == ' ':
			return 1
		case strings.ContainsRune(yamlBreaks, r):
			return 2
		}
		return 0
	}
	for i := 0; i < len(rs); {
		j := i
		for j < len(rs) && kind(rs[j]) == kind(rs[i]) {
			j++
		}
		run := string(rs[i:j])
		switch {
		case kind(rs[i]) == 1 && j == i+1 && w.column > w.width && split && i != 0 && j != len(rs):
			w.indent(in)
		case kind(rs[i]) == 2:
			w.breaks(run, in)
		default:
			w.put(strings.ReplaceAll(run, "'", "''"))
		}
		i = j
	}
	w.indicator("'", false, false, false)
}

// breaks writes line breaks inside of a quoted text, where one break is a fold.
func (w *yamlWriter) breaks(run string, in int) {
	if run[0] == '\n' {
		w.newline()
	}
	for _, r := range run {
		if r == '\n' {
			w.newline()
			continue
		}
		w.b.WriteRune(r)
		w.column, w.whitespace, w.indention = 0, true, true
	}
	w.indent(in)
}

var yamlEscapes = map[rune]string{
	0: `\0`, 7: `\a`, 8: `\b`, 9: `\t`, 10: `\n`, 11: `\v`, 12: `\f`, 13: `\r`, 0x1b: `\e`, '"': `\"`, '\\': `\\`, 0x85: `\N`, 0xa0: `\_`, 0x2028: `\L`, 0x2029: `\P`,
}

func yamlEscape(r rune) string {
	if s, ok := yamlEscapes[r]; ok {
		return s
	}
	switch {
	case r <= 0xff:
		return fmt.Sprintf(`\x%02X`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04X`, r)
	}
	return fmt.Sprintf(`\U%08X`, r)
}

func (w *yamlWriter) doubleQuoted(text string, split bool, in int) {
	w.indicator(`"`, true, false, false)
	rs := []rune(text)
	spaces := false
	for i, r := range rs {
		switch {
		case r == ' ' && split && !spaces && w.column > w.width && i > 0 && i < len(rs)-1:
			w.indent(in)
			if rs[i+1] == ' ' {
				w.put(`\`)
			}
		case strings.ContainsRune("\"\\\u0085\u2028\u2029\ufeff", r), !(r >= ' ' && r <= '~') && !isYAMLText(r):
			w.put(yamlEscape(r))
		default:
			w.put(string(r))
		}
		spaces = r == ' '
	}
	w.indicator(`"`, false, false, false)
}
