package parity

import (
	"archive/tar"
	"bytes"
	"slices"
	"strings"
	"testing"
)

func sample() *Record {
	return &Record{
		Runs: []Run{{Line: "play.yml", Exit: 2, Recap: []string{"h1 ok=1 changed=0", "h2 ok=1 changed=1"}}},
		Tree: []Entry{
			{Path: "h1:/srv/a", Kind: "file", Mode: "0644", Owner: "root:root", Content: []string{"one", "two", ""}},
			{Path: "h1:/srv/l", Kind: "link", Mode: "0777", Owner: "root:root", Link: "a"},
		},
	}
}

func TestCompare(t *testing.T) {
	if v := compare(sample(), sample()); !v.same() {
		t.Errorf("the same differs:\n%s", v)
	}
	tests := []struct {
		name, want string
		change     func(*Record)
	}{
		{"exit", "run 1 (play.yml): exit code 0, want 2", func(r *Record) { r.Runs[0].Exit = 0 }},
		{"recap", "run 1 (play.yml): - h2 ok=1 changed=1\nrun 1 (play.yml): + h2 ok=1 changed=0", func(r *Record) { r.Runs[0].Recap[1] = "h2 ok=1 changed=0" }},
		{"no-recap", "run 1 (play.yml): - h1 ok=1 changed=0\nrun 1 (play.yml): - h2 ok=1 changed=1", func(r *Record) { r.Runs[0].Recap = nil }},
		{"host-too-many", "run 1 (play.yml): + h3 ok=1", func(r *Record) { r.Runs[0].Recap = append(r.Runs[0].Recap, "h3 ok=1") }},
		{"runs", "0 runs, want 1", func(r *Record) { r.Runs = nil }},
		{"mode", `h1:/srv/a: mode "0600", want "0644"`, func(r *Record) { r.Tree[0].Mode = "0600" }},
		{"owner", `h1:/srv/a: owner "root:mail", want "root:root"`, func(r *Record) { r.Tree[0].Owner = "root:mail" }},
		{"kind", `h1:/srv/a: kind "directory", want "file"`, func(r *Record) { r.Tree[0].Kind = "directory" }},
		{"link", `h1:/srv/l: link "b", want "a"`, func(r *Record) { r.Tree[1].Link = "b" }},
		{"content", "h1:/srv/a: - two\nh1:/srv/a: + three", func(r *Record) { r.Tree[0].Content = []string{"one", "three", ""} }},
		{"last-newline", "h1:/srv/a: - ", func(r *Record) { r.Tree[0].Content = []string{"one", "two"} }},
		{"missing", "h1:/srv/l: missing", func(r *Record) { r.Tree = r.Tree[:1] }},
		{"left-over", "h2:/srv/x: a file that should not be there", func(r *Record) { r.Tree = append(r.Tree, Entry{Path: "h2:/srv/x", Kind: "file"}) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := sample()
			tt.change(got)
			if v := compare(sample(), got); v.String() != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", v, tt.want)
			}
		})
	}
}

func TestRecap(t *testing.T) {
	out := `
h9 : ok=9    changed=9    unreachable=9    failed=9    skipped=9    rescued=9    ignored=9
PLAY RECAP *****
h2                         : ok=1    changed=1    unreachable=0    failed=0    skipped=2    rescued=0    ignored=0
h1                         : ok=1    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0    undecided=1
`
	want := []string{
		"h1 ok=1 changed=0 unreachable=0 failed=0 skipped=0 rescued=0 ignored=0",
		"h2 ok=1 changed=1 unreachable=0 failed=0 skipped=2 rescued=0 ignored=0",
	}
	if got := recap(out); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEntries(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	json := `{"b": [{"start": "now", "x": 1.50}], "atime": 1, "a": "<"}`
	for _, h := range []tar.Header{
		{Name: "srv/x/", Typeflag: tar.TypeDir, Mode: 0o1755, Uname: "root", Gname: "mail"},
		{Name: "srv/x/r.json", Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(json)), Uname: "root", Gname: "root"},
		{Name: "srv/x/l", Typeflag: tar.TypeSymlink, Mode: 0o777, Linkname: "r.json", Uname: "root", Gname: "root"},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(json)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := entries("h1", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	content := strings.Split("{\n \"a\": \"<\",\n \"b\": [\n  {\n   \"x\": 1.50\n  }\n ]\n}\n", "\n")
	want := []Entry{
		{Path: "h1:/srv/x", Kind: "directory", Mode: "1755", Owner: "root:mail"},
		{Path: "h1:/srv/x/l", Kind: "link", Mode: "0777", Owner: "root:root", Link: "r.json"},
		{Path: "h1:/srv/x/r.json", Kind: "file", Mode: "0600", Owner: "root:root", Content: content},
	}
	if v := compareTrees(want, got); len(v) != 0 || len(got) != len(want) {
		t.Errorf("%v", v)
	}
}
