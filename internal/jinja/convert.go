package jinja

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"reflect"
	"slices"

	"github.com/pfrun/pfrun/modules/change"
)

// FromGo makes a value of Go data: maps with string keys (keys sorted), slices, numbers, strings, booleans. Values of this package are kept as they are.
func FromGo(v any) Value {
	switch x := v.(type) {
	case nil, bool, int64, float64, string, *big.Int, *List, *Dict, Tuple, *Undefined, Unknown, Omit, *Template, *ScopeMap, Callable:
		return v
	case int:
		return int64(x)
	case uint64:
		if x > math.MaxInt64 {
			return new(big.Int).SetUint64(x)
		}
		return int64(x)
	case json.Number:
		return numberOrText(string(x))
	case change.Integer:
		return numberOrText(string(x))
	case []any:
		l := &List{items: make([]Value, len(x))}
		for i, e := range x {
			l.items[i] = FromGo(e)
		}
		return l
	case map[string]any:
		d := NewDict()
		for _, k := range slices.Sorted(maps.Keys(x)) {
			d.Set(k, FromGo(x[k]))
		}
		return d
	}
	return fromReflect(reflect.ValueOf(v))
}

func numberOrText(s string) Value {
	n, err := parseNumber(s)
	if err != nil {
		return s
	}
	return n
}

// fromReflect converts the kinds that are rarer in data.
func fromReflect(r reflect.Value) Value {
	switch r.Kind() {
	case reflect.Bool:
		return r.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return FromGo(r.Uint())
	case reflect.Float32, reflect.Float64:
		return r.Float()
	case reflect.String:
		return r.String()
	case reflect.Slice, reflect.Array:
		l := &List{items: make([]Value, r.Len())}
		for i := range l.items {
			l.items[i] = FromGo(r.Index(i).Interface())
		}
		return l
	case reflect.Map:
		m := make(map[string]any, r.Len())
		for it := r.MapRange(); it.Next(); {
			m[fmt.Sprint(it.Key().Interface())] = it.Value().Interface()
		}
		return FromGo(m)
	case reflect.Pointer:
		if r.IsNil() {
			return nil
		}
		return FromGo(r.Elem().Interface())
	}
	return fmt.Sprint(r.Interface())
}

// ToGo makes Go data of a value: map[string]any (keys by their text), []any, int64, *big.Int, float64, string, bool, nil. Unknown and Omit stay, a template becomes its source.
func ToGo(v Value) any {
	switch x := v.(type) {
	case *List:
		return goItems(x.items)
	case Tuple:
		return goItems(x)
	case *Dict:
		m := make(map[string]any, x.Len())
		for k, e := range x.Items {
			m[Str(k)] = ToGo(e)
		}
		return m
	case *Template:
		return x.src
	case *Undefined:
		return nil
	}
	return v
}

func goItems(vs []Value) []any {
	out := make([]any, len(vs))
	for i, e := range vs {
		out[i] = ToGo(e)
	}
	return out
}
