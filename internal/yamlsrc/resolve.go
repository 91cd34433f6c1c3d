package yamlsrc

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The implicit types of PyYAML's resolver (YAML 1.1): a float needs a dot, and its exponent a sign; 010 is octal, 08 a string; 1:30 counts to base 60.
var (
	floatForm = regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
	intForm   = regexp.MustCompile(`^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)
	timeForm  = regexp.MustCompile(`^([0-9]{4})-([0-9][0-9]?)-([0-9][0-9]?)(?:(?:[Tt]|[ \t]+)([0-9][0-9]?):([0-9][0-9]):([0-9][0-9])(?:\.([0-9]*))?(?:[ \t]*(Z|([-+])([0-9][0-9]?)(?::([0-9][0-9]))?))?)?$`)
	dateForm  = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	jsonFloat = regexp.MustCompile(`^-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$`)
)

var bools = map[string]bool{"yes": true, "no": false, "true": true, "false": false, "on": true, "off": false}

// boolOf reads a boolean written in lower case, upper case or with a capital.
func boolOf(s string) (value, ok bool) {
	lower := strings.ToLower(s)
	value, ok = bools[lower]
	if s != lower && s != strings.ToUpper(s) && s[1:] != lower[1:] {
		ok = false
	}
	return value, ok
}

// scalar fills a node from a scalar's content and tag.
func (c *composer) scalar(n *Node, text, tag string) {
	n.Text = text
	n.Kind, n.Value = String, text
	switch tag {
	case "":
		if n.Plain {
			c.implicit(n)
		}
	case "!", "!!str":
	case TagUnsafe:
		n.Tag = TagUnsafe
	case TagVault, "!vault-encrypted":
		n.Tag = TagVault
	case "!!int", "!!float", "!!bool", "!!null", "!!timestamp":
		c.explicit(n, tag)
	case "!!binary":
		c.binary(n)
	default:
		c.unknownTag(n.Pos, tag)
	}
	if c.unsafe && n.Kind == String && n.Tag == "" {
		n.Tag = TagUnsafe
	}
}

// binary decodes base64. What is no text stays as near to it as a string can be.
func (c *composer) binary(n *Node) {
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Text), ""))
	if err != nil {
		c.err(n.Pos, "!!binary needs base64: %s", err)
		return
	}
	n.Tag = TagUnsafe
	n.Text = strings.ToValidUTF8(string(b), "\uFFFD")
	n.Value = n.Text
}

// implicit finds the type of a plain scalar.
func (c *composer) implicit(n *Node) {
	n.Kind, n.Value = Resolve(n.Text)
	if c.json && n.Kind == String && jsonFloat.MatchString(n.Text) {
		if f, err := strconv.ParseFloat(n.Text, 64); err == nil {
			n.Kind, n.Value = Float, f
		}
	}
	if n.Kind == Timestamp && n.Value == nil {
		c.err(n.Pos, "%s is written like a date, and there is no such date", n.Text).WithHint("put quotes around it: %s", quote(n.Text))
	}
}

// explicit converts a scalar to the type that its tag names.
func (c *composer) explicit(n *Node, tag string) {
	kind, v := Resolve(n.Text)
	switch tag {
	case "!!null":
		n.Kind, n.Value = Null, nil
		return
	case "!!bool":
		if b, ok := bools[strings.ToLower(n.Text)]; ok {
			n.Kind, n.Value = Bool, b
			return
		}
	case "!!int":
		if kind == Int {
			n.Kind, n.Value = kind, v
			return
		}
	case "!!float":
		if kind == Float {
			n.Kind, n.Value = kind, v
			return
		}
		if f, err := strconv.ParseFloat(strings.ReplaceAll(n.Text, "_", ""), 64); err == nil {
			n.Kind, n.Value = Float, f
			return
		}
	case "!!timestamp":
		if kind == Timestamp && v != nil {
			n.Kind, n.Value = kind, v
			return
		}
	}
	c.err(n.Pos, "%q is not what the tag %s says", n.Text, tag)
}

// Resolve gives the kind and value of a plain scalar: nil, bool, int64 or *big.Int, float64, or string (String, and Timestamp in Python's form). A
// Timestamp without value names a day that does not exist.
func Resolve(s string) (Kind, any) {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return Null, nil
	}
	if b, ok := boolOf(s); ok {
		return Bool, b
	}
	if !strings.ContainsRune("-+.0123456789", rune(s[0])) {
		return String, s
	}
	switch {
	case floatForm.MatchString(s):
		return Float, floatOf(s)
	case intForm.MatchString(s):
		if v := intOf(s); v != nil {
			return Int, v
		}
	case dateForm.MatchString(s), strings.Contains(s, ":") && timeForm.MatchString(s):
		return Timestamp, timeOf(s)
	}
	return String, s
}

func intOf(s string) any {
	s = strings.ReplaceAll(s, "_", "")
	negative := s[0] == '-'
	digits := strings.TrimLeft(s, "+-")
	n, ok := new(big.Int), true
	switch {
	case strings.HasPrefix(digits, "0b"):
		_, ok = n.SetString(digits[2:], 2)
	case strings.HasPrefix(digits, "0x"):
		_, ok = n.SetString(digits[2:], 16)
	case len(digits) > 1 && digits[0] == '0':
		_, ok = n.SetString(digits, 8)
	case strings.Contains(digits, ":"):
		for part := range strings.SplitSeq(digits, ":") {
			p, _ := new(big.Int).SetString(part, 10)
			n.Add(n.Mul(n, big.NewInt(60)), p)
		}
	default:
		_, ok = n.SetString(digits, 10)
	}
	if !ok {
		return nil
	}
	if negative {
		n.Neg(n)
	}
	if n.IsInt64() {
		return n.Int64()
	}
	return n
}

func floatOf(s string) float64 {
	s = strings.ToLower(strings.ReplaceAll(s, "_", ""))
	sign := 1.0
	if s[0] == '-' {
		sign = -1
	}
	s = strings.TrimLeft(s, "+-")
	switch {
	case s == ".inf":
		return math.Inf(int(sign))
	case s == ".nan":
		return math.NaN()
	case strings.Contains(s, ":"):
		total := 0.0
		for part := range strings.SplitSeq(s, ":") {
			p, _ := strconv.ParseFloat(part, 64)
			total = total*60 + p
		}
		return sign * total
	}
	f, _ := strconv.ParseFloat(s, 64) // a number too large is infinite, as in Python
	return sign * f
}

// timeOf gives the text that Python prints for a date or datetime, or nil where there is no such day or hour.
func timeOf(s string) any {
	if dateForm.MatchString(s) {
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return nil
		}
		return s
	}
	m := timeForm.FindStringSubmatch(s)
	two := func(i int) string { return fmt.Sprintf("%02s", m[i]) }
	out := fmt.Sprintf("%s-%s-%s %s:%s:%s", m[1], two(2), two(3), two(4), m[5], m[6])
	if _, err := time.Parse(time.DateTime, out); err != nil {
		return nil
	}
	if frac := strings.TrimRight(m[7], "0"); frac != "" {
		micros := (m[7] + "000000")[:6]
		if strings.Trim(micros, "0") != "" {
			out += "." + micros
		}
	}
	switch {
	case m[8] == "Z":
		out += "+00:00"
	case m[9] != "":
		minutes := m[11]
		if minutes == "" {
			minutes = "00"
		}
		out += m[9] + two(10) + ":" + minutes
	}
	if zone, isZero := strings.CutSuffix(out, "-00:00"); isZero {
		out = zone + "+00:00"
	}
	return out
}
