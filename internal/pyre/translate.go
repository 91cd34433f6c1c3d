package pyre

import (
	"fmt"
	"strconv"
	"strings"
)

// translator rewrites a Python pattern for the engine: groups lose their names and are counted, and what the engine reads otherwise is written so that it means the same.
type translator struct {
	src     string
	i       int
	b       strings.Builder
	names   map[string]int
	groups  int
	verbose bool
}

func (t *translator) translate() (string, error) {
	for t.i < len(t.src) {
		if err := t.step(); err != nil {
			return "", err
		}
	}
	return t.b.String(), nil
}

func (t *translator) rest() string { return t.src[t.i:] }

// copy copies n bytes as they are.
func (t *translator) copy(n int) {
	t.b.WriteString(t.src[t.i : t.i+n])
	t.i += n
}

// put writes text for n bytes of the source.
func (t *translator) put(text string, n int) {
	t.b.WriteString(text)
	t.i += n
}

func (t *translator) step() error {
	switch c := t.src[t.i]; {
	case c == '\\':
		return t.escape()
	case c == '[':
		return t.class()
	case c == '(':
		return t.group()
	case c == '#' && t.verbose:
		end := strings.IndexByte(t.rest(), '\n')
		if end < 0 {
			end = len(t.rest())
		}
		t.i += end
	case c == '{' && strings.HasPrefix(t.rest(), "{,"):
		return t.openRepeat()
	default:
		t.copy(1)
	}
	return nil
}

// openRepeat writes {,n} as {0,n}; the engine takes it for text.
func (t *translator) openRepeat() error {
	digits := strings.TrimLeft(t.rest()[2:], "0123456789")
	if strings.HasPrefix(digits, "}") && len(digits) < len(t.rest())-2 {
		t.put("{0,", 2)
		return nil
	}
	t.put(`\{`, 1)
	return nil
}

func (t *translator) escape() error {
	if t.i+1 >= len(t.src) {
		return fmt.Errorf("bad escape (end of pattern)")
	}
	switch c := t.src[t.i+1]; {
	case c == 'Z':
		t.put(`\z`, 2)
	case c == 'U' && t.i+10 <= len(t.src):
		n, err := strconv.ParseUint(t.src[t.i+2:t.i+10], 16, 32)
		if err != nil {
			return fmt.Errorf("bad escape \\U")
		}
		t.put(string(rune(n)), 10)
	case c >= '1' && c <= '9':
		n := 2
		if t.i+2 < len(t.src) && t.src[t.i+2] >= '0' && t.src[t.i+2] <= '9' {
			n = 3
		}
		t.put(`\k<`+t.src[t.i+1:t.i+n]+`>`, n)
	case strings.IndexByte("abBAdDsSwWfnrtvxu0", c) >= 0:
		t.copy(2)
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return fmt.Errorf("bad escape \\%c at position %d", c, t.i)
	default:
		t.copy(2)
	}
	return nil
}

// class copies a character class; an opening bracket in it is a character, which the engine may take for a subtraction.
func (t *translator) class() error {
	start := t.i
	t.copy(1)
	if strings.HasPrefix(t.rest(), "^") {
		t.copy(1)
	}
	if strings.HasPrefix(t.rest(), "]") {
		t.put(`\]`, 1)
	}
	for t.i < len(t.src) {
		switch c := t.src[t.i]; c {
		case ']':
			t.copy(1)
			return nil
		case '[':
			t.put(`\[`, 1)
		case '\\':
			if t.i+1 >= len(t.src) {
				return fmt.Errorf("bad escape (end of pattern)")
			}
			t.copy(2)
		default:
			t.copy(1)
		}
	}
	return fmt.Errorf("unterminated character set at position %d", start)
}

// group rewrites what begins with a parenthesis.
func (t *translator) group() error {
	rest := t.rest()
	switch {
	case strings.HasPrefix(rest, "(?P<"):
		name, _, ok := strings.Cut(rest[4:], ">")
		if !ok {
			return fmt.Errorf("missing >, unterminated name at position %d", t.i)
		}
		if !isName(name) {
			return fmt.Errorf("bad character in group name %q", name)
		}
		if _, ok := t.names[name]; ok {
			return fmt.Errorf("redefinition of group name %q", name)
		}
		t.groups++
		t.names[name] = t.groups
		t.put("(", 5+len(name))
	case strings.HasPrefix(rest, "(?P="):
		name, _, ok := strings.Cut(rest[4:], ")")
		n, known := t.names[name]
		if !ok || !known {
			return fmt.Errorf("unknown group name %q", name)
		}
		t.put(`\k<`+strconv.Itoa(n)+`>`, 5+len(name))
	case strings.HasPrefix(rest, "(?P"):
		return fmt.Errorf("unknown extension ?P at position %d", t.i)
	case strings.HasPrefix(rest, "(?("):
		return t.conditional()
	case strings.HasPrefix(rest, "(?#"):
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return fmt.Errorf("missing ), unterminated comment")
		}
		t.i += end + 1
	case strings.HasPrefix(rest, "(?"):
		return t.extension()
	default:
		t.groups++
		t.copy(1)
	}
	return nil
}

func (t *translator) conditional() error {
	name, _, ok := strings.Cut(t.rest()[3:], ")")
	if !ok {
		return fmt.Errorf("missing ), unterminated name")
	}
	n, err := strconv.Atoi(name)
	if err != nil {
		if n, ok = t.names[name]; !ok {
			return fmt.Errorf("unknown group name %q", name)
		}
	}
	t.put("(?("+strconv.Itoa(n)+")", 4+len(name))
	return nil
}

// extension copies (?: (?= (?! (?<= (?<! (?> and flags; of the flags a, u and L mean nothing here.
func (t *translator) extension() error {
	rest := t.rest()[2:]
	for _, p := range []string{":", "=", "!", "<=", "<!", ">"} {
		if strings.HasPrefix(rest, p) {
			t.copy(2 + len(p))
			return nil
		}
	}
	end := strings.IndexAny(rest, ":)")
	if end < 0 || strings.Trim(rest[:end], "aiLmsux-") != "" {
		return fmt.Errorf("unknown extension ?%s at position %d", rest[:min(1, len(rest))], t.i)
	}
	flags := strings.NewReplacer("a", "", "L", "", "u", "").Replace(rest[:end])
	t.verbose = t.verbose || strings.Contains(flags, "x")
	if flags == "" && rest[end] == ')' {
		t.i += 2 + end + 1
		return nil
	}
	t.put("(?"+flags+rest[end:end+1], 2+end+1)
	return nil
}

func isName(s string) bool {
	for i, r := range s {
		if r != '_' && !(r >= 'a' && r <= 'z') && !(r >= 'A' && r <= 'Z') && r < 0x80 && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
