package hosttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

var programTests = []test{
	{name: "Exec", test: testExec},
	{name: "ExecArguments", test: testExecArguments},
	{name: "ExecLarge", test: testExecLarge},
	{name: "ExecNotFound", test: testExecNotFound},
	{name: "ExecUnstarted", test: testExecUnstarted},
	{name: "ExecFolder", test: testExecFolder},
	{name: "ExecCancelled", test: testExecCancelled},
	{name: "ExecConcurrent", test: testExecConcurrent},
	{name: "Probe", test: testProbe},
	{name: "ProbeScratch", test: testProbeScratch},
	{name: "Validate", test: testValidate},
	{name: "StatOther", test: testStatOther},
	{name: "DialRefused", test: testDialRefused},
}

func (s *suite) wantExec(c change.Exec, status int, stdout, stderr string) {
	s.Helper()
	out := s.exec(c)
	if out.Status != status || string(out.Stdout) != stdout || string(out.Stderr) != stderr {
		s.Errorf("%s: status %d, stdout %q, stderr %q; want %d, %q, %q", c.Summary(), out.Status, out.Stdout, out.Stderr, status, stdout, stderr)
	}
}

func testExec(s *suite) {
	s.wantExec(change.Exec{Argv: []string{"true"}}, 0, "", "")
	s.wantExec(change.Exec{Argv: []string{"sh", "-c", "echo out; echo err >&2; exit 3"}}, 3, "out\n", "err\n")
	s.wantExec(change.Exec{Argv: []string{"cat"}}, 0, "", "")
	s.wantExec(change.Exec{Argv: []string{"cat"}, Stdin: "a\nb"}, 0, "a\nb", "")
	s.wantExec(change.Exec{Argv: []string{"true"}, Stdin: strings.Repeat("not read\n", 100_000)}, 0, "", "")
	s.wantExec(change.Exec{Argv: []string{"sh", "-c", `printf "%s|%s" "$A" "$B"`}, Env: []string{"A=1 '2'\n$3", "B="}}, 0, "1 '2'\n$3|", "")
	s.wantExec(change.Exec{Argv: []string{"sh", "-c", "kill -9 $$"}}, 128+9, "", "")
	s.wantExec(change.Exec{Argv: []string{"sh", "-c", `case :$PATH: in *:/usr/sbin:*) ;; *) echo "$PATH" ;; esac`}}, 0, "", "")
}

func testExecArguments(s *suite) {
	args := append(names(), "", " ", "\t", "'", `"`, "!", "a=b", "{}", "%")
	out := s.exec(change.Exec{Argv: append([]string{"printf", `<%s>`}, args...)})
	if want := "<" + strings.Join(args, "><") + ">"; string(out.Stdout) != want {
		s.Errorf("got  %q\nwant %q", out.Stdout, want)
	}
}

func testExecLarge(s *suite) {
	text := strings.Repeat(everyByte(), 1<<20/256)
	out := s.exec(change.Exec{Argv: []string{"cat"}, Stdin: text})
	if string(out.Stdout) != text {
		s.Errorf("got %s, want %s", sum(string(out.Stdout)), sum(text))
	}
}

func testExecNotFound(s *suite) {
	for _, name := range []string{"pfrun-no-such-program", s.path("no-such-program")} {
		if out := s.exec(change.Exec{Argv: []string{name, "x"}}); out.Status != host.NotFound || !strings.Contains(string(out.Stderr), "not found") {
			s.Errorf("%s: status %d, stderr %q", name, out.Status, out.Stderr)
		}
		if out := s.exec(change.Exec{Argv: []string{name, "x"}, Env: []string{"A=b"}}); out.Status != host.NotFound {
			s.Errorf("%s with an environment: status %d", name, out.Status)
		}
	}
}

// testExecUnstarted tells programs that cannot be started from those that end with the same status.
func testExecUnstarted(s *suite) {
	for name, text := range map[string]string{"plain": "no program\n", "lost": "#!/no/such/interpreter\n", "fine": "#!/bin/sh\nexit 127\n", "refuses": "#!/bin/sh\nexit 126\n"} {
		s.write(name, text)
		if name != "plain" {
			s.do("chmod", "755", s.path(name))
		}
	}
	for want, argvs := range map[int][][]string{
		2:  {{"pfrun-no-such-program"}, {s.path("missing")}, {s.path("lost"), "x"}},
		13: {{s.path("plain")}, {s.dir}},
		0:  {{s.path("fine")}, {s.path("refuses")}, {"sh", "-c", "exit 127"}, {"true"}, {"./fine"}},
	} {
		for _, argv := range argvs {
			for _, env := range [][]string{nil, {"A=b c"}} {
				if out := s.exec(change.Exec{Argv: argv, Env: env, Dir: s.dir}); out.Errno != want {
					s.Errorf("%s, environment %q: error %d, want %d; status %d, stderr %q", argv, env, out.Errno, want, out.Status, out.Stderr)
				}
			}
		}
	}
}

func testExecFolder(s *suite) {
	s.mkdir(s.path("with space '"))
	s.wantExec(change.Exec{Argv: []string{"pwd"}, Dir: s.path("with space '")}, 0, s.path("with space '")+"\n", "")
	s.link(s.path("another name"), "with space '") // a program that is started there knows the folder by its own name, as one of Ansible's does
	s.wantExec(change.Exec{Argv: []string{"sh", "-c", `echo "$PWD"`}, Dir: s.path("another name")}, 0, s.path("with space '")+"\n", "")
	if _, err := s.host.Apply(s.Context(), change.Exec{Argv: []string{"pwd"}, Dir: s.path("missing")}); err == nil || !strings.Contains(err.Error(), s.path("missing")) {
		s.Errorf("a folder that is not there: %v", err)
	}
}

func testExecCancelled(s *suite) {
	ctx, cancel := context.WithCancel(s.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	begin := time.Now()
	_, err := s.host.Apply(ctx, change.Exec{Argv: []string{"sleep", "30"}})
	if !errors.Is(err, context.Canceled) {
		s.Errorf("got %v", err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		s.Errorf("the end took %v", took)
	}
	s.wantExec(change.Exec{Argv: []string{"echo", "on"}}, 0, "on\n", "")
}

func testExecConcurrent(s *suite) {
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			text := fmt.Sprint("text ", i)
			out, err := s.host.Apply(s.Context(), change.Exec{Argv: []string{"cat"}, Stdin: text})
			if err != nil || string(out.Stdout) != text {
				s.Errorf("%d: %q, %v", i, out.Stdout, err)
			}
		})
	}
	wg.Wait()
}

func (s *suite) probe(p host.Probe) host.Output {
	s.Helper()
	out, err := s.host.Probe(s.Context(), p)
	s.must(err)
	return out
}

func testProbe(s *suite) {
	out := s.probe(host.Probe{Argv: []string{"sh", "-c", `echo "$LC_ALL"; cat; echo err >&2; exit 2`}, Stdin: "in\n"})
	if out != (host.Output{Status: 2, Stdout: "C\nin\n", Stderr: "err\n"}) {
		s.Errorf("%+v", out)
	}
	out = s.probe(host.Probe{Argv: []string{"pfrun-no-such-program"}})
	if out.Status != host.NotFound {
		s.Errorf("%+v", out)
	}
	ctx, cancel := context.WithTimeout(s.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := s.host.Probe(ctx, host.Probe{Argv: []string{"sleep", "30"}}); !errors.Is(err, context.DeadlineExceeded) {
		s.Errorf("beyond the deadline: %v", err)
	}
}

func testProbeScratch(s *suite) {
	scratch := map[string]string{"main.cf": "a = b\n", "it's $x": "1\n2", "binary": everyByte(), "empty": "", "-large": strings.Repeat("0123456789\n", 20_000)}
	for _, name := range slices.Sorted(maps.Keys(scratch)) {
		out := s.probe(host.Probe{Argv: []string{"cat", host.ScratchDir + "/" + name, "-"}, Stdin: "-n stdin", Scratch: scratch})
		if out.Status != 0 || out.Stdout != scratch[name]+"-n stdin" {
			s.Errorf("%q: status %d, %s, stderr %q", name, out.Status, sum(out.Stdout), out.Stderr)
		}
	}
	private := `stat -c %a "$1" "$1/main.cf"; echo "$1"; exit 4`
	out := s.probe(host.Probe{Argv: []string{"sh", "-c", private, "sh", host.ScratchDir}, Scratch: scratch})
	lines := strings.Split(out.Stdout, "\n")
	if out.Status != 4 || len(lines) != 4 || lines[0] != "700" || lines[1] != "600" {
		s.Fatalf("%+v", out)
	}
	if st := s.stat(lines[2]); st.Kind != host.Absent {
		s.Errorf("the scratch folder is still there: %+v", st)
	}
	out = s.probe(host.Probe{Argv: []string{"pfrun-no-such-program", host.ScratchDir}, Scratch: scratch})
	if out.Status != host.NotFound {
		s.Errorf("a program that is not there: %+v", out)
	}
	for _, bad := range []string{"", ".", "..", "a/b", "../x", "nul\x00"} {
		if _, err := s.host.Probe(s.Context(), host.Probe{Argv: []string{"true"}, Scratch: map[string]string{bad: ""}}); err == nil {
			s.Errorf("a scratch file %q was taken", bad)
		}
	}
}

func testValidate(s *suite) {
	before := s.write("f", "old\n")
	valid := []string{"grep", "-q", "^new$", "%s"}
	s.apply(change.WriteFile{Path: s.path("f"), Content: change.Bytes([]byte("new\n")), Meta: s.own, Before: before, Validate: valid})
	now := &change.File{Content: change.Bytes([]byte("new\n")), Meta: s.own}
	s.holds(s.path("f"), now)
	refused := change.WriteFile{Path: s.path("f"), Content: change.Bytes([]byte("bad\n")), Meta: s.own, Before: now, Validate: []string{"sh", "-c", "echo why >&2; exit 7", "%s"}}
	if _, err := s.host.Apply(s.Context(), refused); err == nil || !strings.Contains(err.Error(), "rc:7") || !strings.Contains(err.Error(), "why") {
		s.Errorf("got %v", err)
	}
	s.holds(s.path("f"), now)
	s.only("f")
}

func testStatOther(s *suite) {
	s.do("mkfifo", s.path("pipe"))
	if st := s.stat(s.path("pipe")); st.Kind != host.Other {
		s.Errorf("%+v", st)
	}
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
	defer cancel()
	if _, err := s.host.ReadFile(ctx, s.path("pipe"), limit); err == nil || errors.Is(err, context.DeadlineExceeded) {
		s.Errorf("a pipe was read: %v", err)
	}
	if st := s.stat("/dev/null"); st.Kind != host.Other || path.Base(st.Path) != "null" {
		s.Errorf("%+v", st)
	}
}

func testDialRefused(s *suite) {
	c, err := s.host.Dial(s.Context(), "unix", s.path("no-socket"))
	if err == nil {
		io.Copy(io.Discard, c)
		c.Close()
		s.Error("a connection to nothing was made")
	}
}
