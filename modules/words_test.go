package modules_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

func TestSplitWords(t *testing.T) {
	tests := []struct {
		in   string
		want []string // nil: an error
	}{
		{"", []string{}},
		{"  ls   -l\t/etc\n", []string{"ls", "-l", "/etc"}},
		{`echo 'a b' "c d" e\ f`, []string{"echo", "a b", "c d", "e f"}},
		{`a'b'"c"d`, []string{"abcd"}},
		{`'' ""`, []string{"", ""}},
		{`"a\"b\\c\d"`, []string{`a"b\c\d`}},
		{`'a\b'`, []string{`a\b`}},
		{`# no comment`, []string{"#", "no", "comment"}},
		{"$HOME `x` *", []string{"$HOME", "`x`", "*"}},
		{"a\\\nb", []string{"a\nb"}},
		{`'open`, nil},
		{`"open\"`, nil},
		{`end\`, nil},
	}
	for _, tt := range tests {
		got, err := modules.SplitWords(tt.in)
		if (err != nil) != (tt.want == nil) || !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
}

func FuzzSplitWords(f *testing.F) {
	for _, s := range []string{"ls -l", `a 'b c' "d\"e" f\ g`, "''", "'", `\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words, err := modules.SplitWords(s)
		if err != nil {
			return
		}
		again, err := modules.SplitWords(host.Quote(words...))
		if err != nil || !slices.Equal(words, again) {
			t.Errorf("%q gives %q, and quoted again %q, %v", s, words, again, err)
		}
	})
}

func TestSplitPairs(t *testing.T) {
	type pairs = []modules.Pair
	tests := []struct {
		in   string
		want pairs // nil: an error
	}{
		{"path=/etc/x state=absent", pairs{{"path", "/etc/x"}, {"state", "absent"}}},
		{`line="hello there" mode='0644'`, pairs{{"line", "hello there"}, {"mode", "0644"}}},
		{"msg={{ a == b }}", pairs{{"msg", "{{ a == b }}"}}},
		{`msg="{{ x | default('a b') }}"`, pairs{{"msg", "{{ x | default('a b') }}"}}},
		{"a=1\n  b=2", pairs{{"a", "1"}, {"b", "2"}}},
		{`a=x=y`, pairs{{"a", "x=y"}}},
		{`line="a\tb"`, pairs{{"line", "a\tb"}}},
		{`a=`, pairs{{"a", ""}}},
		{"a=1 word", nil},
		{"a={{ open", nil},
		{`a="open`, nil},
	}
	for _, tt := range tests {
		got, err := modules.SplitPairs(tt.in)
		if tt.want == nil {
			if err == nil {
				t.Errorf("%q was taken as %q", tt.in, got)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", tt.in, err, diff)
		}
	}
}

func TestSplitFreeFormTakesOnlyKnownNames(t *testing.T) {
	text, got, err := modules.SplitFreeForm(`make  "a b" X=1 chdir=/src \`+"\n -j2", "chdir", "creates")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]modules.Pair{{Name: "chdir", Value: "/src"}}, got); diff != "" {
		t.Error(diff)
	}
	words, err := modules.SplitWords(text)
	if diff := cmp.Diff([]string{"make", "a b", "X=1", "-j2"}, words); diff != "" || err != nil {
		t.Errorf("%q, %v: %s", text, err, diff)
	}
}

func TestSplitFreeFormKeepsTheRestAsAnsibleDoes(t *testing.T) {
	for in, want := range map[string]string{
		"echo hi chdir=/x":                      "echo hi",
		"chdir=/x echo  hi":                     "echo  hi",
		"chdir=/x\ncreates=/y\necho \"a\nb\"\n": "echo \"a\nb\"\n",
		"echo a\nchdir=/x\necho b\n":            "echo a\necho b\n",
		"echo a chdir=/x\necho b":               "echo a echo b",
		"cat <<E\nOne\n  Two\n    Three\nE\n":   "cat <<E\nOne\n  Two\n    Three\nE\n",
		"echo a \\\n   b":                       "echo a b",
		"  echo a  ":                            "  echo a  ",
	} {
		text, _, err := modules.SplitFreeForm(in, "chdir", "creates")
		if err != nil || text != want {
			t.Errorf("%q gives %q, %v; want %q", in, text, err, want)
		}
	}
}
