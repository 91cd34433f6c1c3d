package postfix_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/postfix"
)

func TestParseMaster(t *testing.T) {
	const text = `# comment
smtp      inet  n       -       y       -       -       smtpd
  -o syslog_name=postfix/$service_name
# in between
  -o { smtpd_client_restrictions = permit_mynetworks, reject } -v
  -osmtpd_tls_wrappermode=yes -vo smtpd_tls_security_level=may
relay unix - - n - - smtp -- -o not=this
cut inet n
maildrop  unix  -       n       n       -       -       pipe -o a=b flags=DRXhu user=vmail argv=/usr/bin/maildrop -o x=y
`
	got := postfix.ParseMaster(text).Services()
	want := []postfix.Service{
		{Name: "smtp", Type: "inet", Command: "smtpd", Line: 2, Overrides: []postfix.Parameter{
			{Name: "syslog_name", Value: "postfix/$service_name", Line: 3},
			{Name: "smtpd_client_restrictions", Value: "permit_mynetworks, reject", Line: 5},
			{Name: "smtpd_tls_wrappermode", Value: "yes", Line: 6},
			{Name: "smtpd_tls_security_level", Value: "may", Line: 6},
		}},
		{Name: "relay", Type: "unix", Command: "smtp", Line: 7},
		{Name: "cut", Type: "inet", Line: 8},
		{Name: "maildrop", Type: "unix", Command: "pipe", Line: 9, Overrides: []postfix.Parameter{{Name: "a", Value: "b", Line: 9}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	corpus(t, "master.cf", func(t *testing.T, text string) {
		m := postfix.ParseMaster(text)
		if strings.Contains(t.Name(), "history") && len(m.Services()) < 15 {
			t.Errorf("only %d services", len(m.Services()))
		}
		if m.String() != text {
			t.Error("the text is not given back as it was")
		}
		overEach(t, text, "inet_protocols", "ipv4")
		overEach(t, text, "smtpd_client_restrictions", "permit_mynetworks,  reject")
	})
}

// overEach sets and removes an override in each service of a file.
func overEach(t *testing.T, text, name, value string) {
	t.Helper()
	for _, s := range postfix.ParseMaster(text).Services() {
		if s.Command != "" {
			hold(t, text, s.ID(), name, value)
		}
	}
}

// hold holds what Set and Remove promise.
func hold(t *testing.T, text, id, name, value string) {
	t.Helper()
	m := postfix.ParseMaster(text)
	_, was := m.Lookup(id, name)
	before := m.Services()
	changed, err := m.Set(id, name, value)
	if err != nil {
		if changed || m.String() != text {
			t.Errorf("a refused setting changes the text: %v", err)
		}
		return
	}
	if changed == (m.String() == text) {
		t.Errorf("changed = %t", changed)
	}
	set := m.String()
	again := postfix.ParseMaster(set)
	if v, there := again.Lookup(id, name); !there || !postfix.SameValue(name, v, value) {
		t.Errorf("%s of %s = %q, %t after setting %q in %q: %q", name, id, v, there, value, text, set)
	}
	if twice, err := again.Set(id, name, value); twice || err != nil {
		t.Errorf("setting again changes the text: %v\n%q", err, set)
	}
	others(t, before, again.Services(), id, name)
	if removed, err := again.Remove(id, name); !removed || err != nil {
		t.Errorf("nothing is removed: %v", err)
	}
	if _, there := again.Lookup(id, name); there {
		t.Errorf("removed and still set: %q", again.String())
	}
	others(t, before, again.Services(), id, name)
	if !was && !unended(text) && again.String() != text {
		t.Errorf("set and removed, the text is another: %q, was %q", again.String(), text)
	}
}

// unended reports whether a text has no line end at its end; the one that a new line gives it stays.
func unended(text string) bool { return text == "" || text[len(text)-1] != '\n' }

// others holds that nothing but one parameter of one service became another.
func others(t *testing.T, before, after []postfix.Service, id, name string) {
	t.Helper()
	strip := func(list []postfix.Service) []postfix.Service {
		list = slices.Clone(list)
		for i, s := range list {
			list[i].Line, list[i].Overrides = 0, nil
			for _, p := range s.Overrides {
				if s.ID() != id || p.Name != name {
					list[i].Overrides = append(list[i].Overrides, postfix.Parameter{Name: p.Name, Value: p.Value})
				}
			}
		}
		return list
	}
	if diff := cmp.Diff(strip(before), strip(after)); diff != "" {
		t.Errorf("other settings (-before +after):\n%s", diff)
	}
}

func TestMasterSet(t *testing.T) {
	const plain = "smtp      unix  -       -       y       -       -       smtp"
	for _, tt := range []struct {
		name, text, parameter, value, want string
	}{
		{"new", plain + "\n# next\n", "inet_protocols", "ipv4", plain + "\n    -o inet_protocols=ipv4\n# next\n"},
		{"new, without a line end", plain, "inet_protocols", "ipv4", plain + "\n    -o inet_protocols=ipv4\n"},
		{"new, CRLF", plain + "\r\nx", "inet_protocols", "ipv4", plain + "\r\n    -o inet_protocols=ipv4\r\nx"},
		{"new, below the others", plain + "\n\t-o a=b\n#\t-o c=d\n", "inet_protocols", "ipv4", plain + "\n\t-o a=b\n\t-o inet_protocols=ipv4\n#\t-o c=d\n"},
		{"new, with blanks", plain + "\n", "x", "a, b", plain + "\n    -o { x = a, b }\n"},
		{"new, empty", plain + "\n", "content_filter", "", plain + "\n    -o content_filter=\n"},
		{"before other arguments", "smtp unix - n n - - pipe -v flags=R argv=/x -o y\n", "a", "b", "smtp unix - n n - - pipe -v -o a=b flags=R argv=/x -o y\n"},
		{"before other arguments on their line", "smtp unix - n n - - pipe\n  flags=R argv=/x\n", "a", "b", "smtp unix - n n - - pipe\n  -o a=b\n  flags=R argv=/x\n"},
		{"before --", "smtp unix - n n - - smtp -- -o a=x\n", "a", "b", "smtp unix - n n - - smtp -o a=b -- -o a=x\n"},
		{"another value", plain + " -o a=x -v\n  -o c=d\n", "a", "b", plain + " -o a=b -v\n  -o c=d\n"},
		{"the last of several", plain + " -o a=x\n  -o a=y\n", "a", "b", plain + " -o a=x\n  -o a=b\n"},
		{"in braces", plain + " -o {a  =  x}\n", "a", "b", plain + " -o {a  =  b}\n"},
		{"in braces, empty", plain + " -o { a = }\n", "a", "b c", plain + " -o { a =b c }\n"},
		{"into braces", plain + " -o a=x\n", "a", "b c", plain + " -o { a = b c }\n"},
		{"attached", plain + " -oa=x\n", "a", "b", plain + " -oa=b\n"},
		{"attached, into braces", plain + " -voa=x\n", "a", "b c", plain + " -vo { a = b c }\n"},
		{"value on the next line", plain + " -o\n# c\n  a=x -v\n", "a", "b", plain + " -o\n# c\n  a=b -v\n"},
		{"over lines", plain + " -o { a =\n# c\n  x,\n  y } -v\n  -o c=d\n", "a", "b", plain + " -o { a =  b } -v\n# c\n  -o c=d\n"},
		{"the same", plain + " -o { a = x  y }\n", "a", "x y", plain + " -o { a = x  y }\n"},
		{"the last of two lines", "smtp unix - - n - - smtp\nsmtp unix - - n - - smtp\n", "a", "b", "smtp unix - - n - - smtp\nsmtp unix - - n - - smtp\n    -o a=b\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := postfix.ParseMaster(tt.text)
			changed, err := m.Set("smtp/unix", tt.parameter, tt.value)
			if err != nil || changed != (tt.text != tt.want) {
				t.Errorf("changed %t, error %v", changed, err)
			}
			if diff := cmp.Diff(tt.want, m.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			hold(t, tt.text, "smtp/unix", tt.parameter, tt.value)
		})
	}
}

func TestMasterRemove(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"not there", "smtp unix - - n - - smtp -o b=c\n", "smtp unix - - n - - smtp -o b=c\n"},
		{"its line", "smtp unix - - n - - smtp\n  -o a=b\n# c\n  -v\n", "smtp unix - - n - - smtp\n# c\n  -v\n"},
		{"at the end", "smtp unix - - n - - smtp  -o a=b\r\n", "smtp unix - - n - - smtp\r\n"},
		{"in the middle", "smtp unix - - n - - smtp -o a=b  -v\n", "smtp unix - - n - - smtp -v\n"},
		{"in a cluster", "smtp unix - - n - - smtp -vo a=b -o c=d\n", "smtp unix - - n - - smtp -v -o c=d\n"},
		{"first of its line", "smtp unix - - n - - smtp\n  -o a=b  -v\n", "smtp unix - - n - - smtp\n  -v\n"},
		{"all of them", "smtp unix - - n - - smtp -oa=b -vo a=c -o { a = d }\n", "smtp unix - - n - - smtp -v\n"},
		{"what would become a comment", "smtp unix - - n - - smtp\n  -o a=b # c\n", "smtp unix - - n - - smtp # c\n"},
		{"over lines", "smtp unix - - n - - smtp -o\n  { a =\n  b }\n  -v\n", "smtp unix - - n - - smtp\n  -v\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := postfix.ParseMaster(tt.text)
			changed, err := m.Remove("smtp/unix", "a")
			if err != nil || changed != (tt.text != tt.want) {
				t.Errorf("changed %t, error %v", changed, err)
			}
			if diff := cmp.Diff(tt.want, m.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestMasterRefuses(t *testing.T) {
	const text = "smtp inet n - n - - smtpd\nsmtp unix - - n - - smtp\nrelay unix - - n - - smtp\ncut unix -\nopen unix - - n - - smtp -o a={\n"
	for _, tt := range []struct{ name, id, parameter, value, want string }{
		{"near", "rely/unix", "a", "b", `master.cf has no service rely/unix (did you mean "relay/unix"?)`},
		{"without a type", "smtp", "a", "b", "master.cf has no service smtp (did you mean smtp/inet or smtp/unix?)"},
		{"nothing like it", "submission/inet", "a", "b", "(there are smtp/inet, smtp/unix, relay/unix, cut/unix, open/unix)"},
		{"no name", "smtp/unix", "", "b", "parameter name is empty"},
		{"lines", "smtp/unix", "a", "b\nc", "no line break"},
		{"an opening brace", "smtp/unix", "a", "b{", ""},
		{"braces and blanks", "smtp/unix", "a", "b} {c", "braces"},
		{"cut short", "cut/unix", "a", "b", "line 4: the service cut/unix has no command"},
		{"a service with an open brace", "open/unix", "b", "c", "braces"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := postfix.ParseMaster(text)
			_, err := m.Set(tt.id, tt.parameter, tt.value)
			if tt.want == "" && err == nil {
				hold(t, text, tt.id, tt.parameter, tt.value)
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || m.String() != text {
				t.Errorf("error is %v, want %s; text %q", err, tt.want, m.String())
			}
		})
	}
	if _, err := postfix.ParseMaster("").Service("smtp/unix"); err == nil || !strings.Contains(err.Error(), "no services at all") {
		t.Errorf("an empty file: %v", err)
	}
}

func FuzzMaster(f *testing.F) {
	f.Add("smtp unix - - n - - smtp\n  -o a=b # c\n# d\n -vo { e = f\n g } -- x", 0, "a", "z y")
	f.Add(" orphan\nsmtp inet n - n - - smtpd -o\r\n  a=b\r\npipe unix - n n - - pipe -oa=b flags=R", 1, "a", "")
	f.Add("s unix - - n - - smtp -o x={ a } }", 0, "x", "{q")
	f.Fuzz(func(t *testing.T, text string, n int, name, value string) {
		m := postfix.ParseMaster(text)
		if m.String() != text {
			t.Errorf("printed back %q, want %q", m.String(), text)
		}
		services := m.Services()
		for _, s := range services {
			for _, p := range s.Overrides {
				if p.Line < s.Line || p.Line > strings.Count(text, "\n")+1 {
					t.Errorf("impossible place %+v of %+v", p, s)
				}
			}
		}
		if n >= 0 && n < len(services) {
			hold(t, text, services[n].ID(), name, value)
		}
	})
}

func TestMainFor(t *testing.T) {
	m := parse(t, "inet_protocols = all\nsyslog_name = ${service_name}/$process_name\n")
	got := m.For(postfix.Service{Name: "relay", Type: "unix", Command: "smtp", Overrides: []postfix.Parameter{
		{Name: "inet_protocols", Value: "ipv6"}, {Name: "inet_protocols", Value: "ipv4"},
		{Name: "smtp_helo_name", Value: "$(service_name).$$service_name.$service_names"},
	}})
	want := "inet_protocols = ipv4\nsyslog_name = relay/smtp\nsmtp_helo_name = relay.$$service_name.$service_names\n"
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if v, _ := m.Lookup("inet_protocols"); v != "all" {
		t.Errorf("main.cf itself has become another: %s", m)
	}
}
