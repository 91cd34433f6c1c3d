package wire_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/wire"
)

type ring struct {
	Next *ring
	Tags map[string][]word
}

// TestDescribe holds that what changes the form of a value changes the description of its type, and that a type that holds itself has one.
func TestDescribe(t *testing.T) {
	described := map[string]reflect.Type{}
	for _, typ := range []reflect.Type{
		reflect.TypeFor[struct{ A, B int }](), reflect.TypeFor[struct{ B, A int }](), reflect.TypeFor[struct{ A, B int8 }](), reflect.TypeFor[struct{ A int }](), reflect.TypeFor[[]struct{ A int }](),
		reflect.TypeFor[map[string]int](), reflect.TypeFor[map[string]*int](), reflect.TypeFor[word](), reflect.TypeFor[string](), reflect.TypeFor[shy](), reflect.TypeFor[time.Time](), reflect.TypeFor[any](), reflect.TypeFor[ring](),
	} {
		text := wire.Describe(typ)
		if other, same := described[text]; same {
			t.Errorf("%v and %v are both described as %s", typ, other, text)
		}
		if described[text] = typ; text != wire.Describe(typ) {
			t.Errorf("%v is described in two ways", typ)
		}
	}
	type hides struct {
		A int
		b int
	}
	type shows struct{ A int }
	_ = hides{b: 1}
	if d := wire.Describe(reflect.TypeFor[hides]()); len(d) != len(wire.Describe(reflect.TypeFor[shows]())) {
		t.Errorf("a field that does not travel is described: %s", d)
	}
}
