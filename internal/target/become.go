package target

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Become says which user to work as, and how to get there.
type Become struct {
	Method   string   // sudo, also when empty
	User     string   // root when empty
	Password string   // empty: none is given, and where one is needed that is an error
	Flags    []string // become_flags, in place of -H. Whether -n or -S is given depends on the password alone
	Exe      string   // become_exe: the sudo program; sudo when empty
}

// String leaves the password out.
func (b Become) String() string { return "become " + b.User + " by " + cmp.Or(b.Method, "sudo") }

// GoString leaves the password out.
func (b Become) GoString() string { return b.String() }

// BecomeError says that a program could not be started as the user that the play becomes. Nothing was run as that user.
type BecomeError struct {
	Host string
	User string // who was to be become
	Err  error  // what is wrong
	Hint string // what to try; may be empty
}

func (e *BecomeError) Error() string {
	text := fmt.Sprintf("%s: sudo: become %s: %v", e.Host, e.User, e.Err)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *BecomeError) Unwrap() error { return e.Err }

// What goes wrong with sudo.
var (
	ErrWrongPassword  = errors.New("wrong password")
	ErrPasswordNeeded = errors.New("a password is needed")
	ErrNotAllowed     = errors.New("the login's user may not do this by sudo")
	ErrNoSudo         = errors.New("sudo is not there")
)

// normal fills in the defaults; nil where nothing has to be done to be the wanted user.
func (b *Become) normal(login string) (*Become, error) {
	if b == nil {
		return nil, nil
	}
	n := *b
	n.User, n.Exe = cmp.Or(n.User, "root"), cmp.Or(n.Exe, "sudo")
	if m := cmp.Or(n.Method, "sudo"); m != "sudo" {
		return nil, fmt.Errorf("become_method %s is not supported; sudo is", m)
	}
	if strings.HasPrefix(n.User, "-") {
		return nil, fmt.Errorf("become_user %q is no user's name", n.User)
	}
	if login != "" && login == n.User {
		return nil, nil
	}
	if strings.ContainsAny(n.Password, "\r\n\x00") {
		return nil, errors.New("a become password cannot hold a line break or a NUL")
	}
	return &n, nil
}

// argv gives the command that runs argv as the wanted user. sudo speaks English, so that its refusals are understood, and writes the prompt to stderr.
func (b *Become) argv(prompt string, argv []string) []string {
	flags := b.Flags
	if flags == nil {
		flags = []string{"-H"}
	}
	flags = slices.DeleteFunc(slices.Clone(flags), func(f string) bool { return f == "-n" || f == "-S" || f == "" })
	if b.Password != "" {
		flags = append(flags, "-S", "-p", prompt)
	} else {
		flags = append(flags, "-n")
	}
	all := append([]string{"env", "LC_ALL=C", b.Exe}, flags...)
	return append(append(all, "-u", b.User, "--"), argv...)
}

// refusals gives the meaning of what sudo says.
var refusals = []struct {
	words string
	err   error
	hint  string
}{
	{"a password is required", ErrPasswordNeeded, "give one with -K or --become-password-file, or allow NOPASSWD in sudoers"},
	{"no password was provided", ErrPasswordNeeded, "give one with -K or --become-password-file, or allow NOPASSWD in sudoers"},
	{"incorrect password attempt", ErrWrongPassword, wrongPasswordHint},
	{"incorrect authentication attempt", ErrWrongPassword, wrongPasswordHint}, // sudo-rs
	{"sorry, try again", ErrWrongPassword, wrongPasswordHint},
	{"must have a tty", errors.New("sudo demands a terminal"), "set Defaults !requiretty for this user in sudoers"},
	{"not in the sudoers file", ErrNotAllowed, "allow it in sudoers"},
	{"is not allowed to", ErrNotAllowed, "allow it in sudoers"},
	{"may not run sudo", ErrNotAllowed, "allow it in sudoers"},
	{"i'm afraid i can't do that", ErrNotAllowed, "allow it in sudoers"}, // sudo-rs
	{"unknown user", errors.New("there is no such user"), "check become_user"},
	{"' not found", errors.New("there is no such user"), "check become_user"}, // sudo-rs: user 'x' not found
}

const wrongPasswordHint = "check the password given with -K or --become-password-file"

// refused makes an error of what sudo said before it gave up.
func (b *Become) refused(hostName string, status int, said string) error {
	e := &BecomeError{Host: hostName, User: b.User}
	text := tail(said)
	if status == 127 { // env or the login shell did not find it; sudo itself has no such status
		e.Err, e.Hint = ErrNoSudo, "install sudo on the host, or log in as "+b.User
		return e
	}
	for _, r := range refusals {
		if strings.Contains(strings.ToLower(said), r.words) {
			e.Err, e.Hint = fmt.Errorf("%w: %s", r.err, text), r.hint
			return e
		}
	}
	e.Err = fmt.Errorf("it ended with status %d: %s", status, text)
	return e
}

// tail gives the last lines of what a program said, in one line.
func tail(said string) string {
	const most = 600
	text := strings.Join(strings.FieldsFunc(strings.TrimSpace(said), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
	if len(text) > most {
		text = "…" + strings.ToValidUTF8(text[len(text)-most:], "")
	}
	if text == "" {
		return "it said nothing"
	}
	return text
}

// marker makes a word that nothing else says.
func marker(kind string) string { return "pfrun-" + kind + "-" + rand.Text() }
