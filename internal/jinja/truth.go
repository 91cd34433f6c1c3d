package jinja

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// Truth gives Python's truth of a value. Known is false for Unknown; an undefined value is an error that names it.
func Truth(v Value) (truth, known bool, err error) {
	switch x := v.(type) {
	case bool:
		return x, true, nil
	case string:
		return x != "", true, nil
	case nil:
		return false, true, nil
	case int64:
		return x != 0, true, nil
	case float64:
		return x != 0, true, nil
	case *big.Int:
		return x.Sign() != 0, true, nil
	case *List:
		return len(x.items) > 0, true, nil
	case Tuple:
		return len(x) > 0, true, nil
	case *Dict:
		return x.Len() > 0, true, nil
	case Unknown:
		return false, false, nil
	case *Undefined:
		if x.blank {
			return false, true, nil
		}
		return false, true, x.err()
	case sized:
		return x.length() > 0, true, nil
	}
	return true, true, nil
}

// sized is an object of the engine that has a length.
type sized interface{ length() int }

// err is the diagnostic of a use of the undefined value, at the place where it came to be.
func (u *Undefined) err() error {
	if u.src == nil {
		return fmt.Errorf("%s%w", u.msg, ErrUndefined)
	}
	d := u.src.errorf(u.at, "%s", u.msg)
	d.Err = ErrUndefined
	if u.near != nil {
		d.Hint = diag.DidYouMean(u.what, u.near())
	}
	return d
}

// Conditional gives the outcome of a condition (when, until, failed_when …). ansible-core 2.19 wants a boolean; what older releases accepted is accepted here too, with the
// text of a warning: any value by Python's truth, so that a string is true unless it is empty, "no" and "false" included.
func Conditional(v Value) (truth, known bool, warn string, err error) {
	switch x := v.(type) {
	case bool:
		return x, true, "", nil
	case Unknown:
		return false, false, "", nil
	case *Undefined:
		return false, true, "", x.err()
	}
	truth, known, err = Truth(v)
	if err != nil || !known {
		return false, known, "", err
	}
	warn = fmt.Sprintf("the condition gives %s, not a boolean; it is taken as %t (| bool reads words such as no)", withArticle(TypeName(v)), truth)
	return truth, true, warn, nil
}

func withArticle(name string) string {
	if strings.ContainsAny(name[:1], "aeiouAEIOU") {
		return "an " + name
	}
	return "a " + name
}
