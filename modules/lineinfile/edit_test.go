package lineinfile

import (
	"strings"
	"testing"
)

func mustCompile(t testing.TB, source string) pattern {
	t.Helper()
	p, err := compile(source)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPresentOnTextsThatNoArchiveCanHold(t *testing.T) {
	tests := []struct {
		name, text string
		e          edit
		want, msg  string
	}{
		{"append_after_unended_line", "a", edit{line: "b"}, "a\nb\n", "line added"},
		{"insert_after_unended_line", "a\nb", edit{line: "c", place: after, anchor: mustCompile(t, "^b")}, "a\nb\nc\n", "line added"},
		{"insert_before_unended_line", "a\nb", edit{line: "c", place: before, anchor: mustCompile(t, "^b")}, "a\nc\nb", "line added"},
		{"unended_line_is_the_line", "a\nb", edit{line: "b"}, "a\nb\n", "line replaced"},
		{"replace_unended_line", "a\nb", edit{line: "c", match: mustCompile(t, "^b")}, "a\nc\n", "line replaced"},
		{"line_with_its_own_end", "a\n", edit{line: "b\n", match: mustCompile(t, "^a")}, "b\n", "line replaced"},
		{"line_of_two", "a\nx\n", edit{line: "b\nc", match: mustCompile(t, "^a")}, "b\nc\nx\n", "line replaced"},
		{"end_at_start", "a", edit{line: "b", place: atStart}, "b\na", "line added"},
		{"bytes_kept", "\xff\xfe\nname=\xe4\n", edit{line: `\1\xe9`, match: mustCompile(t, `^(name=).$`), backrefs: false}, "\xff\xfe\n\\1\\xe9\n", "line replaced"},
		{"bytes_in_groups", "\xff\nname=\xe4\xc3\xa4\n", edit{line: `\2\1`, match: mustCompile(t, `^(name=)(.+)$`), backrefs: true}, "\xff\n\xe4\xc3\xa4name=\n", "line replaced"},
		{"dollar_is_before_the_line_end", "ab\nabc\n", edit{line: "x", match: mustCompile(t, `^ab$`)}, "x\nabc\n", "line replaced"},
		{"umlaut_is_no_letter", "\xc3\xa4\na\n", edit{line: "x", match: mustCompile(t, `^\w`), firstMatch: true}, "\xc3\xa4\nx\n", "line replaced"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, msg, err := tt.e.present(tt.text)
			if err != nil || got != tt.want || msg != tt.msg {
				t.Errorf("got %q, %q, %v; want %q, %q", got, msg, err, tt.want, tt.msg)
			}
		})
	}
}

func TestBadReferenceInLineIsAnError(t *testing.T) {
	e := edit{line: `\7`, match: mustCompile(t, "^(a)"), backrefs: true}
	if got, _, err := e.present("a\n"); err == nil {
		t.Errorf("gave %q", got)
	}
}

// FuzzEdit holds what is true of every edit: the text that was not meant stays, a line that is added is there once more, and doing it twice does nothing.
func FuzzEdit(f *testing.F) {
	for _, text := range []string{"", "a\nb\n", "a\r\nb", "\xff\n\n\n", "inet_protocols = all\n# x\n"} {
		f.Add(text, "inet_protocols = ipv4", "^b", byte(0))
		f.Add(text, "b", "", byte(3))
		f.Add(text, "", ".", byte(6))
	}
	f.Fuzz(func(t *testing.T, text, line, anchor string, how byte) {
		if strings.ContainsAny(line, "\r\n") {
			return
		}
		e := edit{line: line, place: place(how % 4), firstMatch: how&4 != 0}
		if e.place == after || e.place == before {
			p, err := compile(anchor)
			if err != nil {
				return
			}
			e.anchor = p
			if !strings.HasSuffix(text, "\n") { // an end that is added could make the anchor match
				text += "\n"
			}
		}
		edited, msg, err := e.present(text)
		if err != nil {
			return // the pattern took too long
		}
		had, has := count(text, line), count(edited, line)
		switch {
		case msg == "" && edited != text, msg != "" && edited == text:
			t.Errorf("%q became %q with message %q", text, edited, msg)
		case msg == "line added" && has != had+1, has == 0:
			t.Errorf("%q became %q: the line was there %d times, and now %d", text, edited, had, has)
		}
		if again, msg, err := e.present(edited); err == nil && again != edited {
			t.Errorf("%q became %q and then %q (%s)", text, edited, again, msg)
		}
		if gone, n, err := e.absent(edited); err != nil || n != has || count(gone, line) != 0 {
			t.Errorf("without the line, %q is %q after %d removals, %v", edited, gone, n, err)
		}
	})
}

func count(text, line string) int {
	n := 0
	for l := range strings.Lines(text) {
		if chomp(l) == line {
			n++
		}
	}
	return n
}
