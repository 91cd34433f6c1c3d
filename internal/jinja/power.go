package jinja

import (
	"math"
	"math/big"
	"sync"
)

// The C library, and so Python, rounds powers and logarithms to the nearest float in all but very few cases; package math does not. Here they are computed to more digits and rounded once.
const powerBits = 160

// ln2 is the logarithm of 2.
var ln2 = sync.OnceValue(func() *big.Float { return twiceAtanh(quotient(1, 3)) })

func wide() *big.Float { return new(big.Float).SetPrec(powerBits) }

func quotient(a, b float64) *big.Float { return wide().Quo(wide().SetFloat64(a), wide().SetFloat64(b)) }

// twiceAtanh gives 2·atanh(z) for a small z, which is the logarithm of (1+z)/(1-z).
func twiceAtanh(z *big.Float) *big.Float {
	square, power, sum := wide().Mul(z, z), wide().Set(z), wide()
	for n := 1.0; power.Sign() != 0 && power.MantExp(nil)-z.MantExp(nil) > -powerBits; n += 2 {
		sum.Add(sum, wide().Quo(power, wide().SetFloat64(n)))
		power.Mul(power, square)
	}
	return sum.Mul(sum, wide().SetFloat64(2))
}

// wideLog gives the natural logarithm of a positive finite number.
func wideLog(x float64) *big.Float {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = m*2, e-1
	}
	z := wide().Quo(wide().Sub(wide().SetFloat64(m), wide().SetFloat64(1)), wide().Add(wide().SetFloat64(m), wide().SetFloat64(1)))
	return wide().Add(twiceAtanh(z), wide().Mul(ln2(), wide().SetInt64(int64(e))))
}

// wideExp gives e to the power of t as a float.
func wideExp(t *big.Float) float64 {
	k, _ := wide().Quo(t, ln2()).Float64()
	k = math.Round(k)
	r := wide().Sub(t, wide().Mul(ln2(), wide().SetFloat64(k)))
	const halvings = 8
	r.SetMantExp(r, -halvings)
	sum, term := wide().SetInt64(1), wide().SetInt64(1)
	for n := int64(1); n < 40; n++ {
		term.Mul(term, r)
		term.Quo(term, wide().SetInt64(n))
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	f, _ := sum.SetMantExp(sum, int(k)).Float64()
	return f
}

// power is x to the power of y.
func power(x, y float64) float64 {
	rough := math.Pow(x, y)
	if x <= 0 || y == 0 || x == 1 || math.IsInf(x, 0) || math.IsInf(y, 0) || math.IsNaN(rough) || math.IsInf(rough, 0) || rough < math.SmallestNonzeroFloat64*(1<<53) {
		return rough
	}
	return wideExp(wide().Mul(wideLog(x), wide().SetFloat64(y)))
}

// logarithm is the natural logarithm of a positive number.
func logarithm(x float64) float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) || x <= 0 {
		return math.Log(x)
	}
	f, _ := wideLog(x).Float64()
	return f
}
