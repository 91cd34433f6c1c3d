package postfix_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/postfix"
)

// parse reads a main.cf that has no mistakes.
func parse(t *testing.T, text string) *postfix.Main {
	t.Helper()
	m, err := postfix.ParseMain(text)
	if err != nil {
		t.Fatal(err)
	}
	if m.String() != text {
		t.Fatalf("printed back: %q, want %q", m.String(), text)
	}
	return m
}

func TestLookup(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", "foo = bar\n", "bar"},
		{"no-blanks", "foo=bar", "bar"},
		{"blanks-around", "foo \t=  bar baz \t\n", "bar baz"},
		{"empty", "foo =\n", ""},
		{"equals-in-value", "foo = a=b\n", "a=b"},
		{"hash-in-value", "foo = #a\n", "#a"},
		{"crlf", "foo = bar\r\nbaz = x\r\n", "bar"},
		{"continued", "foo = a,\n  b,\n\tc\n", "a,  b,\tc"},
		{"continued-without-comma", "foo = a\n b\n", "a b"},
		{"value-on-next-line", "foo =\n  a\n", "a"},
		{"equals-on-next-line", "foo\n  = a\n", "a"},
		{"comments-between", "foo = a\n# x = y\n  # z\n\n \t\n  b\n", "a  b"},
		{"over-blank-lines", "foo = a\n\n\n b\nx = c\n", "a b"},
		{"last-wins", "foo = a\nx = y\nfoo = b\n", "b"},
		{"leading-orphan-ignored", " foo = x\nfoo = a\n", "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, set := parse(t, tt.text).Lookup("foo")
			if !set || got != tt.want {
				t.Errorf("Lookup = %q, %t; want %q", got, set, tt.want)
			}
		})
	}
	m := parse(t, " foo = x\n#foo = y\nfo = z\nfoox = w\n")
	if v, set := m.Lookup("foo"); set {
		t.Errorf("an unset parameter has the value %q", v)
	}
	if v, set := m.Lookup(""); set {
		t.Errorf("the empty name has the value %q", v)
	}
}

func TestParameters(t *testing.T) {
	m := parse(t, "# c\na = 1\nb = 2\n  3\na = 4\n")
	want := []postfix.Parameter{{Name: "b", Value: "2  3", Line: 3}, {Name: "a", Value: "4", Line: 5}}
	if diff := cmp.Diff(want, m.Parameters()); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{2, 5}, m.Lines("a")); diff != "" {
		t.Errorf("lines of a (-want +got):\n%s", diff)
	}
}

func TestParseMainMistakes(t *testing.T) {
	const text = "good = 1\nno equals here\n = 2\nalso bad\n  still = bad\nx = a\x00b\nend = 3\n"
	m, err := postfix.ParseMain(text)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"line 2", "line 4", "line 6: a NUL byte"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not name %q", err, want)
		}
	}
	if m.String() != text {
		t.Errorf("printed back: %q", m.String())
	}
	if v, _ := m.Lookup("end"); v != "3" {
		t.Errorf("end = %q, want 3", v)
	}
	if _, err := postfix.ParseMain("= x\n"); err == nil || !strings.Contains(err.Error(), "no parameter name") {
		t.Errorf("a line without name: %v", err)
	}
}

func TestSet(t *testing.T) {
	tests := []struct{ name, text, value, want string }{
		{"equal", "foo =  a,\tb \n", "a, b", "foo =  a,\tb \n"},
		{"equal-over-lines", "foo = a,\n  # c\n  b\n", "a, b", "foo = a,\n  # c\n  b\n"},
		{"plain", "# c\nfoo = a\nbar = b\n", "x", "# c\nfoo = x\nbar = b\n"},
		{"keeps-spacing", "foo\t=\ta\nbar=b\n", "x", "foo\t=\tx\nbar=b\n"},
		{"keeps-no-spacing", "foo=a\n", "x", "foo=x\n"},
		{"keeps-crlf", "foo = a\r\nbar = b\r\n", "x", "foo = x\r\nbar = b\r\n"},
		{"keeps-missing-line-end", "foo = a", "x", "foo = x"},
		{"was-empty", "foo =\n", "x", "foo = x\n"},
		{"was-empty-tight", "foo=\n", "x", "foo=x\n"},
		{"to-empty", "foo = a\n", "", "foo =\n"},
		{"value-was-on-next-line", "foo =\n  a\n  b\nbar = c\n", "x", "foo = x\nbar = c\n"},
		{"equals-was-on-next-line", "foo\n  = a\nbar = c\n", "x", "foo = x\nbar = c\n"},
		{"comments-between-stay", "foo = a,\n  # why\n# and\n\n  b\nbar = c\n", "x", "foo = x\n  # why\n# and\n\nbar = c\n"},
		{"last-of-several", "foo = a\nbar = c\nfoo = b\n", "x", "foo = a\nbar = c\nfoo = x\n"},
		{"last-of-several-is-equal", "foo = a\nfoo = x\n", "x", "foo = a\nfoo = x\n"},
		{"new", "bar = c\n", "x", "bar = c\nfoo = x\n"},
		{"new-and-empty", "bar = c\n", "", "bar = c\nfoo =\n"},
		{"new-in-empty-file", "", "x", "foo = x\n"},
		{"new-after-missing-line-end", "bar = c", "x", "bar = c\nfoo = x\n"},
		{"new-after-comment", "bar = c\n  # d", "x", "bar = c\n  # d\nfoo = x\n"},
		{"new-with-crlf", "bar = c\r\n", "x", "bar = c\r\nfoo = x\r\n"},
		{"commented-out-is-no-setting", "#foo = a\n", "a", "#foo = a\nfoo = a\n"},
		{"hash", "foo = a\n", "#b", "foo = #b\n"},
		{"blanks-trimmed", "foo = a\n", " b ", "foo = b\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := parse(t, tt.text)
			changed, err := m.Set("foo", tt.value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, m.String()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if changed != (tt.text != tt.want) {
				t.Errorf("changed = %t", changed)
			}
			if again, err := m.Set("foo", tt.value); again || err != nil {
				t.Errorf("setting again: changed %t, %v", again, err)
			}
		})
	}
}

func TestSetLiteralBlanks(t *testing.T) {
	m := parse(t, "smtpd_banner = $myhostname  ESMTP\n")
	if changed, err := m.Set("smtpd_banner", "$myhostname ESMTP"); !changed || err != nil {
		t.Errorf("the blanks of a banner count: changed %t, %v", changed, err)
	}
}

func TestSetRefuses(t *testing.T) {
	tests := []struct{ name, parameter, value string }{
		{"newline", "foo", "a\nb"},
		{"carriage-return", "foo", "a\rb"},
		{"nul", "foo", "a\x00b"},
		{"empty-name", "", "a"},
		{"blank-in-name", "foo bar", "a"},
		{"equals-in-name", "foo=bar", "a"},
		{"comment-name", "#foo", "a"},
		{"reference", "$foo", "a"},
		{"not-ascii", "fóo", "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := parse(t, "foo = x\n")
			if changed, err := m.Set(tt.parameter, tt.value); changed || err == nil || m.String() != "foo = x\n" {
				t.Errorf("Set: %t, %v, %q", changed, err, m.String())
			}
		})
	}
	m := parse(t, "")
	if _, err := m.Set("smtp-out.1_destination_rate_delay", "1s"); err != nil {
		t.Errorf("the name of a service's parameter is refused: %v", err)
	}
}

func TestRemove(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain", "a = 1\nfoo = x\nb = 2\n", "a = 1\nb = 2\n"},
		{"all-copies", "foo = x\na = 1\nfoo = y\n", "a = 1\n"},
		{"continued", "a = 1\nfoo = x\n  y\n# c\n\n  z\nb = 2\n", "a = 1\n# c\n\nb = 2\n"},
		{"indented-comment-stays", "a = 1\nfoo = x\n  # why\n  y\nb = 2\n", "a = 1\n  # why\nb = 2\n"},
		{"not-set", "a = 1\n#foo = x\n", "a = 1\n#foo = x\n"},
		{"last-without-line-end", "a = 1\nfoo = x", "a = 1\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := parse(t, tt.text)
			changed := m.Remove("foo")
			if diff := cmp.Diff(tt.want, m.String()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if changed != (tt.text != tt.want) {
				t.Errorf("changed = %t", changed)
			}
			if _, set := m.Lookup("foo"); set {
				t.Error("still set")
			}
			if v, set := m.Lookup("a"); set && v != "1" {
				t.Errorf("a = %q, want 1", v)
			}
		})
	}
}

// corpus calls f with every file of the real main.cf files kept beside the project whose name ends in suffix.
func corpus(t *testing.T, suffix string, f func(t *testing.T, text string)) {
	t.Helper()
	root := filepath.Join("..", "..", "..", "shared", "corpus", "maincf")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("the collection of real main.cf files is not beside the checkout: %v", err)
	}
	n := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, suffix) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		t.Run(strings.TrimPrefix(path, root), func(t *testing.T) { f(t, string(text)) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Errorf("no %s in %s", suffix, root)
	}
}

func TestCorpusRoundTrip(t *testing.T) {
	corpus(t, "main.cf", func(t *testing.T, text string) {
		m, _ := postfix.ParseMain(text) // some listings of the documents are cut off
		if m.String() != text {
			t.Fatal("the text is not printed back byte for byte")
		}
		for _, p := range m.Parameters() {
			if changed, err := m.Set(p.Name, p.Value); changed || err != nil && !strings.ContainsAny(p.Value, "\r\x00") && p.Name[0] < 0x80 && !strings.ContainsAny(p.Name, "$<[") {
				t.Errorf("setting %s to what it is: changed %t, %v", p.Name, changed, err)
			}
		}
		if _, err := m.Set("inet_protocols", "ipv4"); err != nil {
			t.Fatal(err)
		}
		again, _ := postfix.ParseMain(m.String())
		if v, _ := again.Lookup("inet_protocols"); v != "ipv4" {
			t.Errorf("inet_protocols = %q after setting it", v)
		}
		for _, p := range m.Parameters() {
			if v, _ := again.Lookup(p.Name); v != p.Value {
				t.Errorf("%s = %q when read again, want %q", p.Name, v, p.Value)
			}
		}
	})
}

func FuzzParseMain(f *testing.F) {
	f.Add("a = b\n  c\n\n# d\n e\r\n")
	f.Add(" x\na\n =\na = b")
	f.Fuzz(func(t *testing.T, text string) {
		m, _ := postfix.ParseMain(text)
		if m.String() != text {
			t.Errorf("printed back %q, want %q", m.String(), text)
		}
		for _, p := range m.Parameters() {
			if p.Line < 1 || p.Line > strings.Count(text, "\n")+1 || strings.ContainsAny(p.Value, "\n") {
				t.Errorf("impossible parameter %+v", p)
			}
		}
	})
}

func FuzzSetLookup(f *testing.F) {
	f.Add("a = b\n  c\n# d\n e\nx = y", "a", "z")
	f.Add(" orphan\na\n =q\nb = 1\r\n", "a", "")
	f.Add("x = y\na=\n", "a", "q  r")
	f.Fuzz(func(t *testing.T, text, name, value string) {
		m, _ := postfix.ParseMain(text)
		before := m.Parameters()
		changed, err := m.Set(name, value)
		if err != nil {
			if changed || m.String() != text {
				t.Error("a refused setting changes the text")
			}
			return
		}
		if changed == (m.String() == text) {
			t.Errorf("changed = %t", changed)
		}
		again, _ := postfix.ParseMain(m.String())
		if v, set := again.Lookup(name); !set || !postfix.SameValue(name, v, value) {
			t.Errorf("%s = %q, %t after setting %q in %q: %q", name, v, set, value, text, m.String())
		}
		if twice, _ := again.Set(name, value); twice {
			t.Error("setting again changes the text")
		}
		for _, p := range before {
			if v, _ := again.Lookup(p.Name); p.Name != name && v != p.Value {
				t.Errorf("setting %s changes %s from %q to %q", name, p.Name, p.Value, v)
			}
		}
		again.Remove(name)
		if _, set := again.Lookup(name); set {
			t.Error("removed and still set")
		}
		for _, p := range before {
			if v, _ := again.Lookup(p.Name); p.Name != name && v != p.Value {
				t.Errorf("removing %s changes %s from %q to %q", name, p.Name, p.Value, v)
			}
		}
	})
}
