package argspec

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/pfrun/pfrun/internal/jinja"
)

// converters are the types that an option may have.
var converters = map[string]func(jinja.Value) (jinja.Value, error){
	"str": toText, "path": toText, "bool": toBool, "int": toInt, "float": toFloat, "list": toList, "dict": toDict, "jsonarg": toJSON, "json": toJSON,
	"raw":   func(v jinja.Value) (jinja.Value, error) { return v, nil },
	"bytes": func(v jinja.Value) (jinja.Value, error) { return toSize(v, false) },
	"bits":  func(v jinja.Value) (jinja.Value, error) { return toSize(v, true) },
}

// convert makes a value what a type says.
func convert(kind string, v jinja.Value) (jinja.Value, error) {
	if isUnknown(v) {
		return v, nil
	}
	to, ok := converters[kind]
	if !ok {
		// That there is no such type is what Ansible means by this.
		return nil, errors.New("'NoneType' object is not callable")
	}
	return to(v)
}

// errType says that a value of a type can be no other.
func errType(v jinja.Value, what string) error {
	return fmt.Errorf("<class '%s'> cannot be converted to a %s", jinja.TypeName(v), what)
}

func toText(v jinja.Value) (jinja.Value, error) {
	if v == nil {
		return "", nil
	}
	return jinja.Str(v), nil
}

func toList(v jinja.Value) (jinja.Value, error) {
	switch x := v.(type) {
	case *jinja.List:
		return x, nil
	case string:
		l := jinja.NewList()
		for part := range strings.SplitSeq(x, ",") {
			l.Append(part)
		}
		return l, nil
	case bool, int64, *big.Int, float64:
		return jinja.NewList(jinja.Str(x)), nil
	}
	return nil, errType(v, "list")
}

var booleanWords = map[string]bool{
	"y": true, "yes": true, "on": true, "1": true, "true": true, "t": true, "n": false, "no": false, "off": false, "0": false, "false": false, "f": false,
}

// booleanWord gives the truth that a word or a number stands for, as it is written.
func booleanWord(v jinja.Value) (truth, ok bool) {
	if text, isText := v.(string); isText {
		truth, ok = booleanWords[text]
		return truth, ok
	}
	return jinja.Equal(v, true), jinja.Equal(v, true) || jinja.Equal(v, false)
}

func toBool(v jinja.Value) (jinja.Value, error) {
	word := v
	switch x := v.(type) {
	case bool:
		return x, nil
	case string:
		word = strings.TrimSpace(strings.ToLower(x))
	case int64, *big.Int, float64:
	default:
		return nil, errType(v, "bool")
	}
	if truth, ok := booleanWord(word); ok {
		return truth, nil
	}
	return nil, fmt.Errorf("The value '%s' is not a valid boolean. Valid booleans include: %s", //nolint:staticcheck // Ansible's words
		jinja.Str(v), "'y', 'yes', 'on', '1', 'true', 't', 1, 'n', 'no', 'off', '0', 'false', 'f', 0")
}

// decimal is what Python's Decimal reads, without blanks around it and underscores.
var decimal = regexp.MustCompile(`^([-+]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:[eE]([-+]?[0-9]+))?$`)

// maxExponent is the largest power of ten that is computed for an integer.
const maxExponent = 4096

func toInt(v jinja.Value) (jinja.Value, error) {
	switch x := v.(type) {
	case bool, int64, *big.Int:
		return x, nil
	case float64:
		if x == math.Trunc(x) && !math.IsInf(x, 0) {
			i, _ := big.NewFloat(x).Int(nil)
			return small(i), nil
		}
	case string:
		if i, ok := parseInt(x); ok {
			return small(i), nil
		}
	}
	return nil, fmt.Errorf(`"%s" cannot be converted to an int`, jinja.Repr(v))
}

// parseInt reads a decimal number that has no fraction: 42, 1_000, 4.20e1.
func parseInt(text string) (*big.Int, bool) {
	m := decimal.FindStringSubmatch(strings.ReplaceAll(strings.TrimSpace(text), "_", ""))
	if m == nil {
		return nil, false
	}
	fraction := m[3] + m[4]
	exponent, err := strconv.Atoi(m[5] + "")
	if m[5] != "" && err != nil {
		return nil, false
	}
	n, ok := new(big.Int).SetString(m[1]+m[2]+fraction, 10)
	if !ok {
		return nil, false
	}
	exponent -= len(fraction)
	if n.Sign() == 0 || exponent == 0 {
		return n, true
	}
	if exponent > maxExponent || -exponent > len(text) {
		return nil, false
	}
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, -exponent))), nil)
	if exponent > 0 {
		return n.Mul(n, power), true
	}
	n, rest := n.QuoRem(n, power, new(big.Int))
	return n, rest.Sign() == 0
}

// small gives an int64 where the number fits.
func small(i *big.Int) jinja.Value {
	if i.IsInt64() {
		return i.Int64()
	}
	return i
}

// pythonFloat is what Python's float reads, without blanks around it.
var pythonFloat = regexp.MustCompile(`(?i)^[-+]?(?:inf|infinity|nan|(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:e[-+]?[0-9](?:_?[0-9])*)?)$`)

func toFloat(v jinja.Value) (jinja.Value, error) {
	switch x := v.(type) {
	case float64:
		return x, nil
	case bool:
		if x {
			return 1.0, nil
		}
		return 0.0, nil
	case int64:
		return float64(x), nil
	case *big.Int:
		if f, _ := new(big.Float).SetInt(x).Float64(); !math.IsInf(f, 0) {
			return f, nil
		}
	case string:
		if text := strings.TrimSpace(x); pythonFloat.MatchString(text) {
			// A number that is too large is infinite.
			f, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
			if err == nil || errors.Is(err, strconv.ErrRange) {
				return f, nil
			}
		}
	}
	return nil, errType(v, "float")
}

func toSize(v jinja.Value, isBits bool) (jinja.Value, error) {
	size, err := jinja.ParseSize(jinja.Str(v), "", isBits)
	if err != nil {
		return nil, errType(v, map[bool]string{false: "Byte value", true: "Bit value"}[isBits])
	}
	return size, nil
}

func toJSON(v jinja.Value) (jinja.Value, error) {
	switch x := v.(type) {
	case string:
		return strings.TrimSpace(x), nil
	case *jinja.List, *jinja.Dict, jinja.Tuple:
		if jinja.HasUnknown(x) {
			return jinja.Unknown{}, nil
		}
		text, err := jinja.JSON(x, 0)
		return ascii(text), err
	}
	return nil, errType(v, "json string")
}

// ascii writes the characters of a JSON text that are not ASCII, which stand in its strings only, as escapes.
func ascii(text string) string {
	var b strings.Builder
	for _, c := range text {
		if c < 0x80 {
			b.WriteRune(c)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, c) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// toDict reads a dict, or a text that writes one: as JSON, as Python does, or as k=v pairs.
func toDict(v jinja.Value) (jinja.Value, error) {
	switch x := v.(type) {
	case *jinja.Dict:
		return x, nil
	case string:
		switch {
		case strings.HasPrefix(x, "{"):
			return dictLiteral(x)
		case strings.Contains(x, "="):
			return pairs(x)
		}
		return nil, errors.New("dictionary requested, could not parse JSON or key=value")
	}
	return nil, errType(v, "dict")
}

func dictLiteral(text string) (jinja.Value, error) {
	if v, err := jinja.ParseJSON(text); err == nil {
		return v, nil
	}
	if v, ok := parseLiteral(text); ok {
		if d, ok := v.(*jinja.Dict); ok {
			return d, nil
		}
	}
	return nil, errors.New("unable to evaluate string as dictionary")
}

// pairs reads k1=v1, k2="v 2".
func pairs(text string) (jinja.Value, error) {
	d := jinja.NewDict()
	for _, field := range fields(strings.TrimSpace(text)) {
		key, value, ok := strings.Cut(field, "=")
		if !ok {
			return nil, errors.New(`unable to evaluate string in the "key=value" format as dictionary`)
		}
		d.Set(key, value)
	}
	return d, nil
}

// fields splits at commas and blanks outside of quotes; a backslash makes the next character one of the text.
func fields(text string) []string {
	var list []string
	var field strings.Builder
	var quote rune
	escaped := false
	end := func() {
		if field.Len() > 0 {
			list = append(list, field.String())
		}
		field.Reset()
	}
	for _, c := range text {
		switch {
		case escaped:
			field.WriteRune(c)
			escaped = false
		case c == '\\':
			escaped = true
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote == c:
			quote = 0
		case quote == 0 && (c == ',' || c == ' '):
			end()
		default:
			field.WriteRune(c)
		}
	}
	end()
	return list
}
