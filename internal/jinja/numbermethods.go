package jinja

import (
	"errors"
	"math"
	"math/big"
)

// numberAttr gives an attribute of a number; its methods take no arguments.
func numberAttr(v Value, name string) (Value, bool) {
	f, isFloat := v.(float64)
	n, _ := bigInt(v)
	var zero Value = int64(0)
	if isFloat {
		zero = 0.0
	}
	switch {
	case name == "real":
		return arithmeticOrSame(v), true
	case name == "imag":
		return zero, true
	case name == "numerator" && !isFloat:
		return arithmeticOrSame(v), true
	case name == "denominator" && !isFloat:
		return int64(1), true
	case name == "conjugate":
		return answer(name, arithmeticOrSame(v), nil), true
	case name == "is_integer":
		return answer(name, !isFloat || f == math.Trunc(f) && !math.IsInf(f, 0), nil), true
	case name == "bit_length" && !isFloat:
		return answer(name, int64(n.BitLen()), nil), true
	case name == "bit_count" && !isFloat:
		return answer(name, int64(bitCount(n)), nil), true
	case name == "as_integer_ratio":
		ratio, err := integerRatio(v)
		return answer(name, ratio, err), true
	}
	return nil, false
}

// answer is a method whose result is known already.
func answer(name string, v Value, err error) Value {
	return &innerFunc{name, func(_ *state, args []Value, kwargs *Dict) (Value, error) {
		if len(args) > 0 || kwargs != nil && kwargs.Len() > 0 {
			return nil, errors.New(name + "() takes no arguments")
		}
		return v, err
	}}
}

func bitCount(n *big.Int) (count int) {
	for i := range n.BitLen() {
		count += int(new(big.Int).Abs(n).Bit(i))
	}
	return count
}

func integerRatio(v Value) (Value, error) {
	f, isFloat := v.(float64)
	if !isFloat {
		return Tuple{arithmeticOrSame(v), int64(1)}, nil
	}
	r := new(big.Rat).SetFloat64(f)
	if r == nil {
		return nil, errors.New("there is no integer ratio of it")
	}
	return Tuple{normalBig(r.Num()), normalBig(r.Denom())}, nil
}
