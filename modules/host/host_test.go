package host_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

func TestMatches(t *testing.T) {
	tests := []struct {
		pattern, argv string
		want          bool
	}{
		{"postconf -n", "postconf -n", true},
		{"postconf -n", "postconf -n -x", false},
		{"postconf -n", "postconf", false},
		{"postconf *", "postconf -n", true},
		{"postconf *", "postconf", false},
		{"postconf * -n", "postconf a b -n", false},
		{"postconf ...", "postconf", true},
		{"postconf ...", "postconf a b c", true},
		{"postconf -h ...", "postconf -e x=y", false},
		{"... -n", "postconf -n", false}, // only at the end
	}
	for _, tt := range tests {
		p := host.Probe{Argv: strings.Fields(tt.argv)}
		if got := p.Matches(host.Probe{Argv: strings.Fields(tt.pattern)}); got != tt.want {
			t.Errorf("%q and %q: %t", tt.pattern, tt.argv, got)
		}
	}
}

func TestListedRefusesOtherProbesAndIsNoApplier(t *testing.T) {
	h := mem.New(mem.Answer(host.Output{Stdout: "x"}, "..."))
	r := host.Listed(h, []host.Probe{{Argv: []string{"ls", "*"}}})
	if out, err := r.Probe(t.Context(), host.Probe{Argv: []string{"ls", "/"}}); err != nil || out.Stdout != "x" {
		t.Errorf("listed: %+v, %v", out, err)
	}
	if _, err := r.Probe(t.Context(), host.Probe{Argv: []string{"rm", "/"}}); !errors.Is(err, host.ErrNotListed) || !strings.Contains(err.Error(), "rm /") {
		t.Errorf("not listed: %v", err)
	}
	if _, ok := r.(host.Applier); ok {
		t.Error("it can be asserted to an Applier")
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a", "a b", "it's", `"$x" \`, "ä\n", "'", "''"} {
		f.Add(s, "--")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		got, err := modules.SplitWords(host.Quote(a, b))
		if err != nil || !slices.Equal(got, []string{a, b}) {
			t.Errorf("%q %q came back as %q, %v", a, b, got, err)
		}
	})
}

func TestComparePaths(t *testing.T) {
	want := []string{"/a", "/a/b", "/a/b/c", "/a/z", "/a-b", "/a.b", "/b"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, host.ComparePaths)
	if !slices.Equal(want, got) {
		t.Errorf("order: %q", got)
	}
}

func TestValidated(t *testing.T) {
	if err := host.Validated(0, []byte("warning")); err != nil {
		t.Error(err)
	}
	if err := host.Validated(2, []byte("no")); err == nil || err.Error() != "failed to validate: rc:2 error:no" {
		t.Error(err)
	}
}
