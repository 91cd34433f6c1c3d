package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/pfrun/pfrun/modules/host"
)

// dialogue is the start of a program: what is said until the marker comes, and the password when it is asked for.
type dialogue struct {
	h      *Host
	p      program
	way    way
	mark   string
	giveUp context.CancelCauseFunc
	ended  <-chan struct{} // the program is at its end, however it got there
	begun  chan struct{}   // the marker came: from here on stdin is the program's
	asked  chan struct{}   // the password is asked for
	out    io.Writer       // what comes after the marker where the marker is waited for: stderr, or all that a terminal says
	spool  *spool          // out, where a terminal gives a program's output in the end; else nil
	length int             // of stdin, where a terminal does not pass on its end

	mu      sync.Mutex
	said    []byte // until the marker, and after it where the folder cannot be entered
	noise   []byte // on stdout, until the marker
	isBegun bool
	noDir   bool
	isAsked bool
	failed  error

	given bool // of the one reader of stdin: the password was handed over
}

func newDialogue(h *Host, p program, terminal bool) (*dialogue, error) {
	d := &dialogue{h: h, p: p, mark: marker("begin"), begun: make(chan struct{}), asked: make(chan struct{}), out: p.stderr}
	d.way = way{prompt: marker("password"), terminal: terminal}
	var err error
	switch {
	case terminal && p.live:
		d.out = p.stdout
	case terminal:
		d.spool = &spool{mark: []byte(d.mark)}
		d.out = d.spool
		err = d.measure()
	}
	if p.secret {
		err = errors.Join(err, d.tellWords())
	}
	return d, err
}

// tellWords lets the program's words come before the rest of its stdin.
func (d *dialogue) tellWords() error {
	if slices.ContainsFunc(d.p.words(), func(a string) bool { return strings.ContainsRune(a, 0) }) {
		return errors.New("a NUL cannot be in an argument")
	}
	words := io.Reader(strings.NewReader(host.Quote(d.p.words()...) + "\n" + d.mark + "\n"))
	if d.p.stdin != nil {
		words = io.MultiReader(words, d.p.stdin)
	}
	d.p.stdin = words
	return nil
}

// measure reads the whole stdin, to say how long it is.
func (d *dialogue) measure() error {
	if d.p.stdin == nil {
		return nil
	}
	data, err := io.ReadAll(d.p.stdin)
	d.p.stdin, d.length = bytes.NewReader(data), len(data)
	return err
}

// maxSaid is how much of what is said before the marker is kept.
const maxSaid = 64 << 10

// hear takes what comes where the marker is waited for.
func (d *dialogue) hear(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(b)
	if d.isBegun && !d.noDir {
		return n, d.pass(b)
	}
	d.said = append(d.said, b...)
	d.listen()
	if over := len(d.said) - maxSaid; over > 0 {
		d.said = d.said[over:]
	}
	if d.isBegun && !d.noDir {
		rest := d.said
		d.said = nil
		return n, d.pass(rest)
	}
	return n, nil
}

func (d *dialogue) pass(b []byte) error {
	if d.out == nil || len(b) == 0 {
		return nil
	}
	_, err := d.out.Write(b)
	return err
}

// hearNoise takes what comes on stdout before the marker: some ask for the password there.
func (d *dialogue) hearNoise(b []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.noise = append(d.noise, b...)
	if over := len(d.noise) - maxSaid; over > 0 {
		d.noise = d.noise[over:]
	}
	if !d.isBegun {
		d.prompted(&d.noise)
	}
}

// listen looks for the marker and the prompt in what was said.
func (d *dialogue) listen() {
	if i := bytes.Index(d.said, []byte(d.mark)); !d.isBegun && i >= 0 && len(d.said) > i+len(d.mark) {
		d.noDir = d.said[i+len(d.mark)] == 'd'
		d.said = d.said[i+len(d.mark)+1:]
		d.isBegun = true
		close(d.begun)
		return
	}
	if !d.isBegun {
		d.prompted(&d.said)
	}
}

// prompted looks for prompts in what was said. The first is answered; a second one says that the answer was wrong.
func (d *dialogue) prompted(said *[]byte) {
	b := d.h.become
	if b == nil {
		return
	}
	for d.failed == nil {
		begin, end := methods[b.Method].prompted(*said, d.way)
		if begin < 0 {
			return
		}
		before := string((*said)[:begin])
		*said = append((*said)[:begin:begin], (*said)[end:]...)
		r, known := b.refusal(before)
		switch {
		case known && d.isAsked:
			d.fail(b.fault(d.h.name, r.err, before, r.hint))
		case d.isAsked:
			d.fail(b.fault(d.h.name, ErrWrongPassword, before, wrongPasswordHint))
		case b.Password == "":
			d.fail(b.fault(d.h.name, ErrPasswordNeeded, before, passwordHint))
		default:
			d.isAsked = true
			close(d.asked)
		}
	}
}

// fail ends the program. The caller holds the lock.
func (d *dialogue) fail(err error) {
	if d.failed == nil {
		d.failed = err
		d.giveUp(err)
	}
}

// late is called when the program should have begun long ago.
func (d *dialogue) late() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.isBegun {
		d.fail(d.silence(fmt.Errorf("the program did not begin within %v: %w", d.h.timeout, context.DeadlineExceeded)))
	}
}

// heard gives all that was said. The caller holds the lock.
func (d *dialogue) heard() string { return string(d.noise) + "\n" + string(d.said) }

// silence describes a program that did not begin.
func (d *dialogue) silence(err error) error {
	if b := d.h.become; b != nil {
		return b.fault(d.h.name, err, d.heard(), "see what "+b.Method+" asks for on the host")
	}
	return d.h.at("", fmt.Errorf("%w: %s", err, tail(d.heard())))
}

// speak is the reader that stdin comes from: nothing until the password is asked for or the program begins.
func (d *dialogue) speak(p []byte) (int, error) {
	asked := d.asked
	if d.given {
		asked = nil
	}
	select {
	case <-d.begun: // wins over a prompt that was not needed
	case <-d.ended:
		return 0, io.EOF
	case <-asked:
		line := d.h.become.Password + "\n"
		if len(p) < len(line) {
			return 0, io.ErrShortBuffer
		}
		d.given = true
		return copy(p, line), nil
	}
	if d.p.stdin == nil {
		return 0, io.EOF
	}
	return d.p.stdin.Read(p)
}

// outcome makes of the end of the connection's Run the end of the program.
func (d *dialogue) outcome(status int, err error) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.h.become
	switch {
	case d.failed != nil:
		return 0, d.failed
	case err != nil && !d.isBegun && errors.Is(err, context.DeadlineExceeded):
		return 0, d.silence(err)
	case err != nil && d.way.terminal && b != nil && errors.Is(err, errors.ErrUnsupported):
		return 0, &BecomeError{Host: d.h.name, Method: b.Method, User: b.User, Err: fmt.Errorf("%w: %w", errWantsTerminal, err), Hint: "use a method and rules that need none"}
	case err != nil:
		return 0, d.h.at("", err)
	case d.noDir:
		return 0, d.h.at(d.p.dir, fmt.Errorf("the folder cannot be entered: %s", tail(string(d.said))))
	case !d.isBegun && b != nil:
		return 0, b.refused(d.h.name, status, d.heard(), d.way)
	case !d.isBegun:
		return 0, d.h.at("", fmt.Errorf("the login shell did not start a program, status %d: %s", status, tail(d.heard())))
	case d.spool != nil:
		return status, d.h.at("", d.spool.deliver(d.p.stdout, d.p.stderr))
	}
	return status, nil
}

// gate lets through what comes after the marker.
type gate struct {
	mark   []byte
	held   []byte
	open   bool
	before func([]byte) // gets what comes before it, as far as it cannot be the marker's beginning
	w      io.Writer
}

func (g *gate) Write(b []byte) (int, error) {
	n := len(b)
	if !g.open {
		g.held = append(g.held, b...)
		i := bytes.Index(g.held, g.mark)
		if i < 0 {
			noise := len(g.held) - g.begun()
			g.before(g.held[:noise])
			g.held = g.held[noise:]
			return n, nil
		}
		b, g.open = g.held[i+len(g.mark):], true
		g.held = nil
	}
	if g.w == nil || len(b) == 0 {
		return n, nil
	}
	if _, err := g.w.Write(b); err != nil {
		return 0, err
	}
	return n, nil
}

// begun gives how many bytes at the end may be the marker's first ones.
func (g *gate) begun() int {
	for k := min(len(g.held), len(g.mark)-1); k > 0; k-- {
		if bytes.HasSuffix(g.held, g.mark[:k]) {
			return k
		}
	}
	return 0
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
