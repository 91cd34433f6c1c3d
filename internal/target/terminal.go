package target

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// On a terminal a program has one output, no end of input, and finds a /dev/tty to ask questions on, and what it leaves running is hung up with it. So only its launcher has
// the terminal. setsid takes it away from the program, which runs in a child of the launcher because a group's leader cannot give up its terminal.
const offTerminal = `s=; command -v setsid >/dev/null 2>&1 && s=setsid
start() { exec $s sh -c 'exec "$@"' sh "$@"; }
`

// serverOnTerminal starts a server with the raw terminal as stdin and stdout: $1 the marker, $2 the folder.
const serverOnTerminal = `stty raw -echo || exit 125
m=$1 d=$2; shift 2
` + prelude + offTerminal + `printf "%s-" "$m"
(start "$@" 2>/dev/null)
exit $?`

// programOnTerminal runs a program to its end with files for its stdin, stdout and stderr: $1 the marker, $2 the folder, $3 the length of the input, which comes after the
// marker. The files have no name any more when the program begins, so nothing is left behind whatever happens. In the end the terminal gives the marker, the lengths of both
// outputs, and these.
const programOnTerminal = terminalBegins + terminalGoesOn

// listenerOnTerminal is the same for a program whose words come on stdin; see listener.
const listenerOnTerminal = terminalBegins + hearWords + terminalGoesOn

const terminalBegins = `stty raw -echo || exit 125
m=$1 d=$2 n=$3 t=; shift 3
trap 'rm -rf -- "$t"' EXIT; trap 'exit 129' HUP INT TERM
for f in /dev/shm /run /tmp; do t=$(mktemp -d "$f/.pfrun-XXXXXXXXXX" 2>/dev/null) && break; done
[ -n "$t" ] || { echo "pfrun: no folder for the output of programs (/dev/shm, /run, /tmp)"; exit 125; }
` + prelude + offTerminal + `printf "%s-" "$m"
`

const terminalGoesOn = `head -c "$n" >"$t/i" && exec <"$t/i" 3>"$t/o" 4<"$t/o" 5<"$t/o" 6>"$t/e" 7<"$t/e" 8<"$t/e" || exit 125
rm -rf -- "$t"; trap - EXIT HUP INT TERM
(exec >&3 2>&6 3>&- 4<&- 5<&- 6>&- 7<&- 8<&-; start "$@")
x=$? o=$(wc -c <&4) e=$(wc -c <&7)
o=$((o)) e=$((e))
printf "%s%d %d " "$m" "$o" "$e"; head -c "$o" <&5; head -c "$e" <&8
exit $x`

// spool takes what a terminal gives after the program has begun, until it is complete.
type spool struct {
	mark []byte
	data []byte
	over bool
}

// Write keeps b, up to what two outputs may be.
func (s *spool) Write(b []byte) (int, error) {
	if len(s.data)+len(b) > 2*maxOutput+maxSaid {
		s.over = true
		return len(b), nil
	}
	s.data = append(s.data, b...)
	return len(b), nil
}

// deliver hands over what the program has said.
func (s *spool) deliver(stdout, stderr io.Writer) error {
	if s.over {
		return fmt.Errorf("the program said more than %d bytes", maxOutput)
	}
	out, errs, err := s.parts()
	if err != nil {
		return err
	}
	for _, part := range []struct {
		to   io.Writer
		text []byte
	}{{stdout, out}, {stderr, errs}} {
		if part.to == nil || len(part.text) == 0 {
			continue
		}
		if _, err := part.to.Write(part.text); err != nil {
			return err
		}
	}
	return nil
}

func (s *spool) parts() (stdout, stderr []byte, err error) {
	before, rest, found := bytes.Cut(s.data, s.mark)
	if !found {
		return nil, nil, fmt.Errorf("the program's output did not come: %s", tail(string(before)))
	}
	var lengths [2]int
	for i := range lengths {
		var word []byte
		word, rest, found = bytes.Cut(rest, []byte(" "))
		if lengths[i], err = strconv.Atoi(string(word)); err != nil || !found || lengths[i] < 0 {
			return nil, nil, errors.New("the length of the program's output did not come")
		}
	}
	if len(rest) < lengths[0]+lengths[1] {
		return nil, nil, fmt.Errorf("of the program's output only %d of %d bytes came", len(rest), lengths[0]+lengths[1])
	}
	return rest[:lengths[0]], rest[lengths[0] : lengths[0]+lengths[1]], nil
}
