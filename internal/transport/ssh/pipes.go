package ssh

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/pkg/sftp"

	"github.com/pfrun/pfrun/internal/transport"
)

var _ transport.PipeOpener = (*Conn)(nil)

// OpenFilesOn opens file access by SFTP to a server that the caller has started with Run, over that program's stdin and stdout; see transport.PipeOpener. Closing the Files
// closes stdin, which ends the server, and then waits for the end of stdout.
func (c *Conn) OpenFilesOn(ctx context.Context, stdin io.WriteCloser, stdout io.Reader) (transport.Files, error) {
	start := func() (*sftp.Client, error) {
		return sftp.NewClientPipe(&noiseFilter{r: stdout}, privateOpens{stdin}, sftp.UseConcurrentWrites(true), sftp.UseFstat(true))
	}
	client, err := await(ctx, start, func(client *sftp.Client) { client.Close() })
	if err != nil {
		stdin.Close()
		return nil, c.explain(ctx, fmt.Errorf("file access by SFTP: %w", err))
	}
	c.sessions.keep() // the program's session
	f := &sftpFiles{c: c, client: client}
	f.stop = sync.OnceFunc(func() {
		c.sessions.unkeep()
		client.Close()
	})
	f.trouble = func(err error) error { return err }
	go func() {
		client.Wait() // the server has ended, or this side has closed
		f.stop()
	}()
	return f, nil
}
