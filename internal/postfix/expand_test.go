package postfix_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/postfix"
)

const expandMain = `
a = A
b = $a$a
empty =
loop = x${self}
self = $loop
guarded = ${guarded?yes}
myhostname = mx.example.com
mydomain = example.com
compatibility_level = 3.10
n = 10
dollar = 5$$
default_rbl_reply = $rbl_code $(
bomb0 = xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
bomb1 = $bomb0$bomb0$bomb0$bomb0$bomb0$bomb0$bomb0$bomb0$bomb0$bomb0
bomb2 = $bomb1$bomb1$bomb1$bomb1$bomb1$bomb1$bomb1$bomb1$bomb1$bomb1
bomb3 = $bomb2$bomb2$bomb2$bomb2$bomb2$bomb2$bomb2$bomb2$bomb2$bomb2
bomb4 = $bomb3$bomb3$bomb3$bomb3$bomb3$bomb3$bomb3$bomb3$bomb3$bomb3
bomb5 = $bomb4$bomb4$bomb4$bomb4$bomb4$bomb4$bomb4$bomb4$bomb4$bomb4
`

func TestExpand(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"plain", "x, y", "x, y"},
		{"name", "-$a-", "-A-"},
		{"braces", "${a}x$(a)y", "AxAy"},
		{"nested", "$b", "AA"},
		{"unknown-is-empty", "<$nope>", "<>"},
		{"dollar", "$$a $$$a", "$a $A"},
		{"dollar-in-a-value", "$dollar", "5$"},
		{"if-set", "${a?yes}${nope?no}${empty?no}", "yes"},
		{"if-not-set", "${a:no}${nope:yes}${empty:yes}", "yesyes"},
		{"old-syntax-takes-all", "${a??foo:{b}ar}", "?foo:{b}ar"},
		{"both-true", "${a?{$a}:{$b}}", "A"},
		{"both-false", "${nope?{$a}:{$b}}", "AA"},
		{"blanks", "${ a ? {x} : {y} }", "x"},
		{"kept-blanks", "${a?{ x }}", " x "},
		{"equal", "${{$a}=={A}?{same}:{other}}", "same"},
		{"not-equal", "${{$a} != {A} ? {other} : {same}}", "same"},
		{"numbers", "${{$n}>{9}?{more}:{less}}", "more"},
		{"big-numbers", "${{100000000000000000000000}>{9}?{more}:{less}}", "more"},
		{"texts", "${{x10}>{x9}?{more}:{less}}", "less"},
		{"only-else", "${{a}=={b}:{else}}", "else"},
		{"bare-comparison", "${{a}=={a}}", "true"},
		{"level", "${{$compatibility_level} >=level {3.9}?{new}:{old}}", "new"},
		{"level-short", "${{3} <level {3.0.1}?{older}}", "older"},
		{"guarded-self-reference", "${guarded?x}", "x"},
		{"raw", "<$default_rbl_reply>", "<$rbl_code $(>"},
		{"function", "domain_to_ascii: ${domain_to_ascii{ $mydomain }}", "domain_to_ascii: example.com"},
		{"regression-57", "Postfix 2.11 ${{${a?bug:x}} == {bug:x}?in}compatible", "Postfix 2.11 incompatible"},
		{"domains", "$myhostname, localhost.$mydomain, localhost", "mx.example.com, localhost.example.com, localhost"},
	}
	m := parse(t, expandMain)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := postfix.Expand(tt.value, m.Lookup)
			if err != nil || got != tt.want {
				t.Errorf("Expand(%q) = %q, %v; want %q", tt.value, got, err, tt.want)
			}
		})
	}
}

func TestExpandErrors(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"loop", "$self", "$self -> $loop -> $self"},
		{"loop-by-condition", "${guarded}$loop", "refers to itself"},
		{"no-name", "a $ b", "no parameter name"},
		{"trailing", "a$", "no parameter name"},
		{"open", "${a", "no closing"},
		{"bad-name", "${a-b}", "letters, digits"},
		{"no-operator", "${{a}{b}}", "expected a comparison"},
		{"bad-suffix", "${{a}==foo{b}}", "==foo is not known"},
		{"no-operand", "${{a}==}", "expected {text}"},
		{"garbage", "${a?{x}y}", `expected ":"`},
		{"garbage-after-else", "${a?{x}:{y}z}", "unexpected"},
		{"bad-level", "${{x}<level{3}}", "compatibility level"},
		{"function", "${nope{x}}", "not known"},
		{"too-long", "$bomb5", "longer than"},
		{"too-deep", strings.Repeat("${nope:", 200) + strings.Repeat("}", 200), "nested"},
	}
	m := parse(t, expandMain)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := postfix.Expand(tt.value, m.Lookup)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Expand = %.40q, %v; want an error with %q", got, err, tt.want)
			}
		})
	}
}

func TestReferences(t *testing.T) {
	got, err := postfix.References("$a ${b?{$c}:{${d}}} ${{$e}=={$f}?{$a}} $$g ${domain_to_ascii{$h}}")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d", "e", "f", "h"}, got); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	if got, err := postfix.References("$a ${b"); err == nil || len(got) != 1 {
		t.Errorf("References = %v, %v", got, err)
	}
}

func FuzzExpand(f *testing.F) {
	f.Add("$a ${b?{$c}:{d}} ${{$e}<=level{3.6}?x:y} $$ $(f)", "x$g")
	f.Add("${{a}=={b}}", "$a")
	f.Fuzz(func(t *testing.T, value, inner string) {
		lookup := func(name string) (string, bool) { return inner, len(name) < 3 }
		got, err := postfix.Expand(value, lookup)
		if err == nil && !strings.Contains(value, "$") && got != value {
			t.Errorf("Expand(%q) = %q", value, got)
		}
		if _, scanErr := postfix.References(value); scanErr == nil && !strings.Contains(inner, "$") && err != nil &&
			!strings.Contains(err.Error(), "compatibility level") && !strings.Contains(err.Error(), "only names of ASCII") {
			t.Errorf("Expand(%q): %v, and References finds nothing wrong", value, err)
		}
	})
}
