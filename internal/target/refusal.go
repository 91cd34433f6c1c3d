package target

import (
	"errors"
	"fmt"
	"strings"
)

// What goes wrong with becoming somebody.
var (
	ErrWrongPassword  = errors.New("wrong password")
	ErrPasswordNeeded = errors.New("a password is needed")
	ErrNotAllowed     = errors.New("the login's user may not do this")
	ErrNoMethod       = errors.New("the program is not on the host")
	ErrNoUser         = errors.New("there is no such user")
	ErrNoShell        = errors.New("the user's login shell runs nothing")
)

// errWantsTerminal says that the same may go well on a terminal.
var errWantsTerminal = errors.New("it demands a terminal")

// refusal is what a method says, in small letters, when it does not do what it is told, and what that means.
type refusal struct {
	words string
	err   error
	hint  string
}

const (
	passwordHint      = "give one with -K or --become-password-file"
	wrongPasswordHint = "check the password given with -K or --become-password-file"
	sudoersHint       = "allow it in sudoers"
	userHint          = "check become_user"
	shellHint         = "set become_flags to: -s /bin/sh"
	suWheelHint       = "see the rules of su in /etc/pam.d/su on the host"
	doasHint          = "allow it in doas.conf"
)

var errExpired = errors.New("the password has expired and must be changed first")

var sudoRefusals = []refusal{
	{"a password is required", ErrPasswordNeeded, passwordHint + ", or allow NOPASSWD in sudoers"},
	{"no password was provided", ErrPasswordNeeded, passwordHint + ", or allow NOPASSWD in sudoers"},
	{"interactive authentication is required", ErrPasswordNeeded, passwordHint + ", or allow NOPASSWD in sudoers"}, // sudo-rs
	{"incorrect password attempt", ErrWrongPassword, wrongPasswordHint},
	{"incorrect authentication attempt", ErrWrongPassword, wrongPasswordHint}, // sudo-rs
	{"sorry, try again", ErrWrongPassword, wrongPasswordHint},
	{"must have a tty", errWantsTerminal, "set Defaults !requiretty for this user in sudoers"},
	{"password expired", errExpired, ""},
	{"not in the sudoers file", ErrNotAllowed, sudoersHint},
	{"is not allowed to", ErrNotAllowed, sudoersHint},
	{"may not run sudo", ErrNotAllowed, sudoersHint},
	{"i'm afraid i can't do that", ErrNotAllowed, sudoersHint}, // sudo-rs
	{"unknown user", ErrNoUser, userHint},
	{"' not found", ErrNoUser, userHint}, // sudo-rs: user 'x' not found
}

var suRefusals = []refusal{
	{"must be run from a terminal", errWantsTerminal, ""}, // shadow's
	{"standard in must be a tty", errWantsTerminal, ""},   // that of old coreutils
	{"change your password", errExpired, ""},
	{"authentication failure", ErrWrongPassword, wrongPasswordHint},
	{"incorrect password", ErrWrongPassword, wrongPasswordHint}, // busybox
	{"authentication token manipulation error", errExpired, ""},
	{"permission denied", ErrNotAllowed, suWheelHint},
	{"account has expired", ErrNotAllowed, suWheelHint},
	{"must be suid", ErrNotAllowed, "su is not set-uid on the host: use sudo or doas"},
	{"does not exist", ErrNoUser, userHint},
	{"unknown user", ErrNoUser, userHint},
	{"unknown id", ErrNoUser, userHint},
	{"no passwd entry", ErrNoUser, userHint},
	{"account is currently not available", ErrNoShell, shellHint}, // nologin
	{"account is not available", ErrNoShell, shellHint},           // nologin of shadow
	{"nologin", ErrNoShell, shellHint},
}

var doasRefusals = []refusal{
	{"authorization required", ErrPasswordNeeded, passwordHint + ", or say nopass in doas.conf"},
	{"authentication required", ErrPasswordNeeded, passwordHint + ", or say nopass in doas.conf"},
	{"a tty is required", errWantsTerminal, ""},
	{"authentication failed", ErrWrongPassword, wrongPasswordHint},
	{"authorization failed", ErrWrongPassword, wrongPasswordHint},
	{"change your password", errExpired, ""},
	{"operation not permitted", ErrNotAllowed, doasHint},
	{"not enabled", ErrNotAllowed, "write /etc/doas.conf on the host"},
	{"not installed setuid", ErrNotAllowed, "doas is not set-uid on the host: use sudo or su"},
	{"unknown user", ErrNoUser, userHint},
}

// refused makes an error of what a method said before it gave up.
func (b *Become) refused(hostName string, status int, said string, w way) error {
	if status == 127 { // env or the login shell did not find it; the methods have no such status
		return b.fault(hostName, ErrNoMethod, said, fmt.Sprintf("install %s on the host, or log in as %s", b.Exe[0], b.User))
	}
	r, known := b.refusal(said)
	switch {
	case known && r.err == ErrPasswordNeeded && b.Password != "" && !w.terminal:
		return b.fault(hostName, errWantsTerminal, said, "") // it was told not to ask where nobody can answer
	case known:
		return b.fault(hostName, r.err, said, r.hint)
	case b.Method == "su" && strings.TrimSpace(said) == "":
		return b.fault(hostName, fmt.Errorf("%w: status %d", ErrNoShell, status), said, shellHint)
	}
	return b.fault(hostName, fmt.Errorf("it ended with status %d", status), said, "")
}

// refusal finds the meaning of what was said.
func (b *Become) refusal(said string) (refusal, bool) {
	said = strings.ToLower(said)
	for _, r := range methods[b.Method].refusals {
		if strings.Contains(said, r.words) {
			return r, true
		}
	}
	return refusal{}, false
}

// fault makes the error. What was said never shows the password, whoever has repeated it.
func (b *Become) fault(hostName string, err error, said, hint string) error {
	text := tail(said)
	if b.Password != "" {
		text = strings.ReplaceAll(text, b.Password, "********")
	}
	return &BecomeError{Host: hostName, Method: b.Method, User: b.User, Err: fmt.Errorf("%w: %s", err, text), Hint: hint}
}

// tail gives the last lines of what a program said, in one line.
func tail(said string) string {
	const most = 600
	lines := strings.FieldsFunc(said, func(r rune) bool { return r == '\n' || r == '\r' })
	var words []string
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			words = append(words, l)
		}
	}
	text := strings.Join(words, "; ")
	if len(text) > most {
		text = "…" + strings.ToValidUTF8(text[len(text)-most:], "")
	}
	if text == "" {
		return "it said nothing"
	}
	return text
}
