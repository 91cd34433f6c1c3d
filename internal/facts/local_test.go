package facts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLocal(t *testing.T) {
	out := "=fact file\n /f/mail.fact\n [Relay]\n Host = mx.example.org\n port: 25\n note = one\n  two\n" +
		"\n=fact file\n /f/json.fact\n {\"a\": 1, \"b\": [1.5, null], \"t\": \"{{ x }}\"}\n" +
		"\n=fact program\n /f/run.fact\n {\"x\": 2}\n \n a warning\n 0 1\n" +
		"\n=fact program\n /f/silent.fact\n [a]\n b=c\n \n \n 0 1\n" +
		"\n=fact program\n /f/bad.fact\n {}\n \n no such\n thing\n 3 2\n" +
		"\n=fact program\n /f/cut.fact\n {}\n" +
		"\n=fact gone\n /f/gone.fact\n" +
		"\n=fact file\n /f/text.fact\n just text\n" +
		"\n=fact file\n /f/latin.fact\n \xff\n" +
		"\n=fact file\n /f/empty.fact\n" +
		"\n=end\n"
	r, err := Read(out)
	if err != nil {
		t.Fatal(err)
	}
	want := Tree{"local": Tree{
		"mail":   Tree{"Relay": Tree{"host": "mx.example.org", "port": "25", "note": "one\ntwo"}},
		"json":   Tree{"a": int64(1), "b": []any{1.5, nil}, "t": "{{ x }}"},
		"run":    Tree{"x": int64(2)},
		"silent": Tree{"a": Tree{"b": "c"}},
		"bad":    "Failure executing fact script (/f/bad.fact), rc: 3, err: no such\nthing\n",
		"cut":    "Failure executing fact script (/f/cut.fact): its output has no end, or is too long",
		"gone":   "Could not stat fact (/f/gone.fact): [Errno 2] No such file or directory: '/f/gone.fact'",
		"text":   "error loading facts as JSON or ini - please check content: /f/text.fact",
		"latin":  `error loading fact - output of running "/f/latin.fact" was not utf-8`,
		"empty":  Tree{},
	}}
	if diff := cmp.Diff(want, local(r)); diff != "" {
		t.Error(diff)
	}
	if len(r.Warnings) != 5 || !strings.Contains(strings.Join(r.Warnings, "\n"), `/f/text.fact: because line 1: "just text" stands before any section`) {
		t.Errorf("warnings: %q", r.Warnings)
	}
	r.SetLocal("/f/json.fact", "[n]\nv=1\n")
	r.SetLocal("/f/new.fact", "7")
	f := local(r)["local"].(Tree)
	if diff := cmp.Diff([]any{Tree{"n": Tree{"v": "1"}}, int64(7)}, []any{f["json"], f["new"]}); diff != "" {
		t.Errorf("replaced and added: %s", diff)
	}
}

func TestINI(t *testing.T) {
	tests := []struct {
		name, text string
		want       Tree
		wrong      string
	}{
		{"defaults", "[DEFAULT]\ndir=/srv\n[a]\npath = %(dir)s/x\n[b]\ndir=/b\n", Tree{"a": Tree{"dir": "/srv", "path": "/srv/x"}, "b": Tree{"dir": "/b"}}, ""},
		{"comments", "# c\n[a]\n; c\nk = v ; kept\n# c\n  more\n", Tree{"a": Tree{"k": "v ; kept\nmore"}}, ""},
		{"percent", "[a]\nk = 100%%\n", Tree{"a": Tree{"k": "100%"}}, ""},
		{"bad_percent", "[a]\nk = 100%\n", nil, `option "k" of "a": "%": a % must be %% or %(OPTION)s`},
		{"unknown_option", "[a]\nk = %(x)s\n", nil, `option "k" of "a": "%(x)s": a % must be %% or %(OPTION)s`},
		{"loop", "[a]\nk = %(k)s\n", nil, `option "k" of "a": options name one another more than 10 deep`},
		{"many", "[a]\na=%(b)s%(b)s%(b)s%(b)s\nb=%(c)s%(c)s%(c)s%(c)s\nc=%(d)s%(d)s%(d)s%(d)s\nd=%(e)s%(e)s%(e)s%(e)s\ne=%(f)s%(f)s%(f)s%(f)s\nf=%(g)s%(g)s%(g)s%(g)s\ng=%(h)s%(h)s%(h)s%(h)s\nh=x\n",
			nil, `option "a" of "a": options name one another more than 10000 times`},
		{"twice", "[a]\nk=1\nK=2\n", nil, `line 3: option "k" is there twice`},
		{"section_twice", "[a]\n[a]\n", nil, `line 2: section "a" is there twice`},
		{"no_section", "k=1\n", nil, `line 1: "k=1" stands before any section`},
		{"no_value", "[a]\nk\n", nil, `line 2: "k" is no option: it has no name, or neither = nor :`},
		{"blank_in_value", "[a]\nk = 1\n\n  2\nl =\n", Tree{"a": Tree{"k": "1\n\n2", "l": ""}}, ""},
		{"windows", "[a]\r\nk=1\r\n", Tree{"a": Tree{"k": "1"}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseINI(tt.text)
			wrong := ""
			if err != nil {
				wrong = err.Error()
			}
			if diff := cmp.Diff(tt.wrong, wrong); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
