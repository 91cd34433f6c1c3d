package inventory

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// maxJSONDepth bounds nested values of a script's answer.
const maxJSONDepth = 100

// jsonReader makes nodes of JSON text. Offsets only grow, so that places are found in one pass over the text.
type jsonReader struct {
	src  *diag.Source
	dec  *json.Decoder
	at   int // the offset up to which line and column are counted
	line int
	col  int
}

// readJSON reads the one value that a script prints, as Python's json module does: of a key that is given twice the last counts. What Ansible writes as {"__ansible_unsafe": …} and
// {"__ansible_vault": …} gets the tag of that.
func readJSON(src *diag.Source) (*yamlsrc.Node, *diag.Diagnostic) {
	if bad := invalidUTF8(src.Text); bad >= 0 {
		return nil, diag.Errorf(diag.At(src, bad), "the output is not UTF-8 text")
	}
	r := &jsonReader{src: src, dec: json.NewDecoder(strings.NewReader(src.Text)), line: 1, col: 1}
	r.dec.UseNumber()
	n, err := r.value(0)
	if err != nil {
		return nil, r.diagnose(err)
	}
	after := r.next()
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, diag.Errorf(after, "there is more text after the JSON value")
	}
	return n, nil
}

func invalidUTF8(s string) int {
	for i, c := range s {
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

var (
	errJSONDepth  = errors.New("values are nested more than " + strconv.Itoa(maxJSONDepth) + " deep")
	errJSONNumber = errors.New("the number is out of bounds")
)

func (r *jsonReader) diagnose(err error) *diag.Diagnostic {
	var syntax *json.SyntaxError
	switch {
	case strings.TrimSpace(r.src.Text) == "":
		return diag.Errorf(diag.Pos{Source: r.src, Line: 1}, "nothing was printed, and a JSON object was expected")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return diag.Errorf(diag.At(r.src, len(strings.TrimRight(r.src.Text, " \t\r\n"))), "this is no JSON: it ends in the middle of a value")
	case errors.As(err, &syntax):
		return diag.Errorf(r.next(), "this is no JSON: %v", syntax)
	}
	return diag.Errorf(r.next(), "this is no JSON that can be used: %v", err)
}

// next is the place of the next token.
func (r *jsonReader) next() diag.Pos {
	text := r.src.Text
	offset := max(int(r.dec.InputOffset()), r.at)
	for offset < len(text) && strings.IndexByte(" \t\r\n,:", text[offset]) >= 0 {
		offset++
	}
	passed := text[r.at:offset]
	if i := strings.LastIndexByte(passed, '\n'); i >= 0 {
		r.line += strings.Count(passed, "\n")
		r.col = 1
		passed = passed[i+1:]
	}
	r.col += utf8.RuneCountInString(passed)
	r.at = offset
	return diag.Pos{Source: r.src, Line: r.line, Column: r.col}
}

func (r *jsonReader) value(depth int) (*yamlsrc.Node, error) {
	if depth > maxJSONDepth {
		return nil, errJSONDepth
	}
	n := &yamlsrc.Node{Pos: r.next(), Plain: true}
	token, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return n, r.array(n, depth)
		}
		return n, r.object(n, depth)
	case string:
		n.Kind, n.Text, n.Value, n.Plain = yamlsrc.String, t, t, false
	case bool:
		n.Kind, n.Text, n.Value = yamlsrc.Bool, strconv.FormatBool(t), t
	case json.Number:
		return n, number(n, t.String())
	case nil:
		n.Text = "null"
	}
	return n, nil
}

func number(n *yamlsrc.Node, text string) error {
	n.Text = text
	if strings.ContainsAny(text, ".eE") {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(f, 0) {
			return err
		}
		n.Kind, n.Value = yamlsrc.Float, f
		return nil
	}
	i, ok := new(big.Int).SetString(text, 10)
	if !ok || len(text) > 4300 {
		return errJSONNumber
	}
	n.Kind, n.Value = yamlsrc.Int, i
	if i.IsInt64() {
		n.Value = i.Int64()
	}
	return nil
}

func (r *jsonReader) array(n *yamlsrc.Node, depth int) error {
	n.Kind = yamlsrc.Sequence
	for r.dec.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, err := r.dec.Token()
	return err
}

func (r *jsonReader) object(n *yamlsrc.Node, depth int) error {
	n.Kind = yamlsrc.Mapping
	at := map[string]int{}
	for r.dec.More() {
		key, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		value, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		if i, twice := at[key.Text]; twice {
			n.Entries[i].Value = value
			continue
		}
		at[key.Text] = len(n.Entries)
		n.Entries = append(n.Entries, yamlsrc.Entry{Key: key, Value: value})
	}
	if _, err := r.dec.Token(); err != nil {
		return err
	}
	tagged(n)
	return nil
}

// tagged turns Ansible's JSON form of a tagged string into that string.
func tagged(n *yamlsrc.Node) {
	for _, e := range n.Entries {
		tag := map[string]string{"__ansible_unsafe": yamlsrc.TagUnsafe, "__ansible_vault": yamlsrc.TagVault}[e.Key.Text]
		if tag != "" && e.Value.Kind == yamlsrc.String {
			pos := n.Pos
			*n = *e.Value
			n.Pos, n.Tag = pos, tag
			return
		}
	}
}
