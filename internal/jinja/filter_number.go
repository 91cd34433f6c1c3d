package jinja

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

func filterInt(c *Call) (Value, error) {
	base, err := c.Int(1, 10)
	if err != nil {
		return nil, err
	}
	def := c.Arg(0, int64(0))
	switch x := c.In.(type) {
	case string:
		if v, ok := parseInt(x, int(base)); ok {
			return v, nil
		}
		f, err := strconv.ParseFloat(strings.TrimSpace(strings.ReplaceAll(x, "_", "")), 64)
		if err != nil || strings.ContainsAny(x, "xX") {
			return def, nil
		}
		if v, err := floatToInt(f); err == nil {
			return v, nil
		}
		return def, nil
	case float64:
		if v, err := floatToInt(x); err == nil {
			return v, nil
		}
		return def, nil
	case *big.Int:
		return x, nil
	}
	if n, ok := smallInt(c.In); ok {
		return n, nil
	}
	return def, nil
}

// parseInt reads an integer as Python's int(text, base).
func parseInt(s string, base int) (Value, bool) {
	s = strings.TrimSpace(s)
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:]
	}
	if prefix, ok := map[int]string{16: "0x", 8: "0o", 2: "0b"}[base]; ok && len(s) > 2 && strings.EqualFold(s[:2], prefix) {
		s = s[2:]
	}
	if base < 0 || base == 1 || base > 36 || s == "" || s[0] == '-' || s[0] == '+' || s[0] == '_' || len(s) > 10_000 {
		return nil, false
	}
	b, ok := new(big.Int).SetString(sign+strings.ReplaceAll(s, "_", ""), base)
	if !ok {
		return nil, false
	}
	return normalBig(b), true
}

func filterFloat(c *Call) (Value, error) {
	if f, err := pyFloat(c.In); err == nil {
		return f, nil
	}
	return c.Arg(0, 0.0), nil
}

// pyFloat is float(v).
func pyFloat(v Value) (float64, error) {
	s, ok := v.(string)
	if !ok {
		return number(v)
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || strings.ContainsAny(s, "xXpP") {
		return 0, fmt.Errorf("could not convert string to float: %s", Repr(s))
	}
	return f, nil
}

func filterBool(c *Call) (Value, error) {
	switch x := c.In.(type) {
	case nil:
		return false, nil
	case bool:
		return x, nil
	case string:
		switch strings.ToLower(x) {
		case "yes", "on", "1", "true":
			return true, nil
		}
		return false, nil
	}
	return isNumber(c.In) && compareNumbers(c.In, int64(1)) == 0, nil
}

func filterAbs(c *Call) (Value, error) {
	if !isNumber(c.In) {
		return nil, fmt.Errorf("bad operand type for abs(): '%s'", TypeName(c.In))
	}
	if compareNumbers(c.In, int64(0)) < 0 {
		return negate(c.In)
	}
	return arithmeticOrSame(c.In), nil
}

func filterRound(c *Call) (Value, error) {
	precision, err := c.Int(0, 0)
	if err != nil {
		return nil, err
	}
	f, ok := toFloat(c.In)
	if !ok {
		return nil, fmt.Errorf("type '%s' doesn't define __round__ method", TypeName(c.In))
	}
	precision = min(max(precision, -300), 300)
	scale := math.Pow(10, float64(precision))
	switch method := c.Text(1, "common"); method {
	case "common":
		if _, isFloat := c.In.(float64); !isFloat {
			return roundInt(arithmeticOrSame(c.In), precision), nil
		}
		return roundHalfEven(f, int(precision)), nil
	case "ceil":
		return math.Ceil(f*scale) / scale, nil
	case "floor":
		return math.Floor(f*scale) / scale, nil
	}
	return nil, errors.New("method must be common, ceil or floor")
}

// roundInt rounds an integer to tens, hundreds and so on, as far as the precision is negative; half of one goes to the even side.
func roundInt(v Value, precision int64) Value {
	n, ok := bigInt(v)
	if !ok || precision >= 0 {
		return v
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(-precision), nil)
	q, r := new(big.Int).DivMod(n, unit, new(big.Int))
	if half := new(big.Int).Lsh(r, 1).Cmp(unit); half > 0 || half == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	return normalBig(q.Mul(q, unit))
}

// roundHalfEven rounds the exact value of a float, as Python's round.
func roundHalfEven(f float64, precision int) float64 {
	if precision < 0 {
		scale := math.Pow(10, float64(-precision))
		return math.RoundToEven(f/scale) * scale
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', precision, 64), 64)
	if err != nil {
		return f
	}
	return r
}

func filterSum(c *Call) (Value, error) {
	vs, err := c.elements()
	if err != nil {
		return nil, err
	}
	get := c.getter(0)
	total := c.Arg(1, int64(0))
	for _, v := range vs {
		if v, err = get(v); err != nil {
			return nil, err
		}
		if total, err = c.st.binary(opAdd, total, v); err != nil {
			return nil, err
		}
	}
	return total, nil
}

// filterExtreme is min (-1) and max (1).
func filterExtreme(sign int) func(*Call) (Value, error) {
	op := "<"
	if sign > 0 {
		op = ">"
	}
	return func(c *Call) (Value, error) {
		vs, err := c.elements()
		if err != nil {
			return nil, err
		}
		if len(vs) == 0 {
			return &Undefined{msg: "no aggregated item, the sequence is empty", src: c.st.t}, nil
		}
		get := folded(c.getter(1), c.Bool(0, false))
		best, bestKey := vs[0], Value(nil)
		for i, v := range vs {
			k, err := get(v)
			if err != nil {
				return nil, err
			}
			if i == 0 {
				bestKey = k
				continue
			}
			n, err := order(k, bestKey, op)
			if err != nil {
				return nil, err
			}
			if n == sign {
				best, bestKey = v, k
			}
		}
		return best, nil
	}
}

func number(v Value) (float64, error) {
	f, ok := toFloat(v)
	if !ok {
		return 0, fmt.Errorf("a number is wanted, not '%s'", TypeName(v))
	}
	return f, nil
}

func filterLog(c *Call) (Value, error) {
	x, err := number(c.In)
	if err != nil {
		return nil, err
	}
	base, err := number(c.Arg(0, math.E))
	if err != nil {
		return nil, err
	}
	if x <= 0 || base <= 0 || base == 1 {
		return nil, errors.New("math domain error")
	}
	if base == 10 {
		return math.Log10(x), nil
	}
	return logarithm(x) / logarithm(base), nil
}

func filterPow(c *Call) (Value, error) {
	x, err := number(c.In)
	if err != nil {
		return nil, err
	}
	y, err := number(c.args[0])
	if err != nil {
		return nil, err
	}
	return floatPow(x, y)
}

func filterRoot(c *Call) (Value, error) {
	x, err := number(c.In)
	if err != nil {
		return nil, err
	}
	base, err := number(c.Arg(0, int64(2)))
	if err != nil {
		return nil, err
	}
	if base == 2 && x < 0 {
		return nil, errors.New("math domain error")
	}
	if base == 2 {
		return math.Sqrt(x), nil
	}
	return floatPow(x, 1/base)
}
