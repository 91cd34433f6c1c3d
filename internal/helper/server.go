package helper

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pfrun/pfrun/internal/wire"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Server says what a helper is made of.
type Server struct {
	// Hash of the program itself, which it says in its hello.
	Hash string
	// Open gives the machine that the helper runs on. name is what messages call it; looks and file changes without a deadline get timeout, 0 being a sensible one.
	Open func(name string, timeout time.Duration) (host.Host, error)
	// Dial connects from the machine, in place of the host's own Dial; nil: it cannot be connected from. What it gives is closed for writing by CloseWrite, where it has that.
	Dial func(ctx context.Context, network, address string) (io.ReadWriteCloser, error)
	// Modules that plan here.
	Modules []modules.Spec
}

// Serve says hello and answers requests until in ends or ctx does. Looks end then; a step that is under way is finished, and the next is not begun. The error is of what was
// said, not of what was asked for.
func (o Server) Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	if _, err := fmt.Fprintf(out, "%s%s %s\n", sayHello, o.Hash, Form(o.Modules)); err != nil {
		return err
	}
	s := &server{Server: o, out: &frameWriter{w: out}, running: map[uint32]*job{}, overlays: map[uint32]*replayed{}, tasks: map[uint32]modules.Task{}}
	s.streams = newStreams(s.out)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.listen(ctx, newFrameReader(bufio.NewReaderSize(in, maxBody))) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
	}
	s.stop()
	cancel()
	s.streams.fail(io.ErrUnexpectedEOF)
	s.jobs.Wait()
	if s.host != nil {
		err = errors.Join(err, s.host.Close())
	}
	return err
}

// server is a session.
type server struct {
	Server
	out     *frameWriter
	streams *streams
	host    host.Host // set by the first request

	jobs sync.WaitGroup

	mu       sync.Mutex
	running  map[uint32]*job
	stopped  bool
	overlays map[uint32]*replayed
	tasks    map[uint32]modules.Task // that have further rounds
	wanted   uint32                  // number of the last stream that was asked for
}

// job is a request under way. Its looks end with look, its steps with hard.
type job struct {
	s          *server
	id         uint32
	look, hard context.Context
	endLooks   context.CancelFunc
	endAll     context.CancelFunc
	finished   chan struct{} // closed when it is over, and so is what it had to wait for
	before     *job          // what it had to wait for; nil: nothing
}

// replayed is an overlay as the control node has it; err says why it could not be made.
type replayed struct {
	overlay *host.Overlay
	err     error
}

func (s *server) listen(ctx context.Context, in *frameReader) error {
	for {
		m, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch m.kind {
		case request:
			err = s.begin(ctx, m)
		case giveUp:
			s.giveUp(m)
		case planned:
			err = s.replay(ctx, m)
		case data, credit, end:
			s.streams.take(m)
		default:
			err = errFrame
		}
		if err != nil {
			return err
		}
	}
}

// begin begins the work on a request: each is worked on by itself, but for the one that opens the session.
func (s *server) begin(ctx context.Context, m message) error {
	o, timeout, args, err := readRequest(m.body)
	if err != nil {
		return err
	}
	if o == opBegin {
		return s.open(args)
	}
	if s.host == nil {
		return fmt.Errorf("%w: a request before the session was opened", errFrame)
	}
	if j := s.newJob(ctx, m.id, o, timeout); j != nil {
		go func() {
			defer j.done()
			j.answer(j.do(o, args))
		}()
	}
	return nil
}

func (s *server) open(args []byte) error {
	var b begin
	if err := wire.Unmarshal(args, &b); err != nil {
		return err
	}
	if s.host != nil {
		return fmt.Errorf("%w: the session is opened twice", errFrame)
	}
	var err error
	s.host, err = s.Open(b.Name, b.Timeout)
	return err
}

// newJob makes a job, whose looks end with ctx and whose steps do not; nil where the session has ended. The timeout is that of a look or of one step; what is performed has as
// many steps as it has.
func (s *server) newJob(ctx context.Context, id uint32, o op, timeout time.Duration) *job {
	j := &job{s: s, id: id, finished: make(chan struct{})}
	j.hard, j.endAll = context.WithCancel(context.WithoutCancel(ctx))
	if timeout > 0 && o != opPerform {
		bounded, stop := context.WithTimeout(j.hard, timeout)
		j.hard, j.endAll = bounded, stopBoth(stop, j.endAll)
	}
	j.look, j.endLooks = context.WithCancel(j.hard)
	if timeout > 0 && o == opPerform {
		bounded, stop := context.WithTimeout(j.look, timeout)
		j.look, j.endLooks = bounded, stopBoth(stop, j.endLooks)
	}
	context.AfterFunc(ctx, j.endLooks)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		j.endLooks()
		j.endAll()
		return nil
	}
	s.jobs.Add(1)
	s.running[id] = j
	return j
}

func stopBoth(a, b context.CancelFunc) context.CancelFunc { return func() { a(); b() } }

func (j *job) done() {
	j.endLooks()
	j.endAll()
	if j.before == nil {
		j.finish()
	} else { // where it was given up before its turn, who comes behind it still waits
		go func() {
			<-j.before.finished
			j.finish()
		}()
	}
	j.s.jobs.Done()
}

func (j *job) finish() {
	j.s.mu.Lock()
	delete(j.s.running, j.id)
	j.s.mu.Unlock()
	close(j.finished)
}

// wait waits until another request is over. That one came first, so it is known as long as it is under way.
func (j *job) wait(id uint32) error {
	j.s.mu.Lock()
	j.before = j.s.running[id]
	j.s.mu.Unlock()
	if j.before == nil {
		return nil
	}
	select {
	case <-j.before.finished:
		return nil
	case <-j.look.Done():
		return context.Cause(j.look)
	}
}

func (s *server) giveUp(m message) {
	s.mu.Lock()
	j := s.running[m.id]
	s.mu.Unlock()
	if j == nil || len(m.body) != 1 {
		return
	}
	if m.body[0] == giveUpAll {
		j.endAll()
	}
	j.endLooks()
}

// stop has no more jobs begun.
func (s *server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
}

func (s *server) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// part sends something that came of a request.
func (j *job) part(first []byte, v any) error {
	body, err := wire.Encoder{}.Append(first, v)
	if err != nil {
		return err
	}
	return j.s.out.send(message{part, j.id, body})
}

// answer ends a request. A result that cannot travel is an error of its own.
func (j *job) answer(v any, err error) {
	body := []byte{answerOK}
	if err == nil && v != nil {
		body, err = wire.Encoder{}.Append(body, v)
	}
	if len(body) > maxMessage {
		err = fmt.Errorf("the answer of %d bytes is too long for the helper", len(body))
	}
	if err != nil {
		body, err = wire.Encoder{}.Append([]byte{answerFault}, newFault(err))
	}
	if err == nil {
		j.s.out.send(message{answer, j.id, body}) // who does not hear it has gone
	}
}

// replay gives an overlay the changes that it lacks, before any request that comes after them is begun.
func (s *server) replay(ctx context.Context, m message) error {
	var p plannedArgs
	if err := s.decoder().Decode(m.body, &p); err != nil {
		return err
	}
	if s.host == nil {
		return errFrame
	}
	s.mu.Lock()
	r := s.overlays[m.id]
	if r == nil {
		r = &replayed{overlay: host.NewOverlay(s.host)}
		s.overlays[m.id] = r
	}
	s.mu.Unlock()
	if err := r.overlay.Replay(ctx, p.Changes); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		r.err = fmt.Errorf("what is planned could not be told the helper: %w", err)
	}
	return nil
}

// decoder reads what comes. Contents that came by their hash are asked for when they are opened.
func (s *server) decoder() wire.Decoder {
	return wire.Decoder{Open: func(c change.Content) (io.ReadCloser, error) {
		s.mu.Lock()
		s.wanted++
		id := s.wanted | 1<<31 // the other numbers are requests'
		s.mu.Unlock()
		in := s.streams.add(id)
		if err := s.out.send(message{want, id, []byte(c.SHA256)}); err != nil {
			in.Close()
			return nil, err
		}
		return in, nil
	}}
}
