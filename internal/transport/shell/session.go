// Package shell is file access through a shell: where a host has no SFTP server, or none can be reached as the user that a play becomes, one long-lived sh does the work of
// one.
//
// The shell reads requests from its stdin, one after the other. A request is a piece of script whose data are quoted words, so nothing that it works on can become script;
// its answer ends in a line with a word that no file can hold, because it is drawn anew for every session. Beyond sh it needs stat, dd, ls, readlink, mv, ln, mkdir, rm,
// chmod and chown as GNU coreutils and busybox have them.
package shell

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"github.com/pfrun/pfrun/internal/transport"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pfrun/pfrun/modules/host"
)

// Files is a transport.Files over a shell. Requests are served one at a time.
type Files struct {
	stdin  io.WriteCloser
	stdout *bufio.Reader
	end    string        // the word that ends every answer
	turn   chan struct{} // holds one token: whoever has it may talk to the shell
	fds    chan int      // the shell's free file descriptors

	mu     sync.Mutex
	broken error // why the session cannot be used any more
}

// ErrClosed says that the session was closed.
var ErrClosed = errors.New("shell session is closed")

var errNUL = errors.New("a NUL cannot be in a name")

// start makes a shell speak English and find its programs. A login's own functions and aliases do not reach a shell that reads from a pipe.
const start = `LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin; export PATH`

// Open makes a session of a running POSIX shell that reads its script from stdin (`sh` without arguments). Close closes stdin, and whoever started the shell sees to it
// that stdout ends then.
func Open(ctx context.Context, stdin io.WriteCloser, stdout io.Reader) (*Files, error) {
	f := &Files{stdin: stdin, stdout: bufio.NewReaderSize(stdout, 64<<10), end: "end-" + transport.Token(), turn: make(chan struct{}, 1), fds: make(chan int, 7)}
	for fd := 3; fd <= 9; fd++ { // dash knows no descriptor of two digits
		f.fds <- fd
	}
	f.turn <- struct{}{}
	if out, status, err := f.do(ctx, start); err != nil || status != 0 {
		f.Close()
		return nil, fmt.Errorf("start shell session: %w", errors.Join(err, answer(status, out)))
	}
	return f, nil
}

// Close ends the session. Open files are gone with it.
func (f *Files) Close() error {
	f.breakWith(ErrClosed)
	return nil
}

func (f *Files) breakWith(err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken == nil {
		f.broken = err
		f.stdin.Close()
	}
	return f.broken
}

func (f *Files) brokenBy() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.broken
}

// do has the shell run a piece of script and gives what it printed, stderr included, and its status. A piece that ctx cuts short is run to its end by the shell; a session
// whose shell does not get there within grace is given up.
func (f *Files) do(ctx context.Context, piece string) ([]byte, int, error) {
	select {
	case <-f.turn:
	case <-ctx.Done():
		return nil, 0, context.Cause(ctx)
	}
	if err := f.brokenBy(); err != nil {
		f.turn <- struct{}{}
		return nil, 0, err
	}
	done := make(chan reply, 1)
	go func() {
		out, status, err := f.exchange(piece)
		if err != nil {
			err = f.breakWith(fmt.Errorf("shell session: %w: %w", host.ErrUnreachable, err))
		}
		done <- reply{out, status, err}
		f.turn <- struct{}{}
	}()
	select {
	case r := <-done:
		return r.out, r.status, r.err
	case <-ctx.Done():
		late := time.AfterFunc(grace, func() { f.breakWith(fmt.Errorf("shell session does not answer: %w", host.ErrUnreachable)) })
		go func() {
			<-done
			late.Stop()
		}()
		return nil, 0, context.Cause(ctx)
	}
}

type reply struct {
	out    []byte
	status int
	err    error
}

// grace is how long a shell may go on with what nobody waits for any more.
const grace = 5 * time.Second

func (f *Files) exchange(piece string) ([]byte, int, error) {
	if _, err := fmt.Fprintf(f.stdin, "{ %s\n} 2>&1 </dev/null; printf '\\n%s %%d\\n' \"$?\"\n", piece, f.end); err != nil {
		return nil, 0, err
	}
	var out []byte
	for {
		line, err := f.stdout.ReadBytes('\n')
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, 0, err
		}
		if rest, ok := bytes.CutPrefix(line, []byte(f.end+" ")); ok {
			status, err := strconv.Atoi(string(bytes.TrimSpace(rest)))
			return bytes.TrimSuffix(out, []byte("\n")), status, err
		}
		out = append(out, line...)
	}
}

// call runs a fixed script with arguments in a subshell; what it prints is the answer, and a status other than 0 an error.
func (f *Files) call(ctx context.Context, script string, args ...string) ([]byte, error) {
	for _, a := range args {
		if strings.ContainsRune(a, 0) {
			return nil, errNUL
		}
	}
	out, status, err := f.do(ctx, "(set -- "+host.Quote(args...)+"; "+script+")")
	if err != nil {
		return nil, err
	}
	return out, answer(status, out)
}
