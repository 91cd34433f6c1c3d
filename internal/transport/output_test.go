package transport_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/pfrun/pfrun/internal/transport"
)

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestSinkReportsOneFailureAndGoesOn(t *testing.T) {
	broken := errors.New("disk full")
	var got []error
	s := transport.NewSink(failing{broken}, func(err error) { got = append(got, err) })
	for range 2 {
		if n, err := io.WriteString(s, "abc"); n != 3 || err != nil {
			t.Errorf("write gives %d, %v", n, err)
		}
	}
	if len(got) != 1 || !errors.Is(got[0], broken) {
		t.Errorf("reported %v", got)
	}
}

func TestSinkWritesNothingAfterStop(t *testing.T) {
	var b bytes.Buffer
	s := transport.NewSink(&b, func(err error) { t.Error(err) })
	io.WriteString(s, "before")
	s.Stop()
	io.WriteString(s, "after")
	if b.String() != "before" {
		t.Errorf("%q was written", &b)
	}
}

func TestOutputIsNotSilentWhileAWriterIsBusy(t *testing.T) {
	pr, pw := io.Pipe()
	o := transport.Output{Stdout: transport.NewSink(pw, nil), Stderr: transport.NewSink(nil, nil)}
	if !o.Silent() {
		t.Error("not silent at first")
	}
	done := make(chan struct{})
	go func() {
		io.WriteString(o.Stdout, "x")
		close(done)
	}()
	for n, _ := o.Stdout.Received(); n == 0; n, _ = o.Stdout.Received() {
	}
	if o.Silent() || o.Silent() {
		t.Error("silent while its writer is busy")
	}
	io.ReadFull(pr, make([]byte, 1))
	<-done
	if !o.Silent() {
		t.Error("not silent afterwards")
	}
}
