package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/modules/host"
)

// prelude gives a program the administrator's programs in PATH and its folder ($d; empty: where the login is, if that can be read). Where it cannot be entered, that is said
// after the marker ($m).
const prelude = `PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin; export PATH
if [ -n "$d" ]; then cd -P -- "$d" 2>/dev/null || { printf "%s" "${m}d" >&2; cd -P -- "$d"; exit 125; }
elif ! [ -r . ] || ! [ -x . ]; then cd 2>/dev/null || cd /; fi
`

// launcher starts a program after the marker ($1) was said on both outputs. On stderr the marker is followed by "-", or by "d" where the folder ($2) cannot be entered.
const launcher = `m=$1 d=$2; shift 2
` + prelude + `printf "%s-" "$m" >&2; printf "%s" "$m"
exec "$@"`

// listener is launcher for a program whose words are secret: they come on stdin, quoted, in lines that end with the marker. So they stand in no log of the method that starts it,
// and in no list of processes but as the program's own.
const listener = `m=$1 d=$2; shift 2
` + prelude + `printf "%s-" "$m" >&2; printf "%s" "$m"
` + hearWords + `exec "$@"`

// hearWords reads the words of a program from stdin. read takes no byte beyond the line's end from it.
const hearWords = `c=
while IFS= read -r l && [ "$l" != "$m" ]; do c="$c$l
"; done
eval "set -- $c"
`

// program is something to run on the target as the wanted user.
type program struct {
	argv   []string
	env    []string // NAME=value, for this program alone
	dir    string
	stdin  io.Reader
	secret bool // its words come on stdin; see listener
	looks  bool // it has no effects, so it can be ended at any time
	live   bool // it is a server, which is spoken with while it runs; see Stream
	stdout io.Writer
	stderr io.Writer

	ofLogin bool // see Program
}

// words gives the words of the program, behind env where it has variables of its own.
func (p program) words() []string {
	if len(p.env) == 0 {
		return p.argv
	}
	return slices.Concat([]string{"env", "--"}, p.env, p.argv)
}

// script makes the program of a fixed script and its arguments.
func script(text string, args ...string) program {
	return program{argv: append([]string{"sh", "-c", text, "sh"}, args...)}
}

// launch runs a program to its end and gives its status. An error says that it was not run, or that nobody knows how it ended. It has no terminal, unless it turned out that
// becoming the wanted user needs one.
func (h *Host) launch(ctx context.Context, p program) (int, error) {
	if status, err := h.plain(ctx, p); !errors.Is(err, local.ErrNotPlain) {
		return status, err
	}
	if !h.terminal.Load() {
		status, err := h.attempt(ctx, p, false)
		if !errors.Is(err, errWantsTerminal) {
			return status, err
		}
		h.terminal.Store(true)
	}
	return h.attempt(ctx, p, true)
}

// plain runs a program without a launcher, where the connection is to this very machine and there is nobody to become.
func (h *Host) plain(ctx context.Context, p program) (int, error) {
	here, ok := h.conn.(local.Conn)
	if !ok || h.become != nil || p.ofLogin {
		return 0, local.ErrNotPlain
	}
	status, err := here.RunPlain(ctx, host.Command{Argv: p.argv, Env: p.env, Dir: p.dir, Stdin: p.stdin, Stdout: p.stdout, Stderr: p.stderr})
	if err != nil && !errors.Is(err, local.ErrNotPlain) {
		err = h.at("", err)
	}
	return status, err
}

func (h *Host) attempt(ctx context.Context, p program, terminal bool) (int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d, err := newDialogue(h, p, terminal)
	if err != nil {
		return 0, h.at("", err)
	}
	d.giveUp, d.ended = cancel, ctx.Done()
	late := time.AfterFunc(h.timeout, d.late)
	defer late.Stop()
	status, err := h.conn.Run(ctx, d.command())
	return d.outcome(status, err)
}

// command gives what to run on the connection: the program's launcher, as the wanted user.
func (d *dialogue) command() host.Command {
	text, args := launcher, []string{d.mark, d.p.dir}
	switch {
	case d.way.terminal && d.p.live:
		text = serverOnTerminal
	case d.way.terminal:
		text, args = programOnTerminal, append(args, fmt.Sprint(d.length))
		if d.p.secret {
			text = listenerOnTerminal
		}
	case d.p.secret:
		text = listener
	}
	c := host.Command{Stdin: readerFunc(d.speak), Terminal: d.way.terminal}
	if d.way.terminal {
		c.Stdout = writerFunc(d.hear)
	} else {
		c.Stdout, c.Stderr = &gate{mark: []byte(d.mark), w: d.p.stdout, before: d.hearNoise}, writerFunc(d.hear)
	}
	argv := append([]string{"sh", "-c", text, "sh"}, args...)
	if !d.p.secret {
		argv = append(argv, d.p.words()...)
	}
	if b := d.h.become; b != nil {
		// What the method was told about the language is no business of the program.
		argv[2] = "unset LC_ALL; " + text
		argv = b.argv(d.way, argv)
	}
	if d.p.ofLogin {
		argv = append([]string{"sh", "-c", ofLogin, "sh"}, argv...)
	}
	c.Argv = argv
	return c
}
