package jinja

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
)

// operator is a binary operator of arithmetic.
type operator byte

const (
	opAdd operator = iota
	opSub
	opMul
	opDiv
	opFloorDiv
	opMod
	opPow
)

var operatorText = [...]string{"+", "-", "*", "/", "//", "%", "** or pow()"}

// maxBits is the size of an integer at which arithmetic is refused.
const maxBits = 1 << 20

var errTooBig = errors.New("the number is too large")

// smallInt gives a value that fits an int64: bool or int64.
func smallInt(v Value) (int64, bool) {
	switch x := v.(type) {
	case int64:
		return x, true
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	case int:
		return int64(x), true
	}
	return 0, false
}

// bigInt gives any integer as a big one.
func bigInt(v Value) (*big.Int, bool) {
	if b, ok := v.(*big.Int); ok {
		return b, true
	}
	if i, ok := smallInt(v); ok {
		return big.NewInt(i), true
	}
	return nil, false
}

// toFloat gives any number as a float.
func toFloat(v Value) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case *big.Int:
		f, _ := new(big.Float).SetInt(x).Float64()
		return f, true
	}
	i, ok := smallInt(v)
	return float64(i), ok
}

func isNumber(v Value) bool {
	switch v.(type) {
	case int64, float64, bool, *big.Int, int:
		return true
	}
	return false
}

// normalBig gives an int64 where the number fits.
func normalBig(b *big.Int) Value {
	if b.IsInt64() {
		return b.Int64()
	}
	return b
}

// arithmetic computes a op b of two numbers as Python does.
func arithmetic(op operator, a, b Value) (Value, error) {
	x, okx := smallInt(a)
	y, oky := smallInt(b)
	if okx && oky {
		if v, done, err := smallArithmetic(op, x, y); done || err != nil {
			return v, err
		}
	}
	_, fa := a.(float64)
	_, fb := b.(float64)
	if fa || fb || op == opDiv {
		p, _ := toFloat(a)
		q, _ := toFloat(b)
		return floatArithmetic(op, p, q)
	}
	p, _ := bigInt(a)
	q, _ := bigInt(b)
	return bigArithmetic(op, p, q)
}

// smallArithmetic is the fast path; done is false where the result does not fit.
func smallArithmetic(op operator, x, y int64) (v Value, done bool, err error) {
	switch op {
	case opAdd:
		s := x + y
		return s, (s > x) == (y > 0), nil
	case opSub:
		d := x - y
		return d, (d < x) == (y > 0), nil
	case opMul:
		return mulSmall(x, y)
	case opFloorDiv, opMod:
		if y == 0 {
			return nil, false, errZeroDivision(op)
		}
		if x == math.MinInt64 && y == -1 {
			return nil, false, nil
		}
		q, r := x/y, x%y
		if r != 0 && (r < 0) != (y < 0) {
			q, r = q-1, r+y
		}
		if op == opMod {
			return r, true, nil
		}
		return q, true, nil
	}
	return nil, false, nil
}

func mulSmall(x, y int64) (Value, bool, error) {
	if x == math.MinInt64 || y == math.MinInt64 {
		return nil, false, nil
	}
	hi, lo := bits.Mul64(uint64(max(x, -x)), uint64(max(y, -y)))
	return x * y, hi == 0 && lo <= math.MaxInt64, nil
}

func errZeroDivision(op operator) error {
	switch op {
	case opDiv:
		return errors.New("division by zero")
	case opMod:
		return errors.New("integer modulo by zero")
	}
	return errors.New("integer division or modulo by zero")
}

func floatArithmetic(op operator, x, y float64) (Value, error) {
	if y == 0 && (op == opDiv || op == opFloorDiv || op == opMod) {
		if op == opDiv {
			return nil, errors.New("division by zero")
		}
		return nil, errors.New("float floor division or modulo by zero")
	}
	switch op {
	case opAdd:
		return x + y, nil
	case opSub:
		return x - y, nil
	case opMul:
		return x * y, nil
	case opDiv:
		return x / y, nil
	case opFloorDiv:
		return math.Floor((x - floatMod(x, y)) / y), nil
	case opMod:
		return floatMod(x, y), nil
	}
	return floatPow(x, y)
}

func floatMod(x, y float64) float64 {
	m := math.Mod(x, y)
	if m != 0 && (m < 0) != (y < 0) {
		m += y
	}
	return m
}

func floatPow(x, y float64) (Value, error) {
	if x == 0 && y < 0 {
		return nil, errors.New("0.0 cannot be raised to a negative power")
	}
	r := power(x, y)
	if math.IsNaN(r) && !math.IsNaN(x) && !math.IsNaN(y) {
		return nil, errors.New("the result is a complex number")
	}
	if math.IsInf(r, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
		return nil, errTooBig
	}
	return r, nil
}

func bigArithmetic(op operator, x, y *big.Int) (Value, error) {
	if x.BitLen()+y.BitLen() > maxBits {
		return nil, errTooBig
	}
	z := new(big.Int)
	switch op {
	case opAdd:
		z.Add(x, y)
	case opSub:
		z.Sub(x, y)
	case opMul:
		z.Mul(x, y)
	case opPow:
		return bigPow(x, y)
	default:
		if y.Sign() == 0 {
			return nil, errZeroDivision(op)
		}
		q, m := floorDivMod(x, y)
		z = q
		if op == opMod {
			z = m
		}
	}
	return normalBig(z), nil
}

func floorDivMod(x, y *big.Int) (q, m *big.Int) {
	q, m = new(big.Int).QuoRem(x, y, new(big.Int))
	if m.Sign() != 0 && (m.Sign() < 0) != (y.Sign() < 0) {
		q.Sub(q, big.NewInt(1))
		m.Add(m, y)
	}
	return q, m
}

func bigPow(x, y *big.Int) (Value, error) {
	if y.Sign() < 0 {
		if x.Sign() == 0 {
			return nil, errors.New("0.0 cannot be raised to a negative power")
		}
		p, _ := toFloat(x)
		q, _ := toFloat(y)
		return floatPow(p, q)
	}
	if x.BitLen() > 1 && (!y.IsInt64() || y.Int64() > maxBits/int64(x.BitLen())) {
		return nil, errTooBig
	}
	if x.BitLen() <= 1 {
		return smallBasePow(x.Int64(), y), nil
	}
	return normalBig(new(big.Int).Exp(x, y, nil)), nil
}

// smallBasePow is the power of 0, 1 and -1, whatever the exponent.
func smallBasePow(x int64, y *big.Int) Value {
	switch {
	case y.Sign() == 0 || x == 1 || x == -1 && y.Bit(0) == 0:
		return int64(1)
	default:
		return x
	}
}

func negate(v Value) (Value, error) {
	switch x := v.(type) {
	case float64:
		return -x, nil
	case *big.Int:
		return normalBig(new(big.Int).Neg(x)), nil
	}
	if i, ok := smallInt(v); ok {
		if i == math.MinInt64 {
			return new(big.Int).Neg(big.NewInt(i)), nil
		}
		return -i, nil
	}
	return nil, fmt.Errorf("bad operand type for unary -: '%s'", TypeName(v))
}
