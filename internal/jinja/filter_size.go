package jinja

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// sizeUnits are the units of sizes, the largest first.
var sizeUnits = []struct {
	letter byte
	factor float64
	name   string
}{
	{'Y', 1 << 80, "yotta"}, {'Z', 1 << 70, "zeta"}, {'E', 1 << 60, "exa"}, {'P', 1 << 50, "peta"}, {'T', 1 << 40, "tera"}, {'G', 1 << 30, "giga"},
	{'M', 1 << 20, "mega"}, {'K', 1 << 10, "kilo"}, {'B', 1, ""},
}

func filterHumanReadable(c *Call) (Value, error) {
	size, err := number(c.In)
	if err != nil {
		return nil, err
	}
	base := "Bytes"
	if c.Bool(0, false) {
		base = "bits"
	}
	want := strings.ToUpper(c.Text(1, ""))
	for _, u := range sizeUnits {
		if want == "" && size < u.factor && u.factor > 1 || want != "" && want != string(u.letter) && u.factor > 1 {
			continue
		}
		suffix := base
		if u.factor > 1 {
			suffix = string(u.letter) + base[:1]
		}
		return fmt.Sprintf("%.2f %s", size/u.factor, suffix), nil
	}
	return nil, errors.New("there is no such unit")
}

var humanSize = regexp.MustCompile(`^([0-9]*\.?[0-9]+)(?:\s*([A-Za-z]+))?\s*$`)

func filterHumanToBytes(c *Call) (Value, error) {
	return ParseSize(c.input(), c.Text(0, ""), c.Bool(1, false))
}

// ParseSize reads a size such as 10, 1.5K or 10 MB (10 Mb where it is one of bits) as a whole number. The unit is that of a number which has none; it may be empty.
func ParseSize(text, unit string, isBits bool) (Value, error) {
	m := humanSize.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("cannot read the size '%s'", text)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return nil, err
	}
	if m[2] != "" {
		unit = m[2]
	}
	if unit == "" {
		return floatToInt(math.RoundToEven(n))
	}
	factor, err := sizeFactor(unit, isBits)
	if err != nil {
		return nil, fmt.Errorf("cannot read the size '%s': %w", text, err)
	}
	return floatToInt(math.RoundToEven(n * factor))
}

// sizeFactor gives the factor of a unit such as K, KB or kilobyte.
func sizeFactor(unit string, isBits bool) (float64, error) {
	class, name := "B", "byte"
	if isBits {
		class, name = "b", "bit"
	}
	for _, u := range sizeUnits {
		if u.letter != strings.ToUpper(unit[:1])[0] {
			continue
		}
		short := string(u.letter) + class
		if u.factor == 1 {
			short = class
		}
		if len(unit) > 1 && !strings.EqualFold(unit, u.name+name) && unit != short {
			return 0, fmt.Errorf("expected %s or %c, not %s", short, u.letter, unit)
		}
		return u.factor, nil
	}
	return 0, fmt.Errorf("the unit must be one of Y, Z, E, P, T, G, M, K, B, not %s", unit)
}
