package pyrandom_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/pfrun/pfrun/internal/pyrandom"
)

// TestPython compares with what CPython's random gives: randrange of 100, 60, 2**40 and 2**62, then a shuffle of 1 to 5.
func TestPython(t *testing.T) {
	huge, _ := new(big.Int).SetString("1000000000000000000000000000000", 10)
	for _, tt := range []struct {
		name, want string
		r          *pyrandom.Rand
	}{
		{"x", "[80 20 143810355334 3520190403592786753] [3 1 5 4 2]", pyrandom.FromString("x")},
		{"host", "[11 20 11791142044 317365203476687708] [2 4 1 5 3]", pyrandom.FromString("host")},
		{"web01", "[45 24 403770203918 858548681185928543] [2 5 1 3 4]", pyrandom.FromString("web01")},
		{"empty", "[58 38 851292096640 2036823470959693702] [4 2 5 1 3]", pyrandom.FromString("")},
		{"0", "[49 48 927241537154 2388085504187641652] [1 3 2 4 5]", pyrandom.FromInt(big.NewInt(0))},
		{"-5", "[79 16 789164966041 2297105310323561332] [3 4 5 2 1]", pyrandom.FromInt(big.NewInt(-5))},
		{"huge", "[62 33 765036340178 3043221999914353506] [3 1 5 4 2]", pyrandom.FromInt(huge)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []int64
			for _, n := range []int64{100, 60, 1 << 40, 1 << 62} {
				got = append(got, tt.r.Below(n))
			}
			l := []int{1, 2, 3, 4, 5}
			tt.r.Shuffle(len(l), func(i, j int) { l[i], l[j] = l[j], l[i] })
			if s := fmt.Sprint(got, l); s != tt.want {
				t.Errorf("got %s, want %s", s, tt.want)
			}
		})
	}
}
