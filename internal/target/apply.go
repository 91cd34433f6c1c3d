package target

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Apply makes one change, wholly or not at all. A context that ends while the change is being made does not cut the step short that makes it whole.
func (h *Host) Apply(ctx context.Context, c change.Change) (change.Outcome, error) {
	switch c := c.(type) {
	case change.WriteFile:
		return done(h.writeFile(ctx, c))
	case change.Remove:
		return done(h.remove(ctx, c))
	case change.Mkdir:
		return done(h.mkdir(ctx, c))
	case change.Symlink:
		return done(h.symlink(ctx, c))
	case change.Hardlink:
		return done(h.hardlink(ctx, c))
	case change.SetMeta:
		return done(h.setMeta(ctx, c))
	case change.Service:
		return done(h.actOn(ctx, c))
	case change.User, change.Group:
		return done(h.changeAccount(ctx, c))
	case change.Exec:
		return h.exec(ctx, c)
	}
	return change.Outcome{}, h.at("", fmt.Errorf("change %T is not supported", c))
}

func done(err error) (change.Outcome, error) {
	return change.Outcome{Known: err == nil}, err
}

// exec runs a program as it was asked for. One that the host does not have gives status 127 with the host's words on stderr, and the number of the error.
func (h *Host) exec(ctx context.Context, c change.Exec) (change.Outcome, error) {
	if len(c.Argv) == 0 || c.Argv[0] == "" {
		return change.Outcome{}, h.at("", errors.New("run: no program is named"))
	}
	p := program{argv: c.Argv, env: c.Env, dir: c.Dir, stdin: strings.NewReader(c.Stdin)}
	p.secret = h.become != nil // sudo's log keeps the words of the programs that it starts
	defer h.forget(ctx)
	begin := time.Now()
	r, err := h.run(ctx, p)
	if err != nil {
		return change.Outcome{}, err
	}
	end := time.Now()
	errno, err := h.unstarted(ctx, c, r.status)
	return change.Outcome{Known: true, Status: r.status, Stdout: r.stdout, Stderr: r.stderr, Errno: errno, Start: begin, End: end}, err
}

// statusStale is how the scripts that make changes say that what is there is not what the change expects.
const statusStale = 90

// commit runs the script that makes a change of a path, to its end even if ctx ends meanwhile.
func (h *Host) commit(ctx context.Context, path, text string, args ...string) error {
	if err := context.Cause(ctx); err != nil {
		return h.at(path, err)
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	r, err := h.run(ctx, script(text, args...))
	switch {
	case err != nil:
		return h.at(path, err)
	case r.status == statusStale:
		return h.at(path, fmt.Errorf("%w: %s", host.ErrStale, tail(string(r.stderr))))
	case r.status != 0:
		return h.at(path, failure(string(r.stderr), r.status))
	}
	return nil
}
