package target

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// survey is what one round trip tells about the host: facts, and the names of users and groups.
type survey struct {
	facts  host.Facts
	users  map[int]string
	groups map[int]string
}

// lookAround prints the parts of a survey, with a line ($1) after each that no file holds. The account databases are read as files: a directory service may be slow, and may
// list no accounts.
const lookAround = `printf '%s\n' "$(id -un)" "$(id -u)" "$HOME" "$(uname -s)" "$(uname -m)" "$(uname -n)" "$(umask)" "$(pwd -P)"
one=; [ ! -r /proc/1/comm ] || read -r one </proc/1/comm
if [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1; then echo systemd
elif [ -e /run/openrc/softlevel ] && command -v rc-service >/dev/null 2>&1; then echo openrc
elif [ "$one" = init ] && [ -d /etc/init.d ]; then echo sysvinit; fi
printf '\n%s\n' "$1"; cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release 2>/dev/null
printf '\n%s\n' "$1"; cat /etc/passwd
printf '\n%s\n' "$1"; cat /etc/group`

// Facts tells what kind of host this is; it is looked up once.
func (h *Host) Facts(ctx context.Context) (*host.Facts, error) {
	s, err := h.survey(ctx)
	if err != nil {
		return nil, err
	}
	f := s.facts
	return &f, nil
}

func (h *Host) survey(ctx context.Context) (*survey, error) {
	ctx, cancel := bounded(ctx, h.timeout)
	defer cancel()
	return h.seen.get(ctx, func(ctx context.Context) (*survey, error) {
		if s, err := h.lookHere(); !errors.Is(err, local.ErrNotPlain) {
			return s, err
		}
		part := marker("part")
		r, err := h.run(ctx, script(lookAround, part))
		if err != nil {
			return nil, err
		}
		s, err := parseSurvey(string(r.stdout), part)
		if err != nil {
			return nil, h.at("", fmt.Errorf("%w: %s", err, tail(string(r.stderr))))
		}
		return s, nil
	})
}

// lookHere makes the survey without a shell, where the connection is to this very machine.
func (h *Host) lookHere() (*survey, error) {
	here, ok := h.conn.(local.Conn)
	if !ok || h.become != nil {
		return nil, local.ErrNotPlain
	}
	l, err := here.Look()
	if err != nil {
		return nil, err
	}
	return surveyOf(l)
}

func parseSurvey(text, part string) (*survey, error) {
	parts := strings.Split(text, "\n"+part+"\n")
	if len(parts) != 4 {
		return nil, errors.New("facts: the answer has not all its parts")
	}
	lines := append(strings.Split(parts[0], "\n"), "")
	if len(lines) < 9 {
		return nil, errors.New("facts: the answer is too short")
	}
	return surveyOf(local.Look{
		User: lines[0], UID: lines[1], Home: lines[2], Kernel: lines[3], Arch: lines[4], Node: lines[5], Umask: lines[6], Folder: lines[7], Manager: lines[8],
		OSRelease: parts[1], Passwd: parts[2], Group: parts[3],
	})
}

func surveyOf(l local.Look) (*survey, error) {
	uid, err := strconv.Atoi(l.UID)
	if err != nil {
		return nil, fmt.Errorf("facts: user id %q is no number", l.UID)
	}
	f := host.Facts{User: l.User, UID: uid, Home: l.Home, Folder: l.Folder, Kernel: l.Kernel, Arch: l.Arch, Node: l.Node, OSRelease: parseOSRelease(l.OSRelease)}
	if f.Umask, err = parseUmask(l.Umask); err != nil {
		return nil, err
	}
	switch m := change.Manager(l.Manager); m {
	case change.Systemd, change.OpenRC, change.SysVinit:
		f.ServiceManager = m
	}
	return &survey{f, parseAccounts(l.Passwd), parseAccounts(l.Group)}, nil
}

// parseUmask reads what the shell's umask says, in octal.
func parseUmask(text string) (uint32, error) {
	mask, err := strconv.ParseUint(text, 8, 32)
	if err != nil {
		return 0, fmt.Errorf("facts: umask %q is no octal number", text)
	}
	return uint32(mask) & 0o777, nil
}

// parseAccounts reads names by number from the lines of passwd(5) or group(5). The first name of a number is its name.
func parseAccounts(text string) map[int]string {
	names := map[int]string{}
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimRight(line, "\n"), ":")
		if len(fields) < 3 || strings.HasPrefix(line, "#") || strings.ContainsAny(fields[0], "+-") && len(fields[0]) == 1 {
			continue
		}
		id, err := strconv.Atoi(fields[2])
		if _, known := names[id]; err == nil && !known {
			names[id] = fields[0]
		}
	}
	return names
}

// parseOSRelease reads os-release(5).
func parseOSRelease(text string) map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		m[key] = unquote(value)
	}
	return m
}

// unquote takes the quotes of a shell from a word that is quoted as a whole or not at all.
func unquote(s string) string {
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '"' && s[0] != '\'' {
		return s
	}
	inner := s[1 : len(s)-1]
	if s[0] == '\'' {
		return inner
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && i+1 < len(inner) && strings.IndexByte("\"$`\\", inner[i+1]) >= 0 {
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String()
}

// named fills in the names of owner and group, as far as the host's account files know them.
func (h *Host) named(ctx context.Context, m change.Meta) (change.Meta, error) {
	s, err := h.survey(ctx)
	if err != nil {
		return m, err
	}
	m.Owner, m.Group = s.users[m.UID], s.groups[m.GID]
	return m, nil
}

// forget has the accounts looked up again: a program may have made some.
func (h *Host) forget(ctx context.Context) {
	h.seen.take(ctx) // where ctx has ended nobody looks any more
}
