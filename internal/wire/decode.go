package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"reflect"
	"time"

	"github.com/pfrun/pfrun/modules/change"
)

type reader struct {
	Decoder
	b []byte
}

func (r *reader) uint() (uint64, error) {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		return 0, errForm
	}
	r.b = r.b[size:]
	return n, nil
}

func (r *reader) int() (int64, error) {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		return 0, errForm
	}
	r.b = r.b[size:]
	return n, nil
}

func (r *reader) byte() (byte, error) {
	if len(r.b) == 0 {
		return 0, errForm
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c, nil
}

// take gives the next n bytes of the form.
func (r *reader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.b)) {
		return nil, errForm
	}
	p := r.b[:n:n]
	r.b = r.b[n:]
	return p, nil
}

func (r *reader) bytes() ([]byte, error) {
	n, err := r.uint()
	if err != nil {
		return nil, err
	}
	return r.take(n)
}

// length reads the length of a list or map; there is false for nil. Each item takes a byte at least.
func (r *reader) length() (n int, there bool, err error) {
	l, err := r.uint()
	if err != nil || l == 0 {
		return 0, false, err
	}
	if l-1 > uint64(len(r.b)) {
		return 0, false, errForm
	}
	return int(l - 1), true, nil
}

func (r *reader) value(v reflect.Value, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: too deep", errForm)
	}
	switch v.Type() {
	case contentType:
		return r.content(v)
	case timeType:
		return r.time(v)
	}
	if isTextual(v.Type()) {
		return r.textual(v)
	}
	switch v.Kind() {
	case reflect.Slice:
		return r.list(v, depth)
	case reflect.Map:
		return r.mapping(v, depth)
	case reflect.Pointer:
		return r.pointer(v, depth)
	case reflect.Struct:
		return r.fields(v, depth)
	case reflect.Interface:
		return r.dynamic(v, depth)
	}
	return r.scalar(v)
}

func (r *reader) scalar(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Bool:
		c, err := r.byte()
		v.SetBool(c != 0)
		return err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := r.int()
		if err != nil || v.OverflowInt(n) {
			return errForm
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := r.uint()
		if err != nil || v.OverflowUint(n) {
			return errForm
		}
		v.SetUint(n)
	case reflect.Float32, reflect.Float64:
		p, err := r.take(8)
		if err != nil {
			return err
		}
		v.SetFloat(math.Float64frombits(binary.BigEndian.Uint64(p)))
	case reflect.String:
		p, err := r.bytes()
		v.SetString(string(p))
		return err
	default:
		return fmt.Errorf("wire: a %s cannot travel", v.Type())
	}
	return nil
}

func (r *reader) list(v reflect.Value, depth int) error {
	n, there, err := r.length()
	if err != nil || !there {
		v.SetZero()
		return err
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		p, err := r.take(uint64(n))
		v.SetBytes(append([]byte{}, p...))
		return err
	}
	items := reflect.MakeSlice(v.Type(), 0, min(n, 1024)) // a broken form must not cost memory
	for range n {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := r.value(item, depth+1); err != nil {
			return err
		}
		items = reflect.Append(items, item)
	}
	v.Set(items)
	return nil
}

func (r *reader) mapping(v reflect.Value, depth int) error {
	n, there, err := r.length()
	if err != nil || !there {
		v.SetZero()
		return err
	}
	items := reflect.MakeMap(v.Type())
	for range n {
		key, err := r.bytes()
		if err != nil {
			return err
		}
		item := reflect.New(v.Type().Elem()).Elem()
		if err := r.value(item, depth+1); err != nil {
			return err
		}
		items.SetMapIndex(reflect.ValueOf(string(key)).Convert(v.Type().Key()), item)
	}
	v.Set(items)
	return nil
}

func (r *reader) pointer(v reflect.Value, depth int) error {
	there, err := r.byte()
	if err != nil || there == 0 {
		v.SetZero()
		return err
	}
	target := reflect.New(v.Type().Elem())
	if err := r.value(target.Elem(), depth+1); err != nil {
		return err
	}
	v.Set(target)
	return nil
}

func (r *reader) fields(v reflect.Value, depth int) error {
	n := 0
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		n++
		if err := r.value(v.Field(i), depth+1); err != nil {
			return err
		}
	}
	if n == 0 {
		_, err := r.byte()
		return err
	}
	return nil
}

// dynamic reads what an interface holds.
func (r *reader) dynamic(v reflect.Value, depth int) error {
	code, err := r.byte()
	if err != nil {
		return err
	}
	held, err := r.held(code)
	if err != nil {
		return err
	}
	if !held.IsValid() {
		v.SetZero()
		return nil
	}
	if !held.Type().AssignableTo(v.Type()) {
		return fmt.Errorf("%w: a %s is no %s", errForm, held.Type(), v.Type())
	}
	if code != isTrue && code != isFalse {
		if err := r.value(held, depth+1); err != nil {
			return err
		}
	}
	v.Set(held)
	return nil
}

// held gives a new value of the type that a code stands for: for nil none, for true and false that.
func (r *reader) held(code byte) (reflect.Value, error) {
	make := func(t reflect.Type) (reflect.Value, error) { return reflect.New(t).Elem(), nil }
	switch code {
	case isNil:
		return reflect.Value{}, nil
	case isFalse, isTrue:
		return reflect.ValueOf(code == isTrue), nil
	case isInt:
		return make(reflect.TypeFor[int64]())
	case isUint:
		return make(reflect.TypeFor[uint64]())
	case isFloat:
		return make(reflect.TypeFor[float64]())
	case isText:
		return make(reflect.TypeFor[string]())
	case isBytes:
		return make(reflect.TypeFor[[]byte]())
	case isList:
		return make(reflect.TypeFor[[]any]())
	case isMap:
		return make(reflect.TypeFor[map[string]any]())
	case isTyped:
		n, err := r.uint()
		if err != nil || n >= uint64(len(types)) {
			return reflect.Value{}, errForm
		}
		return make(types[n])
	}
	return reflect.Value{}, fmt.Errorf("%w: code %d", errForm, code)
}

func (r *reader) textual(v reflect.Value) error {
	there, err := r.byte()
	if err != nil || there == 0 {
		v.SetZero()
		return err
	}
	text, err := r.bytes()
	if err != nil {
		return err
	}
	if err := v.Addr().Interface().(textSetter).SetWireText(string(text)); err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	return nil
}

func (r *reader) time(v reflect.Value) error {
	p, err := r.bytes()
	if err != nil {
		return err
	}
	var t time.Time
	if err := t.UnmarshalBinary(p); err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	v.Set(reflect.ValueOf(t))
	return nil
}

func (r *reader) content(v reflect.Value) error {
	whole, err := r.byte()
	if err != nil {
		return err
	}
	if whole != 0 {
		return r.wholeContent(v)
	}
	size, err := r.int()
	if err != nil || size < 0 {
		return errForm
	}
	sum, err := r.bytes()
	if err != nil {
		return err
	}
	c := change.Reference(size, string(sum), nil)
	if r.Open != nil {
		open, bare := r.Open, c
		c = change.Reference(size, string(sum), func() (io.ReadCloser, error) { return open(bare) })
	}
	v.Set(reflect.ValueOf(c))
	return nil
}

func (r *reader) wholeContent(v reflect.Value) error {
	p, err := r.bytes()
	if err != nil {
		return err
	}
	zero, err := r.byte()
	if err != nil {
		return err
	}
	if zero != 0 {
		v.SetZero()
		return nil
	}
	v.Set(reflect.ValueOf(change.Bytes(append([]byte{}, p...))))
	return nil
}
