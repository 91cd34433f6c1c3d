package ss

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pfrun/pfrun/internal/sockets"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// procLimit is how much of /proc/net/tcp is read: some hundred thousand connections.
const procLimit = 64 << 20

// listeners asks ss, or /proc where there is no ss. Both depend on the services; since only a probe can say so, ss is asked first.
func listeners(ctx context.Context, r host.Reader) ([]sockets.Listener, error) {
	v4, err := ask(ctx, r, sockets.IPv4)
	if errors.Is(err, errNoSS) {
		return fromProc(ctx, r)
	}
	if err != nil {
		return nil, err
	}
	v6, err := ask(ctx, r, sockets.IPv6)
	if err != nil {
		return nil, err
	}
	return sockets.Merge(v4, v6), nil
}

var errNoSS = errors.New("ss is not installed")

// ask gives the listeners of one family.
func ask(ctx context.Context, r host.Reader, family string) ([]sockets.Listener, error) {
	argv := sockets.Command(family)
	out, err := r.Probe(ctx, host.Probe{Argv: argv, Reads: []change.Ref{{Kind: change.ServiceRef, Name: "*"}}})
	switch {
	case err != nil:
		return nil, fmt.Errorf("look at the listening sockets: %w", err)
	case out.Status == host.NotFound:
		return nil, errNoSS
	case out.Status != 0:
		return nil, fmt.Errorf("%s ended with status %d: %s", strings.Join(argv, " "), out.Status, strings.TrimSpace(out.Stderr))
	}
	return sockets.ParseSSFamily(out.Stdout, family)
}

func fromProc(ctx context.Context, r host.Reader) ([]sockets.Listener, error) {
	tcp, err := procFile(ctx, r, "/proc/net/tcp")
	if err != nil {
		return nil, fmt.Errorf("the host has no ss (install iproute2), and /proc cannot be read instead: %w", err)
	}
	tcp6, err := procFile(ctx, r, "/proc/net/tcp6")
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a kernel without IPv6 has no such file
		return nil, fmt.Errorf("the host has no ss (install iproute2), and /proc cannot be read instead: %w", err)
	}
	return sockets.ParseProcNet(tcp, tcp6)
}

func procFile(ctx context.Context, r host.Reader, path string) (string, error) {
	f, err := r.ReadFile(ctx, path, procLimit)
	if err != nil {
		return "", err
	}
	data, ok := f.Content.Data()
	if !ok {
		return "", fmt.Errorf("%s: its content was not read", path)
	}
	return string(data), nil
}
