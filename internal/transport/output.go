package transport

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// Lingering is how long the output of a program that has ended must have been silent to be taken as complete, when somebody else holds it open.
const Lingering = time.Second

// Sink is an io.Writer in front of another one. It never fails: once it is stopped or the other writer has failed, what comes is discarded, so that the program is not held up.
type Sink struct {
	w        io.Writer
	failed   func(error)
	busy     chan struct{} // holds one token while a write is under way
	received atomic.Int64
	stopped  atomic.Bool
	broken   bool
}

// NewSink gives a sink in front of w, which may be nil: everything is discarded. The first error of w goes to failed.
func NewSink(w io.Writer, failed func(error)) *Sink {
	if w == nil {
		w = io.Discard
	}
	return &Sink{w: w, failed: failed, busy: make(chan struct{}, 1)}
}

// Write passes b on.
func (s *Sink) Write(b []byte) (int, error) {
	s.busy <- struct{}{}
	defer func() { <-s.busy }()
	s.received.Add(int64(len(b)))
	if s.stopped.Load() || s.broken {
		return len(b), nil
	}
	if _, err := s.w.Write(b); err != nil {
		s.broken = true
		s.failed(fmt.Errorf("writing the program's output: %w", err))
	}
	return len(b), nil
}

// Received gives the number of bytes that have come, and whether none of them is being written now.
func (s *Sink) Received() (n int64, idle bool) {
	return s.received.Load(), len(s.busy) == 0
}

// Stop makes sure that nothing more is written. It waits for a write that is under way, but not for long: a writer that is stuck is its owner's to free.
func (s *Sink) Stop() {
	s.stopped.Store(true)
	select {
	case s.busy <- struct{}{}:
		<-s.busy
	case <-time.After(Lingering):
	}
}

// Output carries the two output streams of a program to the writers of whoever runs it, so that a run can end when it has to: because its time is over, because a writer
// fails, or because the program has ended and only a daemon that it started holds the output open.
type Output struct {
	Stdout, Stderr *Sink
	last           int64
}

// Stop stops both.
func (o *Output) Stop() {
	o.Stdout.Stop()
	o.Stderr.Stop()
}

// Silent says whether nothing came since it was last asked and nothing is being written.
func (o *Output) Silent() bool {
	a, aIdle := o.Stdout.Received()
	b, bIdle := o.Stderr.Received()
	same := a+b == o.last
	o.last = a + b
	return same && aIdle && bIdle
}

// Feed copies a program's input and gives only the errors of reading it: a program may end, or close its input, without reading it all. A nil r is empty.
func Feed(w io.Writer, r io.Reader) error {
	if r == nil {
		return nil
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if _, writeErr := w.Write(buf[:n]); writeErr != nil {
				return nil
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
