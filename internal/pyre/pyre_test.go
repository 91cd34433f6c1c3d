package pyre_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/pyre"
)

func TestReplace(t *testing.T) {
	for _, tt := range []struct {
		pattern, template, in, want string
		n                           int
	}{
		{"x*", "-", "abxd", "-a-b--d-", 0},
		{"(a)(b)", `\2\1`, "abab", "baba", 0},
		{"(?P<k>a)(b)", `\g<k>\2\g<0>`, "ab", "abab", 0},
		{"(b)(?P<k>a)", `\1\g<k>`, "ba", "ba", 0},
		{"a", "b", "aaa", "bba", 2},
		{"a", `\n\\`, "a", "\n\\", 0},
		{"(?P<q>['\"]).*?(?P=q)", "Q", `say "it's"`, "say Q", 0},
		{"[[a]", "-", "[a", "--", 0},
		{"a{,2}b", "-", "aaab", "a-", 0},
		{"end\\Z", "-", "end\n", "end\n", 0},
		{"end$", "-", "end\n", "-\n", 0},
		{"(?i)É", "e", "é", "e", 0},
	} {
		t.Run(tt.pattern, func(t *testing.T) {
			re, err := pyre.Compile(tt.pattern, 0)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := re.Replace(tt.in, tt.template, tt.n)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	re, err := pyre.Compile(`(?P<user>\w+)@(\w+)(\.org)?`, pyre.IgnoreCase)
	if err != nil {
		t.Fatal(err)
	}
	m, err := re.Search("to: joe@example")
	if err != nil || m == nil {
		t.Fatalf("no match: %v", err)
	}
	want := []pyre.Group{{Text: "joe@example", OK: true}, {Text: "joe", OK: true}, {Text: "example", OK: true}, {}}
	if diff := cmp.Diff(want, m.Groups); diff != "" {
		t.Error(diff)
	}
	if m, _ := re.Match("to: joe@example"); m != nil {
		t.Error("Match is not anchored")
	}
	if m, _ := re.FullMatch("joe@example.org!"); m != nil {
		t.Error("FullMatch does not look at the end")
	}
	if m, _ := re.FullMatch("joe@example.org"); m == nil {
		t.Error("FullMatch finds nothing")
	}
}

func TestSplit(t *testing.T) {
	re, err := pyre.Compile(`\s*(,)\s*`, 0)
	if err != nil {
		t.Fatal(err)
	}
	got, err := re.Split("a , b,c")
	if diff := cmp.Diff([]string{"a", ",", "b", ",", "c"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestBad(t *testing.T) {
	for _, p := range []string{"(", "[a", `a\`, "(?P<1>a)", "(?P=x)", `\y`, "(?P<a>.)(?P<a>.)", "*"} {
		if _, err := pyre.Compile(p, 0); err == nil {
			t.Errorf("%q compiles", p)
		}
	}
	re, _ := pyre.Compile("(a)", 0)
	for _, tpl := range []string{`\2`, `\g<x>`, `\q`, `\`, `\g<`} {
		if _, err := re.Template(tpl); err == nil {
			t.Errorf("the replacement %q is taken", tpl)
		}
	}
}

func TestEscape(t *testing.T) {
	s := "a.b*c [x] #1\n{2}"
	re, err := pyre.Compile(pyre.Escape(s), 0)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := re.FullMatch(s); m == nil || err != nil {
		t.Errorf("%q does not match itself: %v", s, err)
	}
}

func FuzzCompile(f *testing.F) {
	for _, p := range []string{`(?P<a>\d+)-(?P=a)`, `[^]a[]`, `(?(1)a|b)`, `a{,3}`, `(?ims-x:a)`, `\1`, `(?#c)x`, `(?aiLu)`} {
		f.Add(p, "abc")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 200 || len(text) > 50 {
			return
		}
		re, err := pyre.Compile(pattern, 0)
		if err != nil {
			return
		}
		if m, err := re.Search(text); err == nil && m != nil && m.Start > m.End {
			t.Errorf("%q in %q: %s", pattern, text, fmt.Sprint(m))
		}
	})
}
