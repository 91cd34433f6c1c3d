package helper_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/helper"
	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/hosttest"
	"github.com/pfrun/pfrun/modules/ontarget"
)

// here is a server whose host is this machine.
func here(ctx context.Context) helper.Server {
	return helper.Server{
		Hash:    "none",
		Dial:    helper.DialHere,
		Modules: ontarget.Specs(),
		Open: func(name string, timeout time.Duration) (host.Host, error) {
			return target.Open(ctx, local.Conn{}, target.Options{Name: name, Timeout: timeout})
		},
	}
}

// connect runs a server on pipes, and gives the client, and what ends the connection at once.
func connect(t *testing.T, s helper.Server) (*helper.Host, func()) {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	served := make(chan error, 1)
	go func() {
		served <- s.Serve(context.WithoutCancel(t.Context()), inR, outW)
		outW.Close()
		inR.Close()
	}()
	out := bufio.NewReader(outR)
	if line, err := out.ReadString('\n'); err != nil || !strings.HasPrefix(line, helper.SayHello) {
		t.Fatalf("%q, %v", line, err)
	}
	h, err := helper.Speak("h1", out, inW, inW.Close)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.Close()
		if err := <-served; err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	return h, func() {
		inW.Close()
		outR.CloseWithError(io.ErrUnexpectedEOF)
	}
}

func TestHost(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "pfrun-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	hosttest.Run(t, func(t *testing.T) host.Host {
		h, _ := connect(t, here(t.Context()))
		return h
	}, hosttest.Options{Dir: dir, Programs: true})
}

func TestLargeContentIsAskedFor(t *testing.T) {
	h, _ := connect(t, here(t.Context()))
	text := bytes.Repeat([]byte(rand.Text()+"\n"), 100_000) // more than a window
	whole := change.Bytes(text)
	opened := 0
	byReference := change.Reference(whole.Size, whole.SHA256, func() (io.ReadCloser, error) {
		opened++
		return whole.Open()
	})
	path := filepath.Join(t.TempDir(), "large")
	c := change.WriteFile{Path: path, Content: byReference, Meta: change.Meta{Mode: 0o600, UID: os.Getuid(), GID: os.Getgid()}}
	if _, err := h.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, text) || opened != 1 {
		t.Errorf("%d bytes, %v, opened %d times", len(got), err, opened)
	}
	c.Path += "2"
	c.Content = change.Reference(1, hex.EncodeToString(make([]byte, 32)), nil)
	if _, err := h.Apply(t.Context(), c); err == nil || !strings.Contains(err.Error(), change.ErrNotHeld.Error()) {
		t.Errorf("a content that nobody has: %v", err)
	}
	if offers, pending := h.OutOffers(); offers != 0 || pending != 0 {
		t.Errorf("%d offers and %d requests are left", offers, pending)
	}
}

func TestDial(t *testing.T) {
	h, _ := connect(t, here(t.Context()))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // an echo that says when it heard the end
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.Copy(c, c)
			io.WriteString(c, "bye")
			c.Close()
		}
	}()
	c, err := h.Dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Repeat([]byte("0123456789"), 200_000)
	go func() {
		c.Write(text)
		c.(interface{ CloseWrite() error }).CloseWrite()
	}()
	if got, err := io.ReadAll(c); err != nil || string(got) != string(text)+"bye" {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	c.Close()
	idle, err := h.Dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	idle.SetDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := idle.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("beyond the deadline: %v", err)
	}
	idle.Close()
	if _, err := idle.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	for address, want := range map[string]string{"127.0.0.1:1": "refused", "[::1]:1": "", "localhost:1": "refused", "no-such-name.invalid:25": "no such name", "127.0.0.1": "HOST:PORT", "127.0.0.1:smtp": "HOST:PORT"} {
		if _, err := h.Dial(t.Context(), "tcp", address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
	socket := filepath.Join(t.TempDir(), "socket")
	u, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	go func() {
		if c, err := u.Accept(); err == nil {
			io.WriteString(c, "hello")
			c.Close()
		}
	}()
	if c, err = h.Dial(t.Context(), "unix", socket); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
	c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := h.Dial(ctx, "tcp", "192.0.2.1:25"); err == nil || time.Since(begin) > 5*time.Second { // an address that nobody has
		t.Errorf("nobody answers: %v after %v", err, time.Since(begin))
	}
}

func TestLostConnection(t *testing.T) {
	h, cut := connect(t, here(t.Context()))
	marker := filepath.Join(t.TempDir(), "made")
	failed := make(chan error, 2)
	go func() {
		_, err := h.Apply(t.Context(), change.Exec{Argv: []string{"sh", "-c", "sleep 0.5; touch " + marker}})
		failed <- err
	}()
	go func() {
		_, err := h.Probe(t.Context(), host.Probe{Argv: []string{"sleep", "30"}})
		failed <- err
	}()
	time.Sleep(200 * time.Millisecond)
	cut()
	for range 2 {
		if err := <-failed; !errors.Is(err, host.ErrUnreachable) || !strings.HasPrefix(err.Error(), "h1: ") {
			t.Errorf("under way: %v", err)
		}
	}
	if _, err := h.Stat(t.Context(), "/"); !errors.Is(err, host.ErrUnreachable) {
		t.Errorf("afterwards: %v", err)
	}
	for range 100 {
		if _, err := os.Stat(marker); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the step that was under way was not finished")
}

// task decodes a task as the engine does.
func task(t *testing.T, module string, args map[string]any) modules.Request {
	t.Helper()
	m, ok := modules.NewRegistry(ontarget.Specs()...).Lookup(module)
	if !ok {
		t.Fatal(module)
	}
	var given []modules.Given
	for name, v := range args {
		given = append(given, modules.Given{Name: name, Value: v})
	}
	task, err := m.Decode(diag.Pos{}, given)
	if err != nil {
		t.Fatal(err)
	}
	return modules.Request{Module: m.Name, Task: task}
}

func perform(t *testing.T, h *helper.Host, r modules.Request) *modules.Performed {
	t.Helper()
	p, err := h.Perform(t.Context(), t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPerform(t *testing.T) {
	h, _ := connect(t, here(t.Context()))
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := task(t, "lineinfile", map[string]any{"path": path, "line": "b"})
	p := perform(t, h, r)
	if len(p.Plan.Steps) != 1 || len(p.Outcomes) != 0 || p.Failed != nil || !strings.Contains(change.Diff(p.Plan.Steps[0]), "+b") {
		t.Fatalf("planned: %+v", p)
	}
	if text, _ := os.ReadFile(path); string(text) != "a\n" {
		t.Fatalf("planning wrote %q", text)
	}
	r.Make = true
	p = perform(t, h, r)
	if len(p.Plan.Steps) != 1 || len(p.Outcomes) != 1 || !p.Outcomes[0].Known || p.Failed != nil {
		t.Errorf("made: %+v", p)
	}
	if text, _ := os.ReadFile(path); string(text) != "a\nb\n" {
		t.Errorf("it holds %q", text)
	}
	if p = perform(t, h, r); len(p.Plan.Steps) != 0 {
		t.Errorf("again: %+v", p)
	}
	p = perform(t, h, modules.Request{Module: "command", Task: task(t, "command", map[string]any{"_raw_params": "sh -c 'echo out; exit 3'"}).Task, Make: true})
	if len(p.Outcomes) != 1 || p.Outcomes[0].Status != 3 || string(p.Outcomes[0].Stdout) != "out\n" {
		t.Errorf("command: %+v", p)
	}
	_, err := h.Perform(t.Context(), t.Context(), task(t, "lineinfile", map[string]any{"path": path + "/x", "line": "b"}))
	if err == nil || errors.Is(err, host.ErrUnreachable) {
		t.Errorf("a look that fails: %v", err)
	}
	r = task(t, "lineinfile", map[string]any{"path": path, "line": "c", "validate": "false %s"})
	r.Make = true
	if p = perform(t, h, r); p.Failed == nil || !strings.Contains(p.Failed.Error(), "failed to validate") || len(p.Plan.Steps) != 1 {
		t.Errorf("a step that fails: %+v", p)
	}
}

func TestPerformOverWhatIsPlanned(t *testing.T) {
	h, _ := connect(t, here(t.Context()))
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	o := host.NewOverlay(h)
	for i, line := range []string{"b", "c", strings.Repeat("large", 50_000), "d"} {
		r := task(t, "lineinfile", map[string]any{"path": path, "line": line})
		r.Over = o
		p := perform(t, h, r)
		if len(p.Plan.Steps) != 1 {
			t.Fatalf("line %d: %+v", i, p)
		}
		if _, err := o.Apply(t.Context(), p.Plan.Steps[0]); err != nil {
			t.Fatal(err)
		}
	}
	f, err := o.ReadFile(t.Context(), path, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := f.Content.Data(); !bytes.HasPrefix(data, []byte("a\nb\nc\nlarge")) || !bytes.HasSuffix(data, []byte("\nd\n")) {
		t.Errorf("planned: %.40q", data)
	}
	if text, _ := os.ReadFile(path); string(text) != "a\n" {
		t.Errorf("the file is %q", text)
	}
	r := task(t, "lineinfile", map[string]any{"path": path, "line": "b"})
	if p := perform(t, h, r); len(p.Plan.Steps) != 1 {
		t.Errorf("without the overlay nothing is planned: %+v", p)
	}
}

// stale is a host that changes a file just before the first change of it is made.
type stale struct {
	host.Host
	path string
}

func (s *stale) Apply(ctx context.Context, c change.Change) (change.Outcome, error) {
	if s.path != "" {
		if err := os.WriteFile(s.path, []byte("meanwhile\n"), 0o644); err != nil {
			return change.Outcome{}, err
		}
		s.path = ""
	}
	return s.Host.Apply(ctx, c)
}

func TestPerformPlansAgainWhereTheHostHasChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, replan := range []bool{true, false} {
		if err := os.WriteFile(path, []byte("a\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		s := here(t.Context())
		open := s.Open
		s.Open = func(name string, d time.Duration) (host.Host, error) {
			h, err := open(name, d)
			return &stale{h, path}, err
		}
		h, _ := connect(t, s)
		r := task(t, "lineinfile", map[string]any{"path": path, "line": "b"})
		r.Make, r.Replan = true, replan
		p := perform(t, h, r)
		text, _ := os.ReadFile(path)
		switch {
		case replan && (p.Failed != nil || string(text) != "meanwhile\nb\n" || len(p.Outcomes) != 1 || !strings.Contains(change.Diff(p.Plan.Steps[0]), " meanwhile")):
			t.Errorf("planned again: %+v, %q", p, text)
		case !replan && (!errors.Is(p.Failed, host.ErrStale) || string(text) != "meanwhile\n" || len(p.Outcomes) != 0):
			t.Errorf("not planned again: %+v, %q", p, text)
		}
	}
}

func TestPerformIsGivenUp(t *testing.T) {
	h, _ := connect(t, here(t.Context()))
	for name, hardToo := range map[string]bool{"looks": false, "everything": true} {
		looking, cancel := context.WithCancel(t.Context())
		hard := t.Context()
		if hardToo {
			hard = looking
		}
		r := task(t, "command", map[string]any{"_raw_params": "sleep 1"})
		r.Make = true
		time.AfterFunc(300*time.Millisecond, cancel)
		begin := time.Now()
		p, err := h.Perform(looking, hard, r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if took := time.Since(begin); hardToo && (p.Failed == nil || took > 900*time.Millisecond) || !hardToo && (p.Failed != nil || len(p.Outcomes) != 1) {
			t.Errorf("%s: %+v after %v", name, p, took)
		}
	}
	looking, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the user wants it so")
	cancel(why)
	if _, err := h.Perform(looking, t.Context(), task(t, "ss", map[string]any{"port": int64(25)})); !errors.Is(err, why) {
		t.Errorf("given up before: %v", err)
	}
}

func TestErrorsKeepWhatTheyWrap(t *testing.T) {
	for _, want := range []error{host.ErrPlanned, host.ErrStale, host.ErrTooLarge, host.ErrNotListed, host.ErrUnreachable, host.ErrNoForwarding, os.ErrNotExist, os.ErrPermission} {
		s := here(t.Context())
		s.Open = func(string, time.Duration) (host.Host, error) {
			return failing{err: fmt.Errorf("h1: it: %w", want)}, nil
		}
		h, _ := connect(t, s)
		if _, err := h.Stat(t.Context(), "/"); !errors.Is(err, want) || err.Error() != "h1: it: "+want.Error() {
			t.Errorf("%v became %v", want, err)
		}
	}
}

// failing is a host on which every look fails.
type failing struct {
	host.Host
	err error
}

func (f failing) Stat(context.Context, string) (host.Stat, error) { return host.Stat{}, f.err }
func (failing) Close() error                                      { return nil }

func waitABit() { time.Sleep(20 * time.Millisecond) }

// panics is a host that has a fault in one look.
type panics struct{ host.Host }

func (panics) Stat(context.Context, string) (host.Stat, error) { panic("looking") }

// TestPanicEndsTheRequestAlone holds that the helper outlives a panic, and that its stack comes along.
func TestPanicEndsTheRequestAlone(t *testing.T) {
	s := here(t.Context())
	open := s.Open
	s.Open = func(name string, timeout time.Duration) (host.Host, error) {
		h, err := open(name, timeout)
		return panics{h}, err
	}
	h, _ := connect(t, s)
	_, err := h.Stat(t.Context(), "/")
	if p, ok := errors.AsType[*modules.Panic](err); !ok || !strings.Contains(err.Error(), "the helper panicked: looking") || !strings.Contains(p.Stack, "helper_test.go") {
		t.Errorf("%v", err)
	}
	if _, err := h.ReadFile(t.Context(), "/etc/hostname", 1<<10); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}

// TestBehind sends tasks one behind another without waiting for answers: each is begun when the one before it has ended, though that failed or was given up.
func TestBehind(t *testing.T) {
	h, _ := connect(t, here(t.Context()))
	command, ok := modules.NewRegistry(ontarget.Specs()...).Lookup("command")
	if !ok {
		t.Fatal("no module command")
	}
	file := filepath.Join(t.TempDir(), "order")
	given, gaveUp := context.WithCancel(t.Context())
	var chain modules.Chain
	var wg sync.WaitGroup
	for i, line := range []string{"sleep 0.2; echo 0 >>$1", "echo 1 >>$1; exit 3", "sleep 0.1; echo 2 >>$1", "echo given up >>$1", "echo 4 >>$1"} {
		task, err := command.Decode(diag.Pos{}, []modules.Given{{Name: "argv", Value: []any{"sh", "-c", line, "sh", file}}})
		if err != nil {
			t.Fatal(err)
		}
		looking := t.Context()
		if i == 3 {
			looking = given
		}
		sent := make(chan struct{})
		wg.Go(func() {
			_, err := h.Perform(looking, looking, modules.Request{Module: "command", Task: task, Make: true, Behind: &chain, Sent: func() { close(sent) }})
			if (err != nil) != (i == 3) {
				t.Errorf("task %d: %v", i, err)
			}
		})
		<-sent
	}
	gaveUp()
	wg.Wait()
	if got, err := os.ReadFile(file); err != nil || string(got) != "0\n1\n2\n4\n" {
		t.Errorf("%q, %v", got, err)
	}
}
