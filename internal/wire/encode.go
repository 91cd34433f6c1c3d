package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sort"
	"time"

	"github.com/pfrun/pfrun/modules/change"
)

type writer struct {
	Encoder
	b []byte
}

func (w *writer) uint(n uint64) { w.b = binary.AppendUvarint(w.b, n) }
func (w *writer) int(n int64)   { w.b = binary.AppendVarint(w.b, n) }

func (w *writer) bytes(p []byte) {
	w.uint(uint64(len(p)))
	w.b = append(w.b, p...)
}

func (w *writer) text(s string) {
	w.uint(uint64(len(s)))
	w.b = append(w.b, s...)
}

// value writes a value of a type that the reader knows.
func (w *writer) value(v reflect.Value, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("wire: %s lies too deep", v.Type())
	}
	switch v.Type() {
	case contentType:
		return w.content(v.Interface().(change.Content), w.Inline)
	case timeType:
		form, err := v.Interface().(time.Time).MarshalBinary()
		w.bytes(form)
		return err
	}
	if isTextual(v.Type()) {
		return w.textual(v)
	}
	switch v.Kind() {
	case reflect.Bool:
		w.b = append(w.b, b2i(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.int(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		w.uint(v.Uint())
	case reflect.Float32, reflect.Float64:
		w.b = binary.BigEndian.AppendUint64(w.b, math.Float64bits(v.Float()))
	case reflect.String:
		w.text(v.String())
	case reflect.Slice:
		return w.list(v, depth)
	case reflect.Map:
		return w.mapping(v, depth)
	case reflect.Pointer:
		return w.pointer(v, depth)
	case reflect.Struct:
		return w.fields(v, depth)
	case reflect.Interface:
		return w.dynamic(v.Elem(), depth)
	default:
		return fmt.Errorf("wire: a %s cannot travel", v.Type())
	}
	return nil
}

func b2i(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// list writes a slice; nil and empty are told apart.
func (w *writer) list(v reflect.Value, depth int) error {
	if v.IsNil() {
		w.uint(0)
		return nil
	}
	w.uint(uint64(v.Len()) + 1)
	if v.Type().Elem().Kind() == reflect.Uint8 {
		w.b = append(w.b, v.Bytes()...)
		return nil
	}
	for i := range v.Len() {
		if err := w.value(v.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// mapping writes a map with texts for keys, in their order.
func (w *writer) mapping(v reflect.Value, depth int) error {
	if v.Type().Key().Kind() != reflect.String {
		return fmt.Errorf("wire: a %s cannot travel", v.Type())
	}
	if v.IsNil() {
		w.uint(0)
		return nil
	}
	w.uint(uint64(v.Len()) + 1)
	keys := v.MapKeys()
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	for _, k := range keys {
		w.text(k.String())
		if err := w.value(v.MapIndex(k), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) pointer(v reflect.Value, depth int) error {
	if v.IsNil() {
		w.b = append(w.b, 0)
		return nil
	}
	w.b = append(w.b, 1)
	if v.Type().Elem() == fileType && w.NoBefore {
		f := v.Elem().Interface().(change.File)
		if err := w.content(change.Reference(f.Content.Size, f.Content.SHA256, nil), 0); err != nil {
			return err
		}
		return w.value(reflect.ValueOf(f.Meta), depth+1)
	}
	return w.value(v.Elem(), depth+1)
}

// fields writes a struct. One without fields takes a byte, so that a list of them is no shorter than its length.
func (w *writer) fields(v reflect.Value, depth int) error {
	n := 0
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		n++
		if err := w.value(v.Field(i), depth+1); err != nil {
			return fmt.Errorf("%s.%s: %w", v.Type(), v.Type().Field(i).Name, err)
		}
	}
	if n == 0 {
		w.b = append(w.b, 0)
	}
	if n == 0 && v.NumField() > 0 {
		return fmt.Errorf("wire: nothing of a %s can travel: it has neither exported fields nor a text", v.Type())
	}
	return nil
}

// textual writes a value as the text that it gives of itself; the zero value has none.
func (w *writer) textual(v reflect.Value) error {
	w.b = append(w.b, b2i(!v.IsZero()))
	if v.IsZero() {
		return nil
	}
	w.text(v.Interface().(texter).WireText())
	return nil
}

// dynamic writes what an interface holds, with its type.
func (w *writer) dynamic(v reflect.Value, depth int) error {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	if !v.IsValid() {
		w.b = append(w.b, isNil)
		return nil
	}
	if code := slices.Index(types, v.Type()); code >= 0 {
		w.b = append(w.b, isTyped)
		w.uint(uint64(code))
		return w.value(v, depth+1)
	}
	switch v.Kind() {
	case reflect.Bool:
		w.b = append(w.b, isFalse+b2i(v.Bool()))
		return nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.b = append(w.b, isInt)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		w.b = append(w.b, isUint)
	case reflect.Float32, reflect.Float64:
		w.b = append(w.b, isFloat)
	case reflect.String:
		w.b = append(w.b, isText)
	case reflect.Slice:
		return w.anyList(v, depth)
	case reflect.Map:
		return w.anyMap(v, depth)
	default:
		return fmt.Errorf("wire: a %s cannot travel", v.Type())
	}
	return w.value(v, depth+1)
}

func (w *writer) anyList(v reflect.Value, depth int) error {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		w.b = append(w.b, isBytes)
		return w.list(v, depth+1)
	}
	items := make([]any, v.Len())
	for i := range items {
		items[i] = v.Index(i).Interface()
	}
	w.b = append(w.b, isList)
	return w.list(reflect.ValueOf(items), depth+1)
}

func (w *writer) anyMap(v reflect.Value, depth int) error {
	if v.Type().Key().Kind() != reflect.String {
		return fmt.Errorf("wire: a %s cannot travel", v.Type())
	}
	items := make(map[string]any, v.Len())
	for it := v.MapRange(); it.Next(); {
		items[it.Key().String()] = it.Value().Interface()
	}
	w.b = append(w.b, isMap)
	return w.mapping(reflect.ValueOf(items), depth+1)
}

// content writes a content: whole where it is held and no larger than most (0: of any size), else by size and hash.
func (w *writer) content(c change.Content, most int64) error {
	data, held := c.Data()
	whole := held && (most == 0 || c.Size <= most)
	w.b = append(w.b, b2i(whole))
	if whole {
		w.bytes(data)
		w.b = append(w.b, b2i(data == nil && c.SHA256 == "")) // the zero content has no hash
		return nil
	}
	w.int(c.Size)
	w.text(c.SHA256)
	if w.Offer != nil {
		w.Offer(c)
	}
	return nil
}
