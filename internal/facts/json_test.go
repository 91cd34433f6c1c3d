package facts

import (
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pfrun/pfrun/modules/change"
)

var jsonTexts = []string{
	"", " ", "null", " true\n", "false", "nul", "truex", "{}", "[]", "[1,2.5,-3,1e3,1E-2,0,-0,0.0]", "01", "-", "1.", ".5", "1e", "+1", "1e999", "[1,]", "[,1]", "[1 2]", "{,}", "[", "{", "]",
	`{"a":1,"b":{"c":[null,"x"]},"a":2}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{"a" : 1 }`, `"\u00e9\ud83d\ude00\n\t\"\\\/\b\f\r"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`, `"\ud83d\u12"`, `"\ude00\ud83d"`, `"\u12g4"`, `"\u"`,
	`"\x"`, `"\`, `"open`, "\"a\nb\"", "\"\x7fé\"", "NaN", "[1] 2", "9223372036854775807", "9223372036854775808", "-123456789012345678901234567890", `{"n":123456789012345678901}`, "1\v", "\ufeff1",
	strings.Repeat("[", 9000) + strings.Repeat("]", 9000), strings.Repeat("[", 20000) + strings.Repeat("]", 20000),
}

// byLibrary reads a value by encoding/json.
func byLibrary(text string) (any, bool) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, false
	}
	_, err := d.Token()
	return inNumbers(v), err == io.EOF
}

func inNumbers(v any) any {
	switch x := v.(type) {
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n
		}
		if f, _ := x.Float64(); strings.ContainsAny(x.String(), ".eE") {
			return f
		}
		return change.Integer(x)
	case []any:
		for i := range x {
			x[i] = inNumbers(x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = inNumbers(x[k])
		}
	}
	return v
}

func compareJSON(t *testing.T, text string) {
	t.Helper()
	want, valid := byLibrary(text)
	got, ok := parseJSON(text)
	if ok != valid || ok && !reflect.DeepEqual(want, got) {
		t.Errorf("%.80q: got %v, %t; encoding/json has %v, %t", text, got, ok, want, valid)
	}
}

func TestJSONIsReadAsTheLibraryReadsIt(t *testing.T) {
	for _, text := range jsonTexts {
		compareJSON(t, text)
	}
}

func FuzzJSON(f *testing.F) {
	for _, text := range jsonTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) { // what is not is refused before
			compareJSON(t, text)
		}
	})
}
