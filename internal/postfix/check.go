package postfix

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/pyre"
)

// plainReference is ${name} or $(name), without a condition.
var plainReference = pyre.Must(`\$(?:\{([0-9A-Za-z_]+)\}|\(([0-9A-Za-z_]+)\))`, 0)

// Problem is one thing for which Postfix would refuse a value, or not do what was meant.
type Problem struct {
	Message string // what is wrong: lower case, no full stop
	Hint    string // what to write instead; may be empty
}

// String gives both on one line.
func (p Problem) String() string {
	if p.Hint == "" {
		return p.Message
	}
	return p.Message + " (" + p.Hint + ")"
}

// Checker judges values before they are written. The zero Checker knows no map types and takes main.cf for empty.
type Checker struct {
	MapTypes []string // what `postconf -m` prints; empty: every map type is taken
	Main     *Main    // main.cf as it is going to be: its restriction classes, and what $name stands for; nil: empty
}

// Check judges a value with the map types of `postconf -m` (empty: any) and no main.cf. See [Checker.Check].
func Check(name, value string, mapTypes []string) []Problem {
	return Checker{MapTypes: mapTypes}.Check(name, value)
}

// Check tells what is wrong with a value of a parameter: wrong words where there is a fixed set of them, what is no number, no time or not yes or no
// where one is wanted, names that are no restrictions, map types that the host lacks, and mistakes of $name syntax. It does not refuse what Postfix
// takes: $name is expanded from Main; what refers to something else is left alone, and so are parameters that are not built in.
func (c Checker) Check(name, value string) []Problem {
	value = strings.Trim(value, blanks)
	p, known := parameters()[name]
	if services, k := serviceParameter(name); !known && len(services) > 0 {
		p, known = parameter{kind: k}, true
	}
	if IsRaw(name) {
		return nil
	}
	if _, err := References(value); err != nil {
		return []Problem{{Message: fmt.Sprintf("%s: %v", name, err), Hint: "Postfix's programs stop at this; a $ of the text itself is written $$"}}
	}
	if expanded, ok := c.expand(name, value); ok {
		value = expanded
	} else if value = plainReference.Replace(value, func(m []string) string { return "$" + m[1] + m[2] }); strings.Contains(value, "${") || strings.Contains(value, "$(") {
		return nil // a condition may stand for anything, blanks and commas too
	}
	if isRestrictions(name) || c.isClass(name) {
		return c.checkRestrictions(name, value)
	}
	if !known {
		return nil
	}
	if k, ok := keywords[name]; ok {
		return k.check(name, value)
	}
	if slices.Contains(protocolParameters, name) {
		return checkProtocols(name, value)
	}
	if strings.Contains(value, "$") && p.kind != kindText {
		return nil
	}
	return append(p.check(name, value), c.checkMaps(name, value)...)
}

// expand gives the value with every $name put in, if Main has them all.
func (c Checker) expand(name, value string) (string, bool) {
	if c.Main == nil {
		return value, !strings.Contains(value, "$")
	}
	complete := true
	got, err := Expand(value, func(n string) (string, bool) {
		v, set := c.Main.Lookup(n)
		complete = complete && set && n != name
		return v, set && n != name
	})
	return got, err == nil && complete
}

// check judges the form of a value: its kind, its bounds.
func (p parameter) check(name, value string) []Problem {
	switch p.kind {
	case kindBool:
		if !strings.EqualFold(value, "yes") && !strings.EqualFold(value, "no") {
			return []Problem{{Message: fmt.Sprintf("%s = %s: it must be yes or no", name, value)}}
		}
	case kindInt:
		return p.checkInt(name, value)
	case kindTime:
		return p.checkTime(name, value)
	default:
		if value == "" && p.min > 0 {
			return []Problem{{Message: name + " must not be empty"}}
		}
	}
	return nil
}

func (p parameter) checkInt(name, value string) []Problem {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		hint := ""
		if digits := strings.TrimRight(value, "kKmMgGbB "); digits != value && isDigits(digits) {
			hint = "Postfix takes no units here: sizes are in bytes"
		}
		return []Problem{{Message: fmt.Sprintf("%s = %s: it must be a whole number", name, value), Hint: hint}}
	}
	if p.min != 0 && n < int64(p.min) {
		return []Problem{{Message: fmt.Sprintf("%s = %d: it must be at least %d", name, n, p.min)}}
	}
	if p.max > 0 && n > int64(p.max) {
		return []Problem{{Message: fmt.Sprintf("%s = %d: it must be at most %d", name, n, p.max)}}
	}
	return nil
}

// checkTime takes what Postfix takes: a number and, or not, a unit, of which it reads the first letter and no more.
func (p parameter) checkTime(name, value string) []Problem {
	unit := strings.TrimLeft(strings.TrimPrefix(value, "+"), "0123456789")
	n, err := strconv.ParseInt(strings.TrimSuffix(value, unit), 10, 32)
	if err != nil || unit != "" && strings.IndexByte("smhdw", unit[0]) < 0 {
		return []Problem{{Message: fmt.Sprintf("%s = %s: it must be a time", name, value), Hint: "a whole number with s, m, h, d or w, such as 30s or 5d"}}
	}
	if n == 0 && p.min > 0 {
		return []Problem{{Message: fmt.Sprintf("%s = %s: it must be more than zero", name, value)}}
	}
	return nil
}

// wrongWord says that a word is none of those that a parameter takes.
func wrongWord(name, word string, known []string) Problem {
	hint := diag.DidYouMean(word, known)
	if hint == "" {
		hint = "one of " + strings.Join(known, ", ")
	}
	if word == "" {
		return Problem{Message: name + " must not be empty", Hint: "one of " + strings.Join(known, ", ")}
	}
	return Problem{Message: fmt.Sprintf("%s: %q is none of the words that it takes", name, word), Hint: hint}
}
