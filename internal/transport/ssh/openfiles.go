package ssh

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/pkg/sftp"

	"github.com/pfrun/pfrun/internal/transport"
	"github.com/pfrun/pfrun/modules/host"
)

// OpenFiles opens file access as the connection's user (through is nil), by the SFTP subsystem; or as the user that a command becomes, which must end up as an SFTP server on
// its stdin and stdout. What the command's Stdin holds, a password, is sent first. What the login shell or the command prints before the protocol starts does no harm.
func (c *Conn) OpenFiles(ctx context.Context, through *host.Command) (transport.Files, error) {
	f, err := c.openFiles(ctx, through)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// ownFiles gives the connection's own SFTP session, opened at first use, and again where it ended.
func (c *Conn) ownFiles(ctx context.Context) (*sftpFiles, error) {
	c.filesMu.Lock()
	defer c.filesMu.Unlock()
	if c.files != nil {
		return c.files, nil
	}
	f, err := c.openFiles(ctx, nil)
	if err != nil {
		return nil, err
	}
	c.files = f
	go func() {
		f.client.Wait()
		c.filesMu.Lock()
		defer c.filesMu.Unlock()
		c.files = nil
	}()
	return f, nil
}

func (c *Conn) openFiles(ctx context.Context, through *host.Command) (*sftpFiles, error) {
	kind, what := "subsystem", "sftp"
	var input io.Reader
	stderr := &tail{}
	if through != nil {
		line, err := commandLine(*through)
		if err != nil {
			return nil, err
		}
		kind, what, input, stderr.also = "exec", line, through.Stdin, through.Stderr
	}
	s, err := c.openSession(ctx)
	if err != nil {
		return nil, err
	}
	start := func() (*sftp.Client, error) { return startSFTP(s, kind, what, input, stderr) }
	client, err := await(ctx, start, func(client *sftp.Client) { client.Close() })
	if err != nil {
		s.abandon()
		return nil, c.explain(ctx, stderr.explain(fmt.Errorf("file access by SFTP: %w", err)))
	}
	c.sessions.keep()
	f := &sftpFiles{c: c, client: client, trouble: stderr.explain}
	f.stop = sync.OnceFunc(func() {
		c.sessions.unkeep()
		s.end()
	})
	go func() {
		client.Wait() // the server has ended, or this side has closed
		f.stop()
	}()
	return f, nil
}

// startSFTP starts an SFTP server and shakes hands with it.
func startSFTP(s *session, kind, what string, input io.Reader, stderr *tail) (*sftp.Client, error) {
	if err := s.request(kind, what); err != nil {
		return nil, err
	}
	spoken := make(chan struct{})
	go func() {
		io.Copy(stderr, s.Stderr()) // ends with the channel
		close(spoken)
	}()
	if input != nil {
		if _, err := io.Copy(s.Channel, input); err != nil {
			return nil, err
		}
	}
	noise := &noiseFilter{r: s.Channel}
	client, err := sftp.NewClientPipe(noise, privateOpens{s.Channel}, sftp.UseConcurrentWrites(true), sftp.UseFstat(true))
	if err == nil {
		return client, nil
	}
	late, cancel := context.WithTimeout(context.Background(), transport.Lingering)
	defer cancel()
	for _, c := range []<-chan struct{}{s.exited, spoken} { // what the server has to say about its end comes beside the end
		select {
		case <-c:
		case <-late.Done():
		}
	}
	what = "no SFTP server answered"
	if s.hasExited() && s.status >= 0 {
		what = fmt.Sprintf("%s, status %d", what, s.status)
	}
	if said := noise.said(); said != "" {
		what = fmt.Sprintf("%s, but %q came", what, said)
	}
	return nil, fmt.Errorf("%s: %w", what, err)
}

// noiseLimit is how much a login shell may print before the protocol starts.
const noiseLimit = 64 << 10

// noiseFilter drops the text that comes before an SFTP server's first packet. A packet begins with its length, whose first byte is 0; text has no such byte.
type noiseFilter struct {
	r       io.Reader
	started bool
	text    []byte
}

func (n *noiseFilter) Read(b []byte) (int, error) {
	for {
		got, err := n.r.Read(b)
		if n.started || got == 0 {
			return got, err
		}
		i := bytes.IndexByte(b[:got], 0)
		if i >= 0 {
			n.started = true
			n.text = append(n.text, b[:i]...)
			return copy(b, b[i:got]), err
		}
		n.text = append(n.text, b[:got]...)
		if len(n.text) > noiseLimit {
			return 0, errors.New("too much text before the protocol starts")
		}
		if err != nil {
			return 0, err
		}
	}
}

// said gives the last line of the text.
func (n *noiseFilter) said() string { return lastLine(n.text) }

func lastLine(text []byte) string {
	s := strings.TrimSpace(string(text))
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// privateOpens makes every file that the SFTP client creates come to be with mode 0600 and every folder with 0700, which pkg/sftp has no way to ask for: without a mode the
// server takes 0666 and 0777, and whoever opens the file before its mode is set can read what is written later. It adds the mode to the packets, each of which is one Write.
type privateOpens struct{ io.WriteCloser }

// Numbers of the SFTP protocol, version 3.
const (
	sftpOpen           = 3
	sftpMkdir          = 14
	sftpFlagCreate     = 0x08
	sftpAttrPermission = 0x04
)

func (p privateOpens) Write(b []byte) (int, error) {
	packet := withMode(b)
	if _, err := p.WriteCloser.Write(packet); err != nil {
		return 0, err
	}
	return len(b), nil
}

// withMode gives an SFTP packet that makes a file or folder, without attributes, a private mode; any other as it is.
func withMode(b []byte) []byte {
	const header = 4 + 1 + 4 // length, type, id
	if len(b) < header+4+4 || b[4] != sftpOpen && b[4] != sftpMkdir {
		return b
	}
	rest := b[header+4:]
	n := binary.BigEndian.Uint32(b[header:])
	if uint64(n) > uint64(len(rest)) {
		return b
	}
	rest = rest[n:] // after the path: flags of the opening (open only), flags of the attributes
	mode := uint32(0o700)
	if b[4] == sftpOpen {
		if len(rest) != 8 || binary.BigEndian.Uint32(rest)&sftpFlagCreate == 0 {
			return b
		}
		mode, rest = 0o600, rest[4:]
	}
	if len(rest) != 4 || binary.BigEndian.Uint32(rest) != 0 {
		return b
	}
	out := bytes.Clone(b[:len(b)-4])
	out = binary.BigEndian.AppendUint32(out, sftpAttrPermission)
	out = binary.BigEndian.AppendUint32(out, mode)
	binary.BigEndian.PutUint32(out, uint32(len(out)-4))
	return out
}

// tail keeps the end of what a program says on stderr.
type tail struct {
	mu   sync.Mutex
	text []byte
	also io.Writer // gets it too; may be nil
}

const tailLimit = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.also != nil {
		if _, err := t.also.Write(b); err != nil {
			t.also = nil
		}
	}
	t.text = append(t.text, b...)
	t.text = t.text[max(0, len(t.text)-tailLimit):]
	return len(b), nil
}

// explain adds to an error what the program said last.
func (t *tail) explain(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if said := lastLine(t.text); said != "" {
		return fmt.Errorf("%w: %s", err, said)
	}
	return err
}
