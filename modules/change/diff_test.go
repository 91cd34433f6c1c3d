package change_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/modules/change"
)

func TestDiffHasTheFormOfAnsible(t *testing.T) {
	write := func(before *change.File, text string) change.WriteFile {
		return change.WriteFile{Path: "/f", Content: change.Bytes([]byte(text)), Meta: meta(0o644), Before: before}
	}
	private := file("a\n")
	private.Meta.Mode = 0o600
	tests := map[string]struct {
		c    change.Change
		want string
	}{
		"edit": {write(file("a\nb\nc\n"), "a\nB\nc\n"), `
--- before: /f (content)
+++ after: /f (content)
@@ -1,3 +1,3 @@
 a
-b
+B
 c
`},
		"no_newline_before": {write(file("a\nb"), "a\nb\n"), `
--- before: /f (content)
+++ after: /f (content)
@@ -1,2 +1,2 @@
 a
-b
\ No newline at end of file
+b
`},
		"no_newline_after": {write(file("a\n"), "b"), `
--- before: /f (content)
+++ after: /f (content)
@@ -1 +1 @@
-a
+b
\ No newline at end of file
`},
		"create": {write(nil, "a\n"), `
--- before: /f (content)
+++ after: /f (content)
@@ -0,0 +1 @@
+a
`},
		"create_empty": {write(nil, ""), `
+ /f (empty file)
`},
		"remove_empty": {change.Remove{Path: "/f", Before: file("")}, `
- /f (empty file)
`},
		"mode_and_content": {write(private, "b\n"), `
--- before: /f (content)
+++ after: /f (content)
@@ -1 +1 @@
-a
+b
--- before: /f (mode and owner)
+++ after: /f (mode and owner)
-0600 root:root
+0644 root:root
`},
		"binary": {write(file("a\x00"), "b\x00c"), `
--- before: /f (content)
+++ after: /f (content)
-2 bytes, sha256 ` + file("a\x00").Content.SHA256 + `
+3 bytes, sha256 ` + file("b\x00c").Content.SHA256 + `
`},
		"not_utf8": {write(file("\xff"), "a\n"), `
--- before: /f (content)
+++ after: /f (content)
-1 bytes, sha256 ` + file("\xff").Content.SHA256 + `
+2 bytes, sha256 ` + file("a\n").Content.SHA256 + `
`},
		"remove": {change.Remove{Path: "/f", Before: file("a\n")}, `
--- before: /f (content)
+++ after: /f (content)
@@ -1 +0,0 @@
-a
`},
		"backup": {change.WriteFile{Path: "/f~", Content: change.Bytes([]byte("a\n")), Backup: true}, `
+ /f~ (backup)
`},
		"set_meta": {change.SetMeta{Path: "/f", Meta: change.Meta{Mode: 0o4755, UID: 5, GID: 6}, Before: meta(0o644)}, `
--- before: /f (mode and owner)
+++ after: /f (mode and owner)
-0644 root:root
+4755 5:6
`},
		"start":         {change.Service{Name: "postfix", Action: change.Start}, "\n~ service postfix: start (stopped -> started)\n"},
		"restart":       {change.Service{Name: "postfix", Action: change.Restart, Before: running}, "\n~ service postfix: restart\n"},
		"restart_start": {change.Service{Name: "postfix", Action: change.Restart}, "\n~ service postfix: restart (stopped -> started)\n"},
		"enable":        {change.Service{Name: "postfix", Action: change.Enable, Before: running}, "\n~ service postfix: enable (disabled -> enabled)\n"},
		"exec":          {change.Exec{Argv: []string{"postmap", "a b", ""}}, "\n+ run postmap \"a b\" \"\"\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), change.Diff(tt.c)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzDiffShowsWhatIsWritten counts: as many lines more are shown as are written.
func FuzzDiffShowsWhatIsWritten(f *testing.F) {
	f.Add("a\nb\n", "a\nc")
	f.Add("", "x\n")
	f.Add("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\nten\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		d := change.Diff(change.WriteFile{Path: "/f", Content: change.Bytes([]byte(after)), Meta: meta(0o644), Before: file(before)})
		if strings.Contains(d, "sha256") {
			return // shown as bytes
		}
		count := func(s string) int { return len(slices.Collect(strings.Lines(s))) }
		shown := 0
		for line := range strings.Lines(d) {
			switch {
			case strings.HasPrefix(line, "--- before: /f"), strings.HasPrefix(line, "+++ after: /f"):
			case line[0] == '+':
				shown++
			case line[0] == '-':
				shown--
			}
		}
		if want := count(after) - count(before); shown != want {
			t.Errorf("%d lines more are shown, %d are written:\n%s", shown, want, d)
		}
	})
}
