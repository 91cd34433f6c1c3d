// Package hosttest is the one suite of tests that every host.Host passes: what modules and the engine may rely on, whatever the host is made of.
//
//	func TestHost(t *testing.T) {
//		hosttest.Run(t, func(t *testing.T) host.Host { return open(t) }, hosttest.Options{Dir: "/tmp/scratch", Programs: true})
//	}
package hosttest

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Options says what the suite may use.
type Options struct {
	// Dir is a folder on the host that is there and empty, and belongs to the host's user, with a group of that user's. The suite leaves files in it.
	Dir string
	// Programs says that the host runs real programs, a POSIX system's. Without it nothing is run.
	Programs bool
	// Planned says that the host is one as it would be: nobody looks into what is written, and services are taken as they come.
	Planned bool
}

// Run runs the suite, each test with a host of its own from open and a new folder. What open makes it closes by t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) host.Host, o Options) {
	tests := fileTests
	if o.Programs {
		tests = append(tests[:len(tests):len(tests)], programTests...)
	}
	for _, tt := range tests {
		if o.Planned && tt.makes {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			s := newSuite(t, open(t), o)
			tt.test(s)
		})
	}
}

type test struct {
	name  string
	test  func(s *suite)
	makes bool // it is about what comes of making a change, not of the plan
}

// suite is one test: a host and a folder on it.
type suite struct {
	*testing.T
	host host.Host
	dir  string
	own  change.Meta // mode 0644 and the user's own ids
	o    Options
}

func newSuite(t *testing.T, h host.Host, o Options) *suite {
	t.Helper()
	s := &suite{T: t, host: h, o: o, dir: path.Join(o.Dir, t.Name()[strings.LastIndexByte(t.Name(), '/')+1:])}
	st := s.stat(o.Dir)
	if st.Kind != host.Dir {
		t.Fatalf("%s is no folder: %+v", o.Dir, st)
	}
	s.own = change.Meta{Mode: 0o644, UID: st.Meta.UID, GID: st.Meta.GID}
	s.mkdir(s.dir)
	return s
}

// path gives a path in the test's folder.
func (s *suite) path(name string) string { return s.dir + "/" + name }

func (s *suite) meta(mode uint32) change.Meta {
	m := s.own
	m.Mode = mode
	return m
}

func (s *suite) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *suite) stat(path string) host.Stat {
	s.Helper()
	st, err := s.host.Stat(s.Context(), path)
	s.must(err)
	return st
}

const limit = 4 << 20

// read gives the file at a path.
func (s *suite) read(path string) *change.File {
	s.Helper()
	f, err := s.host.ReadFile(s.Context(), path, limit)
	s.must(err)
	return f
}

func (s *suite) text(path string) string {
	s.Helper()
	data, ok := s.read(path).Content.Data()
	if !ok {
		s.Fatalf("%s: content is not held", path)
	}
	return string(data)
}

func (s *suite) apply(c change.Change) change.Outcome {
	s.Helper()
	out, err := s.host.Apply(s.Context(), c)
	s.must(err)
	if !out.Known {
		s.Fatalf("%s: the outcome is not known", c.Summary())
	}
	return out
}

// write puts a new file, and gives it as it has to be read.
func (s *suite) write(name, text string) *change.File {
	s.Helper()
	f := &change.File{Content: change.Bytes([]byte(text)), Meta: s.own}
	s.apply(change.WriteFile{Path: s.path(name), Content: f.Content, Meta: f.Meta})
	return f
}

// holds checks content, mode and owner of the file at a path.
func (s *suite) holds(path string, want *change.File) {
	s.Helper()
	got := s.read(path)
	if !got.Same(want) {
		a, _ := got.Content.Data()
		b, _ := want.Content.Data()
		s.Errorf("%s holds %.80q (%d bytes) with %v, not %.80q (%d bytes) with %v", path, a, got.Content.Size, got.Meta, b, want.Content.Size, want.Meta)
	}
}

// only checks that the test's folder holds these names and no other: no temporary file is left.
func (s *suite) only(names ...string) {
	s.Helper()
	got := []string{}
	for st, err := range s.host.Walk(s.Context(), s.dir) {
		s.must(err)
		got = append(got, strings.TrimPrefix(st.Path, s.dir+"/"))
	}
	if diff := cmp.Diff(names, got, cmpopts.EquateEmpty()); diff != "" {
		s.Errorf("names in the folder (-want +got):\n%s", diff)
	}
}

func (s *suite) mkdir(path string) {
	s.Helper()
	s.apply(change.Mkdir{Path: path, Meta: s.meta(0o755)})
}

func (s *suite) link(path, target string) {
	s.Helper()
	s.apply(change.Symlink{Path: path, Target: target, Meta: s.meta(0o777)})
}

// do runs a program that has to succeed and gives what it prints.
func (s *suite) do(argv ...string) string {
	s.Helper()
	out := s.exec(change.Exec{Argv: argv})
	if out.Status != 0 {
		s.Fatalf("%v: status %d, %s", argv, out.Status, out.Stderr)
	}
	return string(out.Stdout)
}

func (s *suite) exec(c change.Exec) change.Outcome {
	s.Helper()
	return s.apply(c)
}

// names are file names that a shell would take for something else.
func names() []string {
	return []string{"plain", "with space", "-n", "quo'te\"s", "$HOME`id`$(id)", "new\nline", "ümlaut-日本", "*?[a]", "back\\slash", "semi;colon&|<>", "~tilde", "#hash", "%s%%"}
}

// everyByte is each byte once.
func everyByte() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}

func contents() map[string]string {
	return map[string]string{
		"empty": "", "line": "a\n", "no newline": "a", "newlines": "\n\n\na\n\n", "crlf": "a\r\nb\r\n", "quotes": "'\"`$(id) \\n %s\n", "binary": everyByte(),
		"utf8": "Grüße, 世界 🎉\n", "large": strings.Repeat(everyByte()+"some text\n", 1<<20/266+1)[:1<<20], "dashes": "-n -e --\n", "long line": strings.Repeat("x", 100_000),
	}
}

func sum(text string) string {
	return fmt.Sprintf("%d bytes, %s", len(text), change.Bytes([]byte(text)).SHA256)
}
