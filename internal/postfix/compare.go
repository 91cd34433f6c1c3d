package postfix

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// comparison evaluates {a}op{b} at the start of a text. It gives "true" or "", which is what Postfix puts where no ? or : follows, and the rest.
func (x *expander) comparison(body string) (truth, rest string, err error) {
	left, rest, err := cutBrackets(body)
	if err != nil {
		return "", "", err
	}
	rest = trimLeft(rest)
	op := rest[:len(rest)-len(strings.TrimLeft(rest, "<>!=?+-*/~&|%"))]
	test, known := operators[op]
	if !known {
		return "", "", fmt.Errorf("%q after {%s}: expected a comparison: == != < <= >= >", rest, left)
	}
	rest = rest[len(op):]
	suffix := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))]
	if suffix != "" && suffix != "level" {
		return "", "", fmt.Errorf("comparison %s%s is not known", op, suffix)
	}
	if rest = trimLeft(rest[len(suffix):]); !strings.HasPrefix(rest, "{") {
		return "", "", fmt.Errorf("%q after {%s} %s: expected {text}", rest, left, op)
	}
	right, rest, err := cutBrackets(rest)
	if err != nil {
		return "", "", err
	}
	truth, err = x.compare(left, right, suffix, test)
	return truth, trimLeft(rest), err
}

// operators turn the sign of a comparison into its truth.
var operators = map[string]func(sign int) bool{
	"==": func(s int) bool { return s == 0 },
	"!=": func(s int) bool { return s != 0 },
	"<":  func(s int) bool { return s < 0 },
	"<=": func(s int) bool { return s <= 0 },
	">=": func(s int) bool { return s >= 0 },
	">":  func(s int) bool { return s > 0 },
}

func (x *expander) compare(left, right, suffix string, test func(int) bool) (string, error) {
	a, err := x.apart(left)
	if err != nil {
		return "", err
	}
	b, err := x.apart(right)
	if err != nil || x.scan {
		return "", err
	}
	sign := compareText(a, b)
	if suffix == "level" {
		la, errA := level(a)
		lb, errB := level(b)
		if err := cmp.Or(errA, errB); err != nil {
			return "", err
		}
		sign = cmp.Compare(la, lb)
	}
	if test(sign) {
		return "true", nil
	}
	return "", nil
}

// compareText compares numbers as numbers and all else byte by byte.
func compareText(a, b string) int {
	if isDigits(a) && isDigits(b) {
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	}
	return strings.Compare(a, b)
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// level reads a compatibility level: up to three numbers with dots between them.
func level(s string) (int, error) {
	parts := strings.Split(s, ".")
	sum := 0
	for i := range 3 {
		n := 0
		if i < len(parts) {
			var err error
			if n, err = strconv.Atoi(parts[i]); err != nil || n < 0 || n > 1023 {
				return 0, fmt.Errorf("compatibility level %q: it must be up to three numbers with dots between them", s)
			}
		}
		sum = sum<<10 | n
	}
	if len(parts) > 3 {
		return 0, fmt.Errorf("compatibility level %q: it must be up to three numbers with dots between them", s)
	}
	return sum, nil
}
