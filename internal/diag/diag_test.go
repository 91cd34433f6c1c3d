package diag

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var playbook = &Source{Name: "site.yml", Text: "- hosts: all\r\n  tasks:\n\t- é: ü\n  x: y\nlast"}

func TestPosString(t *testing.T) {
	for want, p := range map[string]Pos{
		"":             {},
		"site.yml":     {Source: playbook},
		"site.yml:3":   {Source: playbook, Line: 3},
		"site.yml:3:2": {Source: playbook, Line: 3, Column: 2},
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if p.IsValid() != strings.Contains(want, ":") {
			t.Errorf("%q: IsValid is %v", want, p.IsValid())
		}
	}
}

func TestAt(t *testing.T) {
	for _, tt := range []struct {
		find string
		want string
	}{{"- hosts", "site.yml:1:1"}, {"tasks", "site.yml:2:3"}, {"ü", "site.yml:3:7"}, {"last", "site.yml:5:1"}} {
		if got := At(playbook, strings.Index(playbook.Text, tt.find)).String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.find, got, tt.want)
		}
	}
	if got := At(playbook, 1_000).String(); got != "site.yml:5:5" {
		t.Errorf("past the end: got %s", got)
	}
	if got := At(playbook, -1).String(); got != "site.yml:1:1" {
		t.Errorf("before the start: got %s", got)
	}
}

func TestSnippet(t *testing.T) {
	tests := []struct {
		name string
		pos  Pos
		want string
	}{
		{"middle", Pos{playbook, 3, 7}, "  1 | - hosts: all\n  2 |   tasks:\n> 3 | \t- é: ü\n    | \t     ^\n  4 |   x: y\n  5 | last\n"},
		{"first-line", Pos{playbook, 1, 3}, "> 1 | - hosts: all\n    |   ^\n  2 |   tasks:\n  3 | \t- é: ü\n"},
		{"no-column", Pos{playbook, 5, 0}, "  3 | \t- é: ü\n  4 |   x: y\n> 5 | last\n"},
		{"past-the-end", Pos{playbook, 6, 1}, ""},
		{"no-place", Pos{}, ""},
		{"wide-numbers", At(&Source{Name: "x", Text: strings.Repeat("\n", 9) + "ten"}, 9), "   8 |\n   9 |\n> 10 | ten\n     | ^\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Snippet(tt.pos)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRender(t *testing.T) {
	src := &Source{Name: "a.yml", Text: "a: {{ b }}\n"}
	got := Render(Errorf(Pos{src, 1, 4}, "bad %s", "value").WithHint("quote it: %q", "{{ b }}"))
	want := "a.yml:1:4: error: bad value\n> 1 | a: {{ b }}\n    |    ^\n  hint: quote it: \"{{ b }}\"\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := Render(Warnf(Pos{}, "old")); got != "warning: old\n" {
		t.Errorf("got %q", got)
	}
}

func TestList(t *testing.T) {
	a, b := &Source{Name: "a"}, &Source{Name: "b"}
	var l List
	if l.Err() != nil {
		t.Fatal("an empty list is an error")
	}
	l.Add(Warnf(Pos{a, 1, 1}, "w"))
	if l.Err() != nil {
		t.Fatal("a warning is an error")
	}
	cause := fmt.Errorf("open x: %w", fs.ErrNotExist)
	l.AddError(Pos{b, 2, 1}, cause)
	l.AddError(Pos{}, nil)
	l.AddError(Pos{}, Errorf(Pos{a, 9, 1}, "e9"))
	l.AddError(Pos{}, List{Errorf(Pos{a, 2, 5}, "e25"), Errorf(Pos{a, 2, 1}, "e21").WithHint("h")})
	err := l.Err()
	if diff := cmp.Diff("a:2:1: e21 (h)\na:2:5: e25\na:9:1: e9\nb:2:1: open x: file does not exist", err.Error()); diff != "" {
		t.Error(diff)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("the cause is not found in the list")
	}
	var d *Diagnostic
	if !errors.As(err, &d) || d.Message != "e21" {
		t.Errorf("errors.As gives %v", d)
	}
	if got := l.Warnings().Error(); got != "a:1:1: w" {
		t.Errorf("warnings: %s", got)
	}
}

func TestClosest(t *testing.T) {
	known := []string{"notify", "become", "become_user", "name", "when", "hosts", "host"}
	for word, want := range map[string]string{
		"notfy": "notify", "becmoe": "become", "becomeuser": "become_user", "NAME": "name", "hots": "host", "wehn": "when", "zzz": "", "": "", "qwertyuiop": "",
	} {
		if got := Closest(word, known); got != want {
			t.Errorf("Closest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := DidYouMean("notfy", known); got != `did you mean "notify"?` {
		t.Errorf("got %q", got)
	}
	if got := DidYouMean("zzz", known); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"ab", "ba", 1}, {"kitten", "sitting", 3}, {"abc", "abc", 0}, {"abcdef", "x", 5}} {
		if got := distance(tt.a, tt.b, 5); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
