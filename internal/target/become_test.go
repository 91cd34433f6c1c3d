package target_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// fakeSudo makes a sudo of its own. before and after are lines of script around its question for the password.
func fakeSudo(t *testing.T, before, after string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "sudo")
	text := strings.NewReplacer("BEFORE", before, "AFTER", after).Replace(sudoScript)
	for name, text := range map[string]string{exe: text, exe + ".password": password} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return exe
}

func TestBecomeWithPassword(t *testing.T) {
	exe := fakeSudo(t, "", "")
	suite(t, func(t *testing.T) host.Host {
		return open(t, local.Conn{}, target.Options{Name: "h1", Become: &target.Become{Exe: exe, Password: password}})
	}, os.Getuid(), os.Getgid())
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
			h := open(t, local.Conn{}, target.Options{Name: "h1", Become: &target.Become{Exe: fakeSudo(t, before, ""), Password: password}})
			for _, input := range []string{"", "a\nb\n", strings.Repeat("large\n", 100_000)} {
				out, err := h.Apply(t.Context(), change.Exec{Argv: []string{"sh", "-c", "cat; echo err >&2"}, Stdin: input})
				if err != nil || string(out.Stdout) != input || string(out.Stderr) != "err\n" {
					t.Errorf("got %d bytes, stderr %q, %v; want %d bytes", len(out.Stdout), out.Stderr, err, len(input))
				}
			}
		})
	}
}

func TestBecomeFails(t *testing.T) {
	refuse := func(text string) string { return fmt.Sprintf("echo %q >&2; exit 1", text) }
	tests := map[string]struct {
		before, after, exe string
		password           string
		want               error
		text               string
	}{
		"wrong":        {password: "not-that", want: target.ErrWrongPassword, text: "-K"},
		"needed":       {want: target.ErrPasswordNeeded, text: "NOPASSWD"},
		"not allowed":  {after: refuse("joe is not in the sudoers file."), password: password, want: target.ErrNotAllowed, text: "joe is not in"},
		"not this":     {before: refuse("Sorry, user joe is not allowed to execute '/bin/sh' as root on h1."), password: password, want: target.ErrNotAllowed, text: "sudoers"},
		"tty":          {before: refuse("sudo: sorry, you must have a tty to run sudo"), password: password, text: "requiretty"},
		"missing":      {exe: "/nowhere/sudo", password: password, want: target.ErrNoSudo, text: "install sudo"},
		"no such user": {before: refuse("sudo: unknown user joe"), password: password, text: "become_user"},
		"other":        {before: refuse("sudo: policy plugin broke"), password: password, text: "policy plugin broke"},
		"hangs":        {before: "echo 'Verification code: ' >&2; sleep 60", password: password, text: "Verification code"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			exe := tt.exe
			if exe == "" {
				exe = fakeSudo(t, tt.before, tt.after)
			}
			begin := time.Now()
			o := target.Options{Name: "h1", Timeout: 3 * time.Second, Become: &target.Become{User: "admin", Exe: exe, Password: tt.password}}
			_, err := target.New(t.Context(), local.Conn{}, o)
			var be *target.BecomeError
			if !errors.As(err, &be) || be.Host != "h1" || be.User != "admin" || tt.want != nil && !errors.Is(err, tt.want) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), tt.text) || !strings.HasPrefix(err.Error(), "h1: sudo: become admin: ") || strings.Contains(err.Error(), "pfrun-") {
				t.Errorf("message: %v", err)
			}
			if tt.password != "" && strings.Contains(err.Error(), tt.password) {
				t.Errorf("the message holds the password: %v", err)
			}
			if took := time.Since(begin); took > 8*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestBecomeOptions(t *testing.T) {
	for name, b := range map[string]target.Become{"method": {Method: "doas"}, "user": {User: "-s"}, "password": {Password: "a\nb"}} {
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
	h := open(t, local.Conn{}, target.Options{Login: "joe", Become: &target.Become{User: "joe", Exe: "/nowhere/sudo"}})
	if f, err := h.Facts(t.Context()); err != nil || f.UID != os.Getuid() {
		t.Errorf("becoming who one is: %+v, %v", f, err)
	}
}
