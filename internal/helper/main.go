package helper

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// Main is the helper program: it serves this machine over in and out until in ends or it is told to end (SIGTERM, SIGINT). hash is the SHA-256 of the program, which it says in its
// hello: the script that starts it has just taken it, and to take it once more would be most of the start.
func Main(in io.Reader, out io.Writer, hash string, specs []modules.Spec) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	// A login that ends, and an output that nobody reads, are seen at in and out; what is under way is finished. Ignored outright the programs that are run would ignore them too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGPIPE)
	s := Server{Hash: hash, Modules: specs, Dial: dialHere, Open: func(name string, timeout time.Duration) (host.Host, error) {
		return target.Open(ctx, local.Conn{}, target.Options{Name: name, Timeout: timeout})
	}}
	return s.Serve(ctx, in, out)
}
