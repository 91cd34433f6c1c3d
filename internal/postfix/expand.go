package postfix

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// expandLimit bounds the text that one expansion may give: a few lines of main.cf can multiply into gigabytes.
const expandLimit = 1 << 20

// Expand replaces $name, $(name), ${name}, ${name?text}, ${name:text}, ${name?{text}:{text}} and ${{a}==b…} forms as Postfix does when it reads
// main.cf, in the values that it finds too; $$ gives $. lookup gives the raw value of a parameter, from main.cf or the defaults; what it does not know
// is empty, as it is to Postfix. The value of a parameter that is raw ([IsRaw]) is put in as it stands.
//
// Errors: what makes Postfix's programs stop (syntax, a parameter that refers to itself), a result beyond 1 MiB, and the functions of Postfix 3.11
// on names that are not ASCII.
func Expand(value string, lookup func(name string) (string, bool)) (string, error) {
	x := &expander{lookup: lookup}
	if err := x.expand(value); err != nil {
		return "", err
	}
	return x.out.String(), nil
}

// References gives the names of the parameters that a value refers to, in order, each once, on both sides of a condition; not those that their values
// refer to in turn. The error is the first mistake of syntax; the names up to there are given even so.
func References(value string) ([]string, error) {
	x := &expander{scan: true}
	err := x.expand(value)
	return x.names, err
}

type expander struct {
	lookup func(string) (string, bool)
	out    strings.Builder
	stack  []string // the parameters whose values are being expanded
	depth  int
	scan   bool     // collect names, look nothing up
	names  []string // what scan found
}

// expand appends the expansion of a text to the result.
func (x *expander) expand(text string) error {
	if x.depth++; x.depth > 100 {
		return errors.New("expressions are nested more than 100 deep")
	}
	defer func() { x.depth-- }()
	for text != "" {
		i := strings.IndexByte(text, '$')
		if i < 0 {
			i = len(text)
		}
		if err := x.write(text[:i]); err != nil || i == len(text) {
			return err
		}
		if text = text[i+1:]; strings.HasPrefix(text, "$") {
			if err := x.write("$"); err != nil {
				return err
			}
			text = text[1:]
			continue
		}
		body, rest, err := cutReference(text)
		if err != nil {
			return err
		}
		if err := x.reference(body); err != nil {
			return err
		}
		text = rest
	}
	return nil
}

func (x *expander) write(s string) error {
	if x.scan {
		return nil
	}
	if x.out.Len()+len(s) > expandLimit {
		return fmt.Errorf("the expansion is longer than %d bytes", expandLimit)
	}
	x.out.WriteString(s)
	return nil
}

// cutReference takes what follows a dollar sign apart: the name or the inside of the brackets, and the rest.
func cutReference(s string) (body, rest string, err error) {
	n := 0
	if strings.HasPrefix(s, "{") || strings.HasPrefix(s, "(") {
		body, rest, err = cutBrackets(s)
	} else {
		for n < len(s) && isNameByte(s[n]) {
			n++
		}
		body, rest = s[:n], s[n:]
	}
	if err == nil && body == "" {
		err = fmt.Errorf("no parameter name after %q (write $$ for the character)", "$")
	}
	return body, rest, err
}

// cutBrackets cuts a text that starts with a bracket after the one that closes it.
func cutBrackets(s string) (inside, rest string, err error) {
	opening, closing := s[0], byte('}')
	if opening == '(' {
		closing = ')'
	}
	level := 0
	for i := range len(s) {
		switch s[i] {
		case opening:
			level++
		case closing:
			if level--; level == 0 {
				return s[1:i], s[i+1:], nil
			}
		}
	}
	return "", "", fmt.Errorf("%q has no closing %q", s, string(closing))
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func trimLeft(s string) string { return strings.TrimLeft(s, blanks) }

// reference expands what stood after a dollar sign.
func (x *expander) reference(body string) error {
	if body = trimLeft(body); strings.HasPrefix(body, "{") {
		truth, rest, err := x.comparison(body)
		if err != nil {
			return err
		}
		if rest == "" {
			return x.write(truth)
		}
		return x.choose(rest, truth != "")
	}
	n := 0
	for n < len(body) && isNameByte(body[n]) {
		n++
	}
	name, rest := body[:n], trimLeft(body[n:])
	switch {
	case strings.HasPrefix(rest, "{"):
		return x.call(name, rest)
	case name == "":
		return fmt.Errorf("%q is no parameter name", body)
	case rest == "":
		return x.parameter(name)
	case rest[0] != '?' && rest[0] != ':':
		return fmt.Errorf("%q after %q: a parameter name is of letters, digits and %q", rest, name, "_")
	}
	value, _ := x.look(name)
	return x.choose(rest, value != "")
}

// look looks a parameter up, or notes its name.
func (x *expander) look(name string) (value string, set bool) {
	if !x.scan {
		return x.lookup(name)
	}
	if !slices.Contains(x.names, name) {
		x.names = append(x.names, name)
	}
	return "", false
}

// parameter expands the value of a parameter.
func (x *expander) parameter(name string) error {
	value, set := x.look(name)
	if !set || IsRaw(name) {
		return x.write(value)
	}
	if i := slices.Index(x.stack, name); i >= 0 {
		return fmt.Errorf("parameter %s refers to itself: $%s", name, strings.Join(append(x.stack[i:len(x.stack):len(x.stack)], name), " -> $"))
	}
	x.stack = append(x.stack, name)
	defer func() { x.stack = x.stack[:len(x.stack)-1] }()
	return x.expand(value)
}

// choose expands the side of `?yes`, `:no`, `?{yes}:{no}` that the condition picks; a scan takes both.
func (x *expander) choose(rest string, condition bool) error {
	if rest[0] != '?' && rest[0] != ':' {
		return fmt.Errorf("%q: expected %q or %q", rest, "?", ":")
	}
	if rest[0] == '?' {
		yes, after, err := operand(rest[1:])
		if err != nil {
			return err
		}
		if condition || x.scan {
			if err := x.expand(yes); err != nil {
				return err
			}
		}
		if rest = after; rest == "" {
			return nil
		}
		if rest[0] != ':' {
			return fmt.Errorf("%q: expected %q", rest, ":")
		}
	}
	no, after, err := operand(rest[1:])
	switch {
	case err != nil:
		return err
	case !condition || x.scan:
		if err := x.expand(no); err != nil {
			return err
		}
	}
	if after != "" {
		return fmt.Errorf("unexpected %q after {%s}", after, no)
	}
	return nil
}

// operand takes {text}, with white space around it, or else everything.
func operand(s string) (text, rest string, err error) {
	if t := trimLeft(s); strings.HasPrefix(t, "{") {
		text, rest, err = cutBrackets(t)
		return text, trimLeft(rest), err
	}
	return s, "", nil
}

// call expands a function of Postfix 3.11, such as domain_to_ascii{$mydomain}. On ASCII both give what they get.
func (x *expander) call(name, rest string) error {
	if name != "domain_to_ascii" && name != "domain_to_utf8" {
		return fmt.Errorf("function %q is not known", name)
	}
	argument, after, err := cutBrackets(rest)
	if err != nil {
		return err
	}
	if trimLeft(after) != "" {
		return fmt.Errorf("unexpected %q after {%s}", trimLeft(after), argument)
	}
	got, err := x.apart(strings.Trim(argument, blanks))
	if err != nil {
		return err
	}
	if strings.IndexFunc(got, func(r rune) bool { return r >= 0x80 }) >= 0 {
		return fmt.Errorf("function %s of %q: only names of ASCII characters can be told without Postfix", name, got)
	}
	return x.write(got)
}

// apart expands a text into a result of its own.
func (x *expander) apart(text string) (string, error) {
	y := &expander{lookup: x.lookup, stack: x.stack, depth: x.depth, scan: x.scan, names: x.names}
	err := y.expand(text)
	x.names = y.names
	return y.out.String(), err
}
