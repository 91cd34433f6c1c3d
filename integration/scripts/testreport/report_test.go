package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReport(t *testing.T) {
	tests := []struct {
		name   string
		events string
		skips  string
		counts string // the last line
		shows  []string
		ok     bool
	}{
		{
			name: "passed",
			events: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Elapsed":0.5}`,
			counts: "1 passed, 0 failed, 0 skipped", shows: []string{"ok   p 0.5s"}, ok: true,
		},
		{
			name: "subtests-count-and-not-their-parent",
			events: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestA/x"}
{"Action":"run","Package":"p","Test":"TestA/y"}
{"Action":"output","Package":"p","Test":"TestA/x","Output":"broken x\n"}
{"Action":"fail","Package":"p","Test":"TestA/x"}
{"Action":"pass","Package":"p","Test":"TestA/y"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			counts: "1 passed, 1 failed, 0 skipped", shows: []string{"broken x", "FAIL p"},
		},
		{
			name: "parent-fails-alone",
			events: `{"Action":"pass","Package":"p","Test":"TestA/x"}
{"Action":"output","Package":"p","Test":"TestA","Output":"own words\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`,
			counts: "1 passed, 1 failed, 0 skipped", shows: []string{"own words"},
		},
		{
			name: "skipped-without-leave",
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"no engine\n"}
{"Action":"skip","Package":"p","Test":"TestA"}`,
			counts: "0 passed, 1 failed, 0 skipped", shows: []string{"no engine", "not on the list"},
		},
		{
			name: "skipped-with-leave",
			events: `{"Action":"skip","Package":"m/a/p","Test":"TestA/x"}
{"Action":"pass","Package":"m/a/p","Test":"TestB"}`,
			skips:  "a/p TestA needs what nobody has\n",
			counts: "1 passed, 0 failed, 1 skipped", ok: true,
		},
		{
			name: "does-not-compile",
			events: `{"ImportPath":"p [p.test]","Action":"build-output","Output":"p.go:1: wrong\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
			counts: "0 passed, 1 failed, 0 skipped", shows: []string{"p.go:1: wrong"},
		},
		{
			name: "panics",
			events: `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"panic: no\n"}
{"Action":"fail","Package":"p"}`,
			counts: "0 passed, 1 failed, 0 skipped", shows: []string{"did not finish", "panic: no"},
		},
		{
			name: "fails-outside-of-tests",
			events: `{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"leaked\n"}
{"Action":"fail","Package":"p"}`,
			counts: "1 passed, 1 failed, 0 skipped", shows: []string{"leaked"},
		},
		{name: "nothing", events: "", counts: "0 passed, 0 failed, 0 skipped"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			allowed, err := parseSkips(tt.skips)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			r := newReport(&out, allowed)
			if err := r.read(strings.NewReader(tt.events)); err != nil {
				t.Fatal(err)
			}
			if err := r.end(); (err == nil) != tt.ok {
				t.Errorf("end: %v, want ok: %v", err, tt.ok)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if diff := cmp.Diff(tt.counts, lines[len(lines)-1]); diff != "" {
				t.Errorf("last line (-want +got):\n%s\n%s", diff, out.String())
			}
			for _, s := range tt.shows {
				if !strings.Contains(out.String(), s) {
					t.Errorf("does not show %q:\n%s", s, out.String())
				}
			}
		})
	}
}

func TestParseSkips(t *testing.T) {
	tests := []struct {
		name, text, err string
		want            skips
	}{
		{name: "reason", text: "# why\n\nintegration Test* because\n", want: skips{{"integration", "Test*"}}},
		{name: "no-reason", text: "integration TestA\n", err: "line 1: want a package, a test and a reason"},
		{name: "pattern", text: "a b[ c\n", err: `line 1: "b[": syntax error in pattern`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseSkips(tt.text)
			msg := ""
			if err != nil {
				msg = err.Error()
			}
			if msg != tt.err {
				t.Errorf("error %q, want %q", msg, tt.err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(skip{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
