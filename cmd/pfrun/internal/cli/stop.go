package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// stopping is the wish that a run end in good order: nothing new is begun, and what was begun is finished.
type stopping struct {
	C    chan struct{} // closed when it is wished
	say  io.Writer
	once sync.Once
}

func (c *command) newStopping() *stopping {
	return &stopping{C: make(chan struct{}), say: c.streams.Err}
}

func (s *stopping) now(why string) {
	s.once.Do(func() {
		fmt.Fprintf(s.say, "pfrun: %s: finishing what was begun; once more to stop at once\n", why)
		close(s.C)
	})
}

// onSignals stops in good order at the first SIGINT, SIGTERM or SIGHUP, and ends the context at the second. It is for when a run begins: before that there is nothing to finish,
// and a signal ends the program as any other. A reader of the output that goes away is no reason to die between an edit and its restart either; see output.
func (s *stopping) onSignals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals, pipes, done := make(chan os.Signal, 4), make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Notify(pipes, syscall.SIGPIPE) // writing gives an error then
	go func() {
		for {
			select {
			case <-signals:
			case <-done:
				return
			}
			select {
			case <-s.C:
				cancel()
			default:
				s.now("interrupted")
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		signal.Stop(pipes)
		close(done)
		cancel()
	}
}

// output is a stream whose reader may go away, as that of `pfrun … | head` does.
type output struct {
	io.Writer
	stop *stopping
}

func (o output) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		o.stop.now("nobody reads the output any more")
	}
	return n, err
}
