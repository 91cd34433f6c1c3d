// Package wire is the compact form in which values travel between pfrun and its helper: the arguments of a task, a plan with its changes, what was looked at.
//
// Both ends are of one build, so the form says nothing about types: the fields of a struct stand in their order, lengths are varints, text and bytes stand as they are (JSON
// could not carry a file that is no UTF-8). Exported fields travel, others do not; a struct that has only others travels as the text that it gives of itself
// (WireText, SetWireText), or not at all. A value of type any may be nil, a bool, a number, a text, a list, a map with texts for keys, or
// one of the registered types; lists and maps come back as []any and map[string]any, numbers as int64, uint64 or float64.
//
// A content of a change travels whole where it is small, and as size and hash where it is not: whoever receives it asks for the bytes when it needs them.
package wire

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/pfrun/pfrun/modules/change"
)

// Encoder writes values. The zero value writes every content that is held whole, and the others by size and hash.
type Encoder struct {
	// Inline is how large a content may be to travel whole; 0: of any size.
	Inline int64
	// Offer is told of each content that travels by size and hash though its bytes can be had; nil: nobody is.
	Offer func(change.Content)
	// NoBefore leaves the bytes out of what a change expects to find: who applies it compares hashes.
	NoBefore bool
}

// Decoder reads values. What it is given may come from anybody: a wrong form is an error, never more memory than the form is long times a small factor.
type Decoder struct {
	// Open gives the bytes of a content that came by size and hash; nil: they cannot be had (change.ErrNotHeld).
	Open func(change.Content) (io.ReadCloser, error)
}

var errForm = errors.New("wire: the form is broken")

// types are what an interface may hold beside plain data. A type's place in the list is its code.
var types = []reflect.Type{
	reflect.TypeFor[change.Unknown](),
	reflect.TypeFor[change.WriteFile](),
	reflect.TypeFor[change.Remove](),
	reflect.TypeFor[change.Mkdir](),
	reflect.TypeFor[change.Symlink](),
	reflect.TypeFor[change.Hardlink](),
	reflect.TypeFor[change.SetMeta](),
	reflect.TypeFor[change.Service](),
	reflect.TypeFor[change.Exec](),
	reflect.TypeFor[change.ServiceState](),
	reflect.TypeFor[change.Integer](),
	reflect.TypeFor[change.User](),
	reflect.TypeFor[change.Group](),
	reflect.TypeFor[change.UserState](),
	reflect.TypeFor[change.GroupState](),
}

var (
	contentType = reflect.TypeFor[change.Content]()
	fileType    = reflect.TypeFor[change.File]()
	timeType    = reflect.TypeFor[time.Time]()

	textWriter = reflect.TypeFor[texter]()
	textReader = reflect.TypeFor[textSetter]()
)

// texter and textSetter are implemented by a struct without exported fields, on the value and on the pointer. They are not encoding.TextMarshaler and its like: with those the
// linker would keep these methods of every type of the helper, and with time.Time's all of time.Parse.
type (
	texter     interface{ WireText() string }
	textSetter interface{ SetWireText(text string) error }
)

// isTextual reports whether values of a type travel as the text that they give of themselves.
func isTextual(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.Implements(textWriter) && reflect.PointerTo(t).Implements(textReader)
}

// The codes of what an interface holds.
const (
	isNil byte = iota
	isFalse
	isTrue
	isInt
	isUint
	isFloat
	isText
	isBytes
	isList
	isMap
	isTyped
)

// maxDepth bounds how deep values may lie in one another.
const maxDepth = 64

// Marshal gives the form of a value. A value whose type cannot travel is an error.
func Marshal(v any) ([]byte, error) { return Encoder{}.Append(nil, v) }

// Unmarshal reads a form into what v points to.
func Unmarshal(form []byte, v any) error { return Decoder{}.Decode(form, v) }

// Append appends the form of a value to b. Where v is a pointer its target is written.
func (e Encoder) Append(b []byte, v any) ([]byte, error) {
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Pointer && !r.IsNil() {
		r = r.Elem()
	}
	if !r.IsValid() {
		return nil, errors.New("wire: nothing to write")
	}
	w := writer{e, b}
	if err := w.value(r, 0); err != nil {
		return nil, err
	}
	return w.b, nil
}

// Decode reads a form into what v, a pointer, points to. All of the form must be used.
func (d Decoder) Decode(form []byte, v any) error {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Pointer || r.IsNil() {
		return errors.New("wire: nothing to read into")
	}
	rd := reader{d, form}
	if err := rd.value(r.Elem(), 0); err != nil {
		return err
	}
	if len(rd.b) > 0 {
		return fmt.Errorf("%w: %d bytes too many", errForm, len(rd.b))
	}
	return nil
}

// Types gives the registered types, for tests that hold the list to what there is.
func Types() []reflect.Type { return types }
