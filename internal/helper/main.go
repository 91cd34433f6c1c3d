package helper

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

// Main is the helper program: it serves this machine over in and out until in ends or it is told to end (SIGTERM, SIGINT).
func Main(in io.Reader, out io.Writer, specs []modules.Spec) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	// A login that ends, and an output that nobody reads, are seen at in and out; what is under way is finished. Ignored outright the programs that are run would ignore them too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGPIPE)
	hash, err := ownHash()
	if err != nil {
		return err
	}
	s := Server{Hash: hash, Modules: specs, Dial: dialHere, Open: func(name string, timeout time.Duration) (host.Host, error) {
		return target.Open(ctx, local.Conn{}, target.Options{Name: name, Timeout: timeout})
	}}
	return s.Serve(ctx, in, out)
}

// ownHash gives the SHA-256 of the program that runs.
func ownHash() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
