package lookup_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/lookup"
	"github.com/pfrun/pfrun/internal/netclient"
)

// files are laid below the base directory of a test.
var files = map[string]string{
	"files/motd":             "  hello\n\n",
	"files/a.conf":           "a",
	"files/b.conf":           "b",
	"role/files/motd":        "from the role\n",
	"role/templates/m.j2":    "{{ greeting }} {{ name }}{% include 'part.j2' %}\n",
	"role/templates/part.j2": "!",
	"templates/loop.j2":      "{{ lookup('template', 'loop.j2') }}",
	"files/evil":             "{{ name }}",
	"files/users.csv":        "alice,1000,\"a, b\"\nbob,1001,x\n",
	"files/users.tsv":        "alice\t1000\n",
	"files/app.ini":          "[global]\nHost = mx1\nurl = http://%(host)s/\nlong = a\n  b\n# c\n[other]\nx: 1\nxy = 2\n",
	"files/app.properties":   "user.name=bob\n",
	"files/latin.ini":        "[global]\nname = \xe9t\xe9 \xa4\n[twice]\na = 1\n",
	"files/twice.ini":        "[global]\na = 1\nA = 2\n",
	"pw/old":                 "secret salt=saltsalt\n",
}

type world struct {
	dir     string
	written map[string]string
	env     *jinja.Env
	scope   jinja.MapScope
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), written: map[string]string{}}
	for name, text := range files {
		path := filepath.Join(w.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := func(path string) ([]byte, error) {
		if text, ok := w.written[path]; ok {
			return []byte(text), nil
		}
		return os.ReadFile(path)
	}
	w.env = jinja.New(lookup.New(lookup.Options{
		BaseDir: w.dir, ReadFile: read,
		Paths:     func(context.Context, jinja.Scope) []string { return []string{filepath.Join(w.dir, "role")} },
		WriteFile: func(path string, data []byte) error { w.written[path] = string(data); return nil },
		Getenv:    func(name string) (string, bool) { v, ok := map[string]string{"USER": "joe"}[name]; return v, ok },
		Run: func(_ context.Context, command, _ string) (string, error) {
			if command == "false" {
				return "", errors.New("exit status 1")
			}
			return "one\ntwo\n\n", nil
		},
		Match:  func(patterns []string) ([]string, error) { return append([]string{"h1"}, patterns...), nil },
		Config: func(name string) (jinja.Value, bool) { return int64(5), name == "DEFAULT_FORKS" },
	})...)
	w.scope = jinja.MapScope{"name": "web01", "me": w.compile(t, "{{ lookup('vars', 'me') }}"), "later": w.compile(t, "{{ name }}!")}
	return w
}

func (w *world) compile(t *testing.T, src string) *jinja.Template {
	t.Helper()
	tpl, err := w.env.CompileArg(src, diag.Pos{Source: &diag.Source{Name: "x.yml", Text: src}, Line: 1, Column: 1})
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

func (w *world) eval(t *testing.T, expr string) (jinja.Value, error) {
	t.Helper()
	return w.compile(t, "{{ "+expr+" }}").Eval(t.Context(), w.scope)
}

func TestLookups(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct{ expr, want string }{
		{"lookup('file', 'motd')", "'from the role'"},
		{"lookup('ansible.builtin.file', 'a.conf', 'b.conf')", "'a,b'"},
		{"query('file', 'a.conf', 'b.conf')", "['a', 'b']"},
		{"lookup('file', 'evil')", "'{{ name }}'"},
		{"lookup('file', '" + w.dir + "/files/motd', rstrip=false)", `'  hello\n\n'`},
		{"lookup('unvault', 'a.conf')", "'a'"},
		{"lookup('file', 'nope', errors='ignore')", "None"},
		{"query('file', 'nope', errors='ignore')", "[]"},
		{"lookup('template', 'm.j2', template_vars={'greeting': 'hi'})", `'hi web01!\n'`},
		{"lookup('env', 'USER')", "'joe'"},
		{"lookup('env', 'NOPE', default='d')", "'d'"},
		{"lookup('pipe', 'date')", `'one\ntwo'`},
		{"q('lines', 'date')", "['one', 'two', '']"},
		{"q('fileglob', '*.conf') | map('basename') | list", "['a.conf', 'b.conf']"},
		{"lookup('first_found', ['none', 'b.conf']) | basename", "'b.conf'"},
		{"lookup('first_found', {'files': ['x.conf', 'a.conf'], 'paths': ['files']}) | basename", "'a.conf'"},
		{"q('first_found', {'files': 'x.conf', 'skip': true})", "[]"},
		{"q('first_found', ['x'], skip=true)", "[]"},
		{"q('items', [1, [2]], 3)", "[1, [2], 3]"},
		{"q('flattened', [1, [2, [3]]], 4)", "[1, 2, 3, 4]"},
		{"q('community.general.flattened', [[1]])", "[1]"},
		{"q('dict', {'a': 1, 'b': 2})", "[{'key': 'a', 'value': 1}, {'key': 'b', 'value': 2}]"},
		{"q('subelements', [{'n': 1, 'k': ['x', 'y']}], 'k')", "[[{'n': 1}, 'x'], [{'n': 1}, 'y']]"},
		{"q('subelements', [{'n': 1}], 'k', {'skip_missing': true})", "[]"},
		{"q('subelements', [{'n': {'k': None}}], 'n.k.l', {'skip_missing': true})", "[]"},
		{"q('subelements', {'skipped': true}, 'k')", "[]"},
		{"q('nested', [1, 2], ['a', 'b'])", "[[1, 'a'], [1, 'b'], [2, 'a'], [2, 'b']]"},
		{"q('together', [1, 2], ['a'])", "[[1, 'a'], [2, None]]"},
		{"q('indexed_items', ['a', 'b'])", "[[0, 'a'], [1, 'b']]"},
		{"q('list', [1], 2)", "[[1], 2]"},
		{"q('random_choice', 'x', 'x')", "['x']"},
		{"q('sequence', '4')", "['1', '2', '3', '4']"},
		{"q('sequence', '2-10/2')", "['2', '4', '6', '8', '10']"},
		{"q('sequence', '4:host%02d')", "['host01', 'host02', 'host03', 'host04']"},
		{"q('sequence', 'start=0x0f00 count=4 format=%04x')", "['0f00', '0f01', '0f02', '0f03']"},
		{"q('sequence', start=10, end=0, stride=-5)", "['10', '5', '0']"},
		{"q('sequence', 'count=0')", "[]"},
		{"lookup('vars', 'later')", "'web01!'"},
		{"lookup('vars', 'nope', default='d')", "'d'"},
		{"q('varnames', '^na')", "['name']"},
		{"q('inventory_hostnames', 'all')", "['h1', 'all']"},
		{"lookup('config', 'DEFAULT_FORKS')", "5"},
		{"q('config', 'NOPE', on_missing='skip')", "[]"},
		{"lookup('csvfile', 'alice', file='users.csv', delimiter=',')", "'1000'"},
		{"lookup('csvfile', 'alice file=users.csv delimiter=, col=2')", "'a, b'"},
		{"lookup('csvfile', '1001', file='users.csv', delimiter=',', col=0, keycol=1)", "'bob'"},
		{"lookup('csvfile', 'alice', file='users.tsv')", "'1000'"},
		{"lookup('csvfile', 'zoe', file='users.tsv', default='none')", "'none'"},
		{"lookup('ini', 'host', file='app.ini')", "'mx1'"},
		{"lookup('ini', 'url', file='app.ini')", "'http://mx1/'"},
		{"lookup('ini', 'url', file='app.ini', interpolation=false)", "'http://%(host)s/'"},
		{"lookup('ini', 'long', file='app.ini')", `'a\nb'`},
		{"lookup('ini', 'x section=other file=app.ini')", "'1'"},
		{"q('ini', 'x.*', section='other', file='app.ini', re=true)", "['1', '2']"},
		{"lookup('ini', 'nope', file='app.ini', default='d')", "'d'"},
		{"lookup('ini', 'name', file='latin.ini', encoding='iso8859-1')", "'été ¤'"},
		{"lookup('ini', 'name encoding=ISO-8859-15 file=latin.ini')", "'été €'"},
		{"lookup('ini', 'A', file='twice.ini', case_sensitive=true)", "'2'"},
		{"lookup('ini', 'user.name', type='properties', file='app.properties')", "'bob'"},
		{"lookup('password', 'pw/old')", "'secret'"},
		{"lookup('password', 'pw/old encrypt=md5_crypt')", "'$1$saltsalt$9xy1btjgzLYfb7hivXtC//'"},
		{"lookup('password', '/dev/null', seed='web01')", "'TXbxglXHgc0wppmbG5H,'"},
		{"lookup('password', 'pw/new', length=5, chars='digits') | length", "5"},
	} {
		t.Run(tt.expr, func(t *testing.T) {
			got, err := w.eval(t, tt.expr)
			if err != nil {
				t.Fatal(err)
			}
			if jinja.Repr(got) != tt.want {
				t.Errorf("got %s, want %s", jinja.Repr(got), tt.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct{ expr, want string }{
		{"lookup('file', 'nope')", `x.yml:1:4: lookup 'file': the file "nope" is not found in `},
		{"lookup('file', 'motd', rstip=true)", "lookup 'file': 'rstip' is not a valid option"},
		{"lookup('template', 'loop.j2')", "stand in one another more than"},
		{"lookup('vars', 'me')", "recursive loop detected in template"},
		{"lookup('vars', 'nope')", "no variable found with this name: nope"},
		{"lookup('pipe', 'false')", `the command "false": exit status 1`},
		{"q('sequence', 'start=1 end=9999999999999')", "more than 1000000 items"},
		{"q('sequence', 'start=5 end=1')", "to count backwards make stride negative"},
		{"q('sequence', '3:%s%s')", "bad formatting string"},
		{"q('sequence', 'start=A end=3')", `Invalid type for start: it must be an integer, not "A"`},
		{"q('subelements', [{'k': 1}], 'k')", "the key k should point to a list, got 'int'"},
		{"q('subelements', [{'k': [1]}], 'k.l')", "the key k should point to a dictionary, got 'list'"},
		{"q('subelements', [1], 'k', 3)", "the optional third item must be a dict"},
		{"q('subelements', true, 'k')", "first a dict or a list, not 'bool'"},
		{"q('subelements', [], true)", "second a string"},
		{"q('subelements', [])", "a list of two or three items: there are 1"},
		{"lookup('ini', 'a', file='twice.ini')", "Duplicate option in '"},
		{"lookup('ini', 'file=app.ini', 'x')", "No key to look up was provided"},
		{"lookup('ini', 'x', file='latin.ini')", "is no UTF-8 text"},
		{"lookup('ini', 'x', file='latin.ini', encoding='klingon')", `the encoding "klingon" is not supported`},
		{"q('dict', [1])", "a dict is wanted, not 'list'"},
		{"q('nested', range(2000) | list, range(2000) | list)", "more than 1000000 rows"},
		{"lookup('ini', 'x', section='no', file='app.ini')", "No section: 'no' in"},
		{"lookup('first_found', ['a', 'b'])", "no file was found among a, b"},
		{"lookup('file', 'motd', errors='loud')", "errors must be strict, warn or ignore"},
	} {
		t.Run(tt.expr, func(t *testing.T) {
			got, err := w.eval(t, tt.expr)
			if err == nil {
				t.Fatalf("no error, but %s", jinja.Repr(got))
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, want it to hold %q", err, tt.want)
			}
		})
	}
}

// TestPasswordStays makes a password once and finds it again.
func TestPasswordStays(t *testing.T) {
	w := newWorld(t)
	first, err := w.eval(t, "lookup('password', 'pw/mail encrypt=sha512_crypt')")
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.eval(t, "lookup('password', 'pw/mail encrypt=sha512_crypt')")
	if err != nil || first != again {
		t.Errorf("got %v, then %v, %v", first, again, err)
	}
	if text := w.written[filepath.Join(w.dir, "pw/mail")]; !strings.Contains(text, " salt=") {
		t.Errorf("the file holds %q", text)
	}
}

// TestWarn lets a lookup fail under errors='warn'.
func TestWarn(t *testing.T) {
	var warned []string
	opts := append(lookup.New(lookup.Options{}), jinja.WithWarn(func(d *diag.Diagnostic) { warned = append(warned, d.Message) }))
	env := jinja.New(opts...)
	tpl, err := env.CompileArg("{{ lookup('file', 'x', errors='warn') }}", diag.Pos{})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := tpl.Eval(t.Context(), nil); v != nil || err != nil || len(warned) != 1 {
		t.Errorf("got %v, %v, warnings %q", v, err, warned)
	}
}

func TestControl(t *testing.T) {
	dir := t.TempDir()
	c := lookup.Control(nil, func(string) (string, bool) { return "/home/joe", true })
	if home, err := c.Home(""); home != "/home/joe" || err != nil {
		t.Errorf("home is %q, %v", home, err)
	}
	if err := os.Symlink("target", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := c.RealPath(filepath.Join(dir, "nope", "x")); err != nil || p != filepath.Join(real, "nope/x") {
		t.Errorf("got %q, %v", p, err)
	}
	if _, err := c.Stat(filepath.Join(dir, "nope")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// FuzzIni reads any text as an INI file.
func FuzzIni(f *testing.F) {
	for _, s := range []string{files["files/app.ini"], "[a]\nb=%(b)s\n", "[a\n", "=x", "[DEFAULT]\na=1\n[b]\n c\n", "[x]\nk\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		env := jinja.New(lookup.New(lookup.Options{BaseDir: "/", ReadFile: func(string) ([]byte, error) { return []byte(text), nil }})...)
		for _, src := range []string{"{{ q('ini', '.*', file='/x', section='a', re=true) }}", "{{ q('csvfile', 'a', file='/x', delimiter='=') }}", "{{ q('sequence', t) }}"} {
			tpl, err := env.CompileArg(src, diag.Pos{})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = tpl.Eval(t.Context(), jinja.MapScope{"t": text})
		}
	})
}

// TestURL holds what is asked of the network: nothing but what the options say.
func TestURL(t *testing.T) {
	var asked netclient.Request
	env := jinja.New(lookup.New(lookup.Options{Fetch: func(_ context.Context, r netclient.Request) ([]byte, error) {
		asked = r
		if strings.HasSuffix(r.URL, "/none") {
			return nil, errors.New("HTTP error: 404 Not Found")
		}
		return []byte("one\r\ntwo\n"), nil
	}})...)
	for src, want := range map[string]string{
		"q('url', 'http://x')":                            "['one', 'two']",
		"lookup('url', 'http://x')":                       "'one,two'",
		"lookup('url', 'http://x', split_lines=False)":    `'one\r\ntwo\n'`,
		"q('ansible.builtin.url', 'http://x', timeout=2)": "['one', 'two']",
		"q('url', 'http://x/none', errors='ignore')":      "[]",
		"q('url', 'http://x/none')":                       "lookup 'url': http://x/none: HTTP error: 404 Not Found",
		"q('url', 'http://x', ciphers='a')":               "lookup 'url': ciphers is not supported",
		"q('url', 'http://x', follow_redirects='maybe')":  "lookup 'url': follow_redirects must be all, safe, none or urllib2, not \"maybe\"",
		"q('url', 'http://x', header=1)":                  "lookup 'url': 'header' is not a valid option",
	} {
		t.Run(src, func(t *testing.T) {
			tpl, err := env.CompileExpr(src, diag.Pos{})
			if err != nil {
				t.Fatal(err)
			}
			v, err := tpl.Eval(t.Context(), jinja.MapScope{})
			got := jinja.Repr(v)
			if err != nil {
				got = err.Error()
			}
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	tpl, err := env.CompileExpr("q('url', 'https://x', validate_certs=false, username='u', password='p', force_basic_auth=true, headers={'A': 1}, use_proxy=no_proxy)", diag.Pos{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tpl.Eval(t.Context(), jinja.MapScope{"no_proxy": false}); err != nil {
		t.Fatal(err)
	}
	if asked.Verify || asked.Proxy || asked.User != "u" || asked.Password != "p" || !asked.BasicAtOnce || asked.Headers["A"] != "1" || asked.Timeout != 10*time.Second {
		t.Errorf("asked for %+v", asked)
	}
}
