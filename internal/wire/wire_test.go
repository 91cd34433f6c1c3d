package wire_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/wire"
	"github.com/pfrun/pfrun/modules/change"
)

type word string

type inner struct {
	N    int8
	Text *string
	Any  any
}

// shy has no exported fields, and a text.
type shy struct{ text string }

func (s shy) WireText() string { return s.text }
func (s *shy) SetWireText(text string) error {
	if s.text = text; s.text == "" {
		return errors.New("no text")
	}
	return nil
}

type everything struct {
	Shy    shy
	Shies  []*shy
	B      bool
	I      int64
	U      uint16
	F      float64
	S      string
	W      word
	Raw    []byte
	List   []inner
	Empty  []struct{}
	Map    map[word]*string
	At     time.Time
	Any    any
	Steps  []change.Change
	State  change.State
	File   *change.File
	hidden string
}

func full() everything {
	text := "text\xff"
	file := &change.File{Content: change.Bytes([]byte("bytes \x00\xff")), Meta: change.Meta{Mode: 0o644, UID: 1, GID: 2, Owner: "a"}}
	return everything{
		Shy: shy{"a"}, Shies: []*shy{nil, {"b"}, {}},
		B: true, I: math.MinInt64, U: math.MaxUint16, F: math.Inf(-1), S: "not \xff utf8", W: "w", Raw: []byte{0, 255},
		List: []inner{{-1, &text, nil}, {1, nil, "x"}}, Empty: make([]struct{}, 3), Map: map[word]*string{"a": &text, "b": nil},
		At:  time.Date(2024, 2, 3, 4, 5, 6, 7, time.FixedZone("", 3600)),
		Any: map[string]any{"list": []any{int64(1), "a", nil, true, false, 1.5, map[string]any{}}, "unknown": change.Unknown{}, "bytes": []byte("b")},
		Steps: []change.Change{
			change.WriteFile{Path: "/a", Content: change.Bytes(nil), Before: file, Validate: []string{"x"}}, change.Remove{Path: "/b", Before: file},
			change.SetMeta{Path: "/c", Times: &change.Times{Modify: change.Moment{Now: true}}}, change.Symlink{Path: "/l", Target: "x", Before: &change.Node{Kind: change.LinkNode, Target: "y"}},
			change.Mkdir{Path: "/d", Below: change.NewBelow([]change.Entry{{Name: "f", Node: change.NodeOf(file)}}, true)}, change.Hardlink{Path: "/h", Source: "/a", Node: change.NodeOf(file)},
			change.User{Name: "u", After: change.UserState{Exists: true, Groups: []string{"g"}}, Makes: &change.Mkdir{Path: "/u"}}, change.Group{Name: "g", After: change.GroupState{GID: 7}},
			change.Service{Name: "s", Action: change.Start}, change.Exec{Argv: []string{"a"}, Stdin: "\xff\x00", Reads: []change.Ref{change.Path("/x")}},
		},
		State: change.ServiceState{Manager: change.Systemd, Status: map[string]string{"a": "b"}},
		File:  file,
	}
}

var sameContent = cmp.Comparer(func(a, b change.Content) bool {
	x, heldX := a.Data()
	y, heldY := b.Data()
	return a.Size == b.Size && a.SHA256 == b.SHA256 && heldX == heldY && bytes.Equal(x, y)
})

func TestEveryValueComesBack(t *testing.T) {
	for name, want := range map[string]everything{"full": full(), "zero": {}} {
		form, err := wire.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got everything
		if err := wire.Unmarshal(form, &got); err != nil {
			t.Fatal(err)
		}
		ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".hidden" }, cmp.Ignore())
		if diff := cmp.Diff(want, got, sameContent, ignore, cmp.AllowUnexported(shy{})); diff != "" {
			t.Errorf("%s (-sent +came):\n%s", name, diff)
		}
		again, err := wire.Marshal(&got)
		if err != nil || !bytes.Equal(form, again) {
			t.Errorf("%s has two forms (%v)", name, err)
		}
	}
}

func TestPlainDataComesBackAsExpressionsHaveIt(t *testing.T) {
	in := map[string]any{"n": 3, "u": uint8(4), "w": word("x"), "l": []string{"a"}, "m": map[string]int{"b": 1}, "p": new(int)}
	want := map[string]any{"n": int64(3), "u": uint64(4), "w": "x", "l": []any{"a"}, "m": map[string]any{"b": int64(1)}, "p": int64(0)}
	form, err := wire.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := wire.Unmarshal(form, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotTravelIsRefused(t *testing.T) {
	for name, v := range map[string]any{
		"channel": struct{ C chan int }{make(chan int)}, "function": []any{func() {}}, "struct": []any{struct{ A int }{1}}, "hidden": struct{ a int }{1}, "keys": map[int]string{1: "a"}, "nothing": nil,
	} {
		if _, err := wire.Marshal(v); err == nil {
			t.Errorf("%s travels", name)
		}
	}
}

func TestLargeContentsTravelByHash(t *testing.T) {
	large, small := change.Bytes(bytes.Repeat([]byte("x"), 100)), change.Bytes([]byte("small"))
	in := change.WriteFile{Path: "/a", Content: large, Before: &change.File{Content: small}}
	var offered []change.Content
	form, err := wire.Encoder{Inline: 10, NoBefore: true, Offer: func(c change.Content) { offered = append(offered, c) }}.Append(nil, in)
	if err != nil || bytes.Contains(form, []byte("xxx")) || bytes.Contains(form, []byte("small")) {
		t.Fatalf("%q, %v", form, err)
	}
	if len(offered) != 2 || offered[0].SHA256 != large.SHA256 {
		t.Errorf("offered: %+v", offered)
	}
	var got change.WriteFile
	open := func(c change.Content) (io.ReadCloser, error) {
		if c.SHA256 != large.SHA256 || c.Size != 100 {
			t.Errorf("asked for %+v", c)
		}
		return large.Open()
	}
	if err := (wire.Decoder{Open: open}).Decode(form, &got); err != nil {
		t.Fatal(err)
	}
	r, err := got.Content.Open()
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := io.ReadAll(r); len(data) != 100 {
		t.Errorf("%d bytes came", len(data))
	}
	if !got.Before.Same(in.Before) {
		t.Errorf("before: %+v", got.Before)
	}
	if err := wire.Unmarshal(form, &got); err != nil {
		t.Fatal(err)
	}
	if _, err := got.Content.Open(); !errors.Is(err, change.ErrNotHeld) {
		t.Errorf("a content that nobody brings: %v", err)
	}
}

// TestEveryChangeAndStateTravels reads the closed sets of package change from its source: a kind that is not registered here would stop at the helper.
func TestEveryChangeAndStateTravels(t *testing.T) {
	var registered []string
	for _, v := range wire.Types() {
		registered = append(registered, v.Name())
	}
	files, err := filepath.Glob("../../modules/change/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func \((?:\w+ )?(\w+)\) (?:sealed|state)\(\)`).FindAllStringSubmatch(string(text), -1) {
			found++
			if !slices.Contains(registered, m[1]) {
				t.Errorf("change.%s is not in the list of types: add it", m[1])
			}
		}
	}
	if found < 6 {
		t.Errorf("only %d kinds were found in the source", found)
	}
	if _, ok := reflect.Zero(wire.Types()[0]).Interface().(change.Unknown); !ok {
		t.Error("the list does not begin with change.Unknown")
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range []any{full(), everything{}, inner{}} {
		form, err := wire.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(form)
		f.Add(form[:len(form)/2])
	}
	f.Add(bytes.Repeat([]byte{8, 2}, 1000))
	f.Fuzz(func(t *testing.T, form []byte) {
		var v everything
		if err := wire.Unmarshal(form, &v); err != nil {
			return
		}
		again, err := wire.Marshal(v)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		var w everything
		if err := wire.Unmarshal(again, &w); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
