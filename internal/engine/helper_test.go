package engine_test

import (
	"bufio"
	"context"
	"io"
	"time"

	"github.com/pfrun/pfrun/internal/helper"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/ontarget"
)

// onTarget gives the modules that plan on the host where it has a helper.
func (w *world) onTarget() []modules.Spec { return append(ontarget.Specs(), w.specs...) }

// throughHelper gives a host behind a helper in this process.
func (w *world) throughHelper(ctx context.Context, name string, h host.Host) (host.Host, error) {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	s := helper.Server{Modules: w.onTarget(), Open: func(string, time.Duration) (host.Host, error) { return staysOpen{h}, nil }}
	go func() {
		outW.CloseWithError(s.Serve(context.WithoutCancel(ctx), inR, outW))
		inR.Close()
	}()
	in := bufio.NewReader(outR)
	if _, err := in.ReadString('\n'); err != nil {
		return nil, err
	}
	return helper.Speak(name, in, inW, inW.Close)
}

// staysOpen is a host that others use too.
type staysOpen struct{ host.Host }

func (staysOpen) Close() error { return nil }
