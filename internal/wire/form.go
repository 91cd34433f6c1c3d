package wire

import (
	"reflect"
	"strings"
)

// Describe gives the form of types as text: what their values are made of, down to fields and their names. Two programs that describe the same types alike read what the other
// writes.
func Describe(of ...reflect.Type) string {
	d := description{seen: map[reflect.Type]bool{}}
	for _, t := range append(of, types...) {
		d.add(t)
	}
	return d.b.String()
}

type description struct {
	b    strings.Builder
	seen map[reflect.Type]bool
}

// add describes a type; one that was described before is named only.
func (d *description) add(t reflect.Type) {
	d.b.WriteString(t.String() + " ")
	if d.seen[t] || t == contentType || t == timeType || isTextual(t) {
		return
	}
	d.seen[t] = true
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				d.b.WriteString(f.Name + " ")
				d.add(f.Type)
			}
		}
		d.b.WriteString("end ")
	case reflect.Slice, reflect.Map, reflect.Pointer:
		d.add(t.Elem())
	default:
		d.b.WriteString(t.Kind().String() + " ")
	}
}
