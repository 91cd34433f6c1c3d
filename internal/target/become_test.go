package target_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

const password = `se'cr"et $x 100%`

// sudoScript behaves as sudo does, but stays who it is. It writes its arguments and environment beside itself.
const sudoScript = `#!/bin/sh
{ printf '%s\n' "$@"; env; } >> "$0.log"
n= prompt=
while [ $# -gt 0 ]; do
case $1 in -n) n=1 ;; -H|-S) ;; -p) prompt=$2; shift ;; -u) shift ;; --) shift; break ;; *) echo "usage: $1" >&2; exit 1 ;; esac
shift
done
echo "sudo: unable to resolve host h1: Name or service not known" >&2
BEFORE
if [ -n "$n" ]; then echo "sudo: a password is required" >&2; exit 1; fi
tries=0
while :; do
printf %s "$prompt" >&2
IFS= read -r word || { echo >&2; echo "sudo: no password was provided" >&2; exit 1; }
[ "$word" = "$(cat "$0.password")" ] && break
sleep 0.1
echo "Sorry, try again." >&2
tries=$((tries+1))
[ $tries -lt 3 ] || { echo "sudo: 3 incorrect password attempts" >&2; exit 1; }
done
AFTER
exec "$@"
`

// writeProgram writes a script. No program of another test begins meanwhile: it would hold the file open for writing, and the script could not be started ("text file busy",
// golang/go#22315).
func writeProgram(t *testing.T, name, text string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// fake makes a method of its own. before and after are lines of script around its question for the password.
func fake(t *testing.T, method, before, after string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), method)
	text := strings.NewReplacer("BEFORE", before, "AFTER", after).Replace(map[string]string{"sudo": sudoScript, "su": suScript, "doas": doasScript}[method])
	for name, text := range map[string]string{exe: text, exe + ".password": password} {
		writeProgram(t, name, text)
	}
	return exe
}

// suScript behaves as su does. With a terminal demanded it is an old one.
const suScript = `#!/bin/sh
{ printf '%s\n' "$@"; env; } >> "$0.log"
user=$1 line=$3
[ "$2" = -c ] || { echo "su: usage" >&2; exit 1; }
BEFORE
printf 'Contraseña: ' >&2
IFS= read -r word || exit 1
echo >&2
[ "$word" = "$(cat "$0.password")" ] || { sleep 0.1; echo "su: Authentication failure" >&2; exit 1; }
AFTER
exec sh -c "$line"
`

// doasScript behaves as doas does: it asks on the terminal and nowhere else.
const doasScript = `#!/bin/sh
{ printf '%s\n' "$@"; env; } >> "$0.log"
n=
while [ $# -gt 0 ]; do
case $1 in -n) n=1 ;; -u) shift ;; -*) exit 1 ;; *) break ;; esac
shift
done
BEFORE
if [ -n "$n" ]; then echo "doas: Authorization required" >&2; exit 1; fi
(: </dev/tty) 2>/dev/null || { echo "doas: a tty is required" >&2; exit 1; }
printf 'doas (joe@h1) password: ' >/dev/tty
IFS= read -r word </dev/tty
echo >/dev/tty
[ "$word" = "$(cat "$0.password")" ] || { echo "doas: Authentication failed" >&2; exit 1; }
AFTER
exec "$@"
`

const (
	oldSu      = `[ -t 0 ] || { echo "su: must be run from a terminal" >&2; exit 1; }`
	requireTTY = `(: </dev/tty) 2>/dev/null || { echo "sudo: sorry, you must have a tty to run sudo" >&2; exit 1; }`
)

func TestBecomeWithPassword(t *testing.T) {
	for _, method := range []string{"sudo", "su", "doas"} {
		t.Run(method, func(t *testing.T) {
			exe := fake(t, method, "", "")
			suite(t, func(t *testing.T) host.Host {
				return open(t, local.Conn{}, target.Options{Name: "h1", Become: &target.Become{Method: method, Exe: []string{exe}, Password: password}})
			}, os.Getuid(), os.Getgid())
			checkLog(t, exe)
		})
	}
}

// Where a terminal is demanded there is one, and a Host remembers it.
func TestTerminalIsDemanded(t *testing.T) {
	for method, before := range map[string]string{"sudo": requireTTY, "su": oldSu} {
		t.Run(method, func(t *testing.T) {
			exe := fake(t, method, before, "")
			h := open(t, local.Conn{}, target.Options{Name: "h1", Become: &target.Become{Method: method, Exe: []string{exe}, Password: password}})
			for range 3 {
				out, err := h.Apply(t.Context(), change.Exec{Argv: []string{"sh", "-c", "cat; (: </dev/tty) 2>/dev/null && echo tty; echo err >&2; exit 3"}, Stdin: "in\n"})
				if err != nil || out.Status != 3 || string(out.Stdout) != "in\n" || string(out.Stderr) != "err\n" {
					t.Errorf("got %+v, %v", out, err)
				}
			}
			checkLog(t, exe)
		})
	}
}

// What a program leaves running outlives the terminal.
func TestDaemonOnATerminal(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "alive")
	h := open(t, local.Conn{}, target.Options{Name: "h1", Become: &target.Become{Method: "doas", Exe: []string{fake(t, "doas", "", "")}, Password: password}})
	begin := time.Now()
	out, err := h.Apply(t.Context(), change.Exec{Argv: []string{"sh", "-c", `(sleep 1; echo still here; echo > "$1") & echo started`, "sh", mark}})
	if err != nil || string(out.Stdout) != "started\n" || time.Since(begin) > 10*time.Second {
		t.Fatalf("after %v: %q, %v", time.Since(begin), out.Stdout, err)
	}
	for range 100 {
		if _, err := os.Lstat(mark); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("it was ended with the terminal")
}

// The same with the shell's file session, which has no server of its own.
func TestBecomeOnATerminalWithShellFiles(t *testing.T) {
	exe := fake(t, "doas", "", "")
	suite(t, func(t *testing.T) host.Host {
		return open(t, plain{local.Conn{}}, target.Options{Name: "h1", Become: &target.Become{Method: "doas", Exe: []string{exe}, Password: password}})
	}, os.Getuid(), os.Getgid())
}

func checkLog(t *testing.T, exe string) {
	t.Helper()
	log, err := os.ReadFile(exe + ".log")
	if err != nil || len(log) == 0 {
		t.Fatal(err)
	}
	for _, secret := range []string{password, "se'cr", "cr\"et"} {
		if strings.Contains(string(log), secret) {
			t.Errorf("the password stands in argv or environment: %q", secret)
		}
	}
}

// The program gets its own input and nothing else, whether or not the password was asked for.
func TestInputBelongsToTheProgram(t *testing.T) {
	for name, before := range map[string]string{
		"asked": "", "cached": `exec "$@"`, "lecture": `echo "We trust you have received the usual lecture." >&2; sleep 0.2`,
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, local.Conn{}, target.Options{Name: "h1", Become: &target.Become{Exe: []string{fake(t, "sudo", before, "")}, Password: password}})
			for _, input := range []string{"", "a\nb\n", strings.Repeat("large\n", 100_000)} {
				out, err := h.Apply(t.Context(), change.Exec{Argv: []string{"sh", "-c", "cat; echo err >&2"}, Stdin: input})
				if err != nil || string(out.Stdout) != input || string(out.Stderr) != "err\n" {
					t.Errorf("got %d bytes, stderr %q, %v; want %d bytes", len(out.Stdout), out.Stderr, err, len(input))
				}
			}
		})
	}
}

// A program's words reach it as they are, and stand in nothing that the method can log.
func TestWordsAreNotLogged(t *testing.T) {
	words := []string{"", "hush hush", "a\nb\n", `'"$HOME\`, "\xff\x01\t", "-n", "ünï  ", strings.Repeat("long ", 20_000)}
	for name, tt := range map[string]struct{ method, before, password string }{
		"sudo": {"sudo", "", password}, "sudo-free": {"sudo", `exec "$@"`, ""}, "sudo-on-terminal": {"sudo", requireTTY, password}, "su": {"su", "", password}, "doas": {"doas", "", password},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exe := fake(t, tt.method, tt.before, "")
			h := open(t, local.Conn{}, target.Options{Name: "h1", Become: &target.Become{Method: tt.method, Exe: []string{exe}, Password: tt.password}})
			out, err := h.Apply(t.Context(), change.Exec{Argv: append([]string{"sh", "-c", `for w; do printf "%s|" "$w"; done; printf "%s|" "$KEY"; cat`, "sh"}, words...), Env: []string{"KEY=hush too"}, Stdin: "in"})
			if want := strings.Join(words, "|") + "|hush too|in"; err != nil || string(out.Stdout) != want {
				t.Errorf("got %.200q, %v", out.Stdout, err)
			}
			log, err := os.ReadFile(exe + ".log")
			if err != nil || strings.Contains(string(log), "hush") {
				t.Errorf("the method was told the words: %v", err)
			}
			if _, err := h.Apply(t.Context(), change.Exec{Argv: []string{"echo", "a\x00b"}}); err == nil {
				t.Error("a NUL went through")
			}
		})
	}
}

func TestBecomeFails(t *testing.T) {
	refuse := func(text string) string { return fmt.Sprintf("echo %q >&2; exit 1", text) }
	tests := []struct {
		name, method  string
		before, after string
		exe           string
		password      string
		want          error
		text          string
	}{
		{name: "wrong", password: "not-that", want: target.ErrWrongPassword, text: "-K"},
		{name: "wrong-on-terminal", before: requireTTY, password: "not-that", want: target.ErrWrongPassword, text: "-K"},
		{name: "needed", want: target.ErrPasswordNeeded, text: "NOPASSWD"},
		{name: "not-allowed", after: refuse("joe is not in the sudoers file."), password: password, want: target.ErrNotAllowed, text: "joe is not in"},
		{name: "not-this", before: refuse("Sorry, user joe is not allowed to execute '/bin/sh' as root on h1."), password: password, want: target.ErrNotAllowed, text: "sudoers"},
		{name: "tty-that-does-not-help", before: refuse("sudo: sorry, you must have a tty to run sudo"), password: password, text: "requiretty"},
		{name: "missing", exe: "/nowhere/sudo", password: password, want: target.ErrNoMethod, text: "install /nowhere/sudo"},
		{name: "no-such-user", before: refuse("sudo: unknown user joe"), password: password, want: target.ErrNoUser, text: "become_user"},
		{name: "other", before: refuse("sudo: policy plugin broke"), password: password, text: "policy plugin broke"},
		{name: "hangs", before: "echo 'Verification code: ' >&2; sleep 60", password: password, text: "Verification code"},
		{name: "repeats-the-password", before: refuse("sudo: what is " + "not-that" + "?"), password: "not-that", text: "what is ********?"},

		{name: "wrong", method: "su", password: "not-that", want: target.ErrWrongPassword, text: "-K"},
		{name: "wrong-on-terminal", method: "su", before: oldSu, password: "not-that", want: target.ErrWrongPassword, text: "-K"},
		{name: "needed", method: "su", want: target.ErrPasswordNeeded, text: "-K"},
		{name: "asks-again", method: "su", password: "not-that", before: "printf 'Password: ' >&2; read -r x", want: target.ErrWrongPassword, text: "-K"},
		{name: "asks-on-stdout", method: "su", before: "printf 'Password: '; sleep 60", want: target.ErrPasswordNeeded, text: "-K"},
		{name: "expired", method: "su", password: password, before: "printf 'Password: ' >&2; read -r x; printf 'You are required to change your password immediately.\nCurrent password: ' >&2; sleep 60", text: "expired"},
		{name: "no-such-user", method: "su", before: refuse("su: user joe does not exist"), want: target.ErrNoUser, text: "become_user"},
		{name: "wheel", method: "su", before: refuse("su: Permission denied"), password: password, want: target.ErrNotAllowed, text: "pam.d/su"},
		{name: "nologin", method: "su", before: "echo 'This account is currently not available.'; exit 1", want: target.ErrNoShell, text: "-s /bin/sh"},
		{name: "false", method: "su", before: "exit 1", want: target.ErrNoShell, text: "-s /bin/sh"},
		{name: "missing", method: "su", exe: "/nowhere/su", want: target.ErrNoMethod, text: "install /nowhere/su"},

		{name: "wrong", method: "doas", password: "not-that", want: target.ErrWrongPassword, text: "-K"},
		{name: "needed", method: "doas", want: target.ErrPasswordNeeded, text: "nopass"},
		{name: "not-allowed", method: "doas", before: refuse("doas: Operation not permitted"), password: password, want: target.ErrNotAllowed, text: "doas.conf"},
		{name: "no-file", method: "doas", before: refuse("doas: doas is not enabled, /etc/doas.conf: No such file or directory"), want: target.ErrNotAllowed, text: "write /etc/doas.conf"},
		{name: "hangs", method: "doas", password: password, before: "[ -n \"$n\" ] || { echo 'Verification code: '; sleep 60; }", text: "Verification code"},
	}
	for _, tt := range tests {
		method := cmp.Or(tt.method, "sudo")
		t.Run(method+"/"+tt.name, func(t *testing.T) {
			t.Parallel()
			exe := tt.exe
			if exe == "" {
				exe = fake(t, method, tt.before, tt.after)
			}
			begin := time.Now()
			b := &target.Become{Method: method, User: "admin", Exe: []string{exe}, Password: tt.password}
			_, err := target.New(t.Context(), local.Conn{}, target.Options{Name: "h1", Timeout: 4 * time.Second, Become: b})
			var be *target.BecomeError
			if !errors.As(err, &be) || be.Host != "h1" || be.User != "admin" || be.Method != method || tt.want != nil && !errors.Is(err, tt.want) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), tt.text) || !strings.HasPrefix(err.Error(), "h1: "+method+": become admin: ") || strings.Contains(err.Error(), "pfrun-") {
				t.Errorf("message: %v", err)
			}
			if tt.password != "" && strings.Contains(err.Error(), tt.password) {
				t.Errorf("the message holds the password: %v", err)
			}
			if took := time.Since(begin); took > 9*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// A connection that gives no terminal says so where one is demanded.
func TestNoTerminalToBeHad(t *testing.T) {
	b := &target.Become{Method: "doas", Exe: []string{fake(t, "doas", "", "")}, Password: password}
	_, err := target.New(t.Context(), withoutTerminal{local.Conn{}}, target.Options{Name: "h1", Become: b})
	if be := (*target.BecomeError)(nil); !errors.As(err, &be) || !strings.Contains(err.Error(), "terminal") {
		t.Errorf("got %v", err)
	}
}

type withoutTerminal struct{ host.Conn }

func (c withoutTerminal) Run(ctx context.Context, cmd host.Command) (int, error) {
	if cmd.Terminal {
		return 0, fmt.Errorf("no terminals here: %w", errors.ErrUnsupported)
	}
	return c.Conn.Run(ctx, cmd)
}

func TestBecomeOptions(t *testing.T) {
	for name, b := range map[string]target.Become{"method": {Method: "pbrun"}, "user": {User: "-s"}, "password": {Password: "a\nb"}} {
		if _, err := target.New(t.Context(), local.Conn{}, target.Options{Become: &b}); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	b := target.Become{User: "joe", Password: password}
	for _, text := range []string{fmt.Sprint(b), fmt.Sprintf("%+v %#v %s %q", b, b, b, &b)} {
		if strings.Contains(text, "cr") {
			t.Errorf("the password is printed: %s", text)
		}
	}
	h := open(t, local.Conn{}, target.Options{Login: "joe", Become: &target.Become{User: "joe", Exe: []string{"/nowhere/sudo"}}})
	if f, err := h.Facts(t.Context()); err != nil || f.UID != os.Getuid() {
		t.Errorf("becoming who one is: %+v, %v", f, err)
	}
}
