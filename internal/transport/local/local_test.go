package local_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os/exec"
	"testing"

	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/internal/transport/transporttest"
	"github.com/pfrun/pfrun/modules/host"
)

func TestConn(t *testing.T) {
	transporttest.Run(t, local.Conn{})
	transporttest.PutGet(t, local.Conn{})
	transporttest.Terminal(t, local.Conn{})
}

func TestFiles(t *testing.T) {
	f, err := local.Conn{}.OpenFiles(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	transporttest.Files(t, f)
}

func TestFilesThroughACommandAreRefused(t *testing.T) {
	if _, err := (local.Conn{}).OpenFiles(t.Context(), &host.Command{Argv: []string{"sudo"}}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("error %v", err)
	}
}

func TestRunWithoutProgram(t *testing.T) {
	if _, err := (local.Conn{}).Run(t.Context(), host.Command{}); err == nil {
		t.Error("an empty command ran")
	}
	if _, err := (local.Conn{}).Run(t.Context(), host.Command{Argv: []string{"no-such-program-here"}}); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

func TestDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			io.WriteString(c, "hello")
			c.Close()
		}
	}()
	c, err := local.Conn{}.Dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if text, err := io.ReadAll(c); string(text) != "hello" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (local.Conn{}).Dial(ctx, "tcp", l.Addr().String()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
