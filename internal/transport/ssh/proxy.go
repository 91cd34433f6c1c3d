package ssh

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// proxyGrace is how long a ProxyCommand may go on after its connection is closed and it was asked to end.
const proxyGrace = time.Second

// proxyConn is a connection over the standard input and output of a program.
type proxyConn struct {
	net.Conn
	cmd    *exec.Cmd
	stderr *tail
	ended  chan struct{} // closed when the program has ended
	close  func() error
}

// startProxy starts a line by sh, as ssh does it. The program is a session of its own: it cannot ask on the terminal, and an interrupt from the keyboard does not reach it.
func startProxy(line string) (*proxyConn, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	far := os.NewFile(uintptr(fds[1]), "proxy")
	defer far.Close()
	near := os.NewFile(uintptr(fds[0]), "proxy")
	conn, err := net.FileConn(near) // a copy
	near.Close()
	if err != nil {
		return nil, err
	}
	p := &proxyConn{Conn: conn, cmd: exec.Command("/bin/sh", "-c", "exec "+line), stderr: &tail{}, ended: make(chan struct{})}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = far, far, p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p.cmd.WaitDelay = proxyGrace // for what it has started and left behind, which holds its standard error
	if err := p.cmd.Start(); err != nil {
		conn.Close()
		return nil, err
	}
	p.close = sync.OnceValue(p.shut)
	go func() {
		p.cmd.Wait() // its status is in ProcessState
		close(p.ended)
	}()
	return p, nil
}

// Close closes the connection and ends the program with all that it has started: asked by a hang-up first, as ssh does it.
func (p *proxyConn) Close() error { return p.close() }

func (p *proxyConn) shut() error {
	err := p.Conn.Close()
	go func() {
		group := -p.cmd.Process.Pid
		syscall.Kill(group, syscall.SIGHUP) // it may have ended
		select {
		case <-p.ended:
		case <-time.After(proxyGrace):
		}
		syscall.Kill(group, syscall.SIGKILL) // likewise, and what it left behind
	}()
	return err
}

// explain gives err with what the program has to say about it, once it has ended or had a moment to.
func (p *proxyConn) explain(err error) error {
	select {
	case <-p.ended:
		err = fmt.Errorf("the ProxyCommand ended (%s)", p.cmd.ProcessState)
	case <-time.After(200 * time.Millisecond):
	}
	return p.said(err)
}

// said adds to an error what the program has said so far.
func (p *proxyConn) said(err error) error {
	if text := p.stderr.lines(); text != "" {
		return fmt.Errorf("%w: %s", err, text)
	}
	return err
}

// lines gives what was kept, on one line.
func (t *tail) lines() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(strings.FieldsFunc(string(t.text), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
