package target

import (
	"cmp"
	"errors"
	"fmt"
	"github.com/pfrun/pfrun/internal/transport"
	"slices"
	"strings"
)

// Become says which user to work as, and how to get there.
type Become struct {
	Method   string   // sudo (also when empty), su or doas
	User     string   // root when empty
	Password string   // what the method asks for: the login's for sudo and doas, the user's own for su. Empty: none is given, and where one is needed that is an error
	Flags    []string // become_flags in words; nil: -H for sudo, none for su and doas. Whether -n or -S is given depends on the password alone
	Exe      []string // become_exe in words; none: the method's name
}

// String leaves the password out.
func (b Become) String() string { return "become " + b.User + " by " + cmp.Or(b.Method, "sudo") }

// GoString leaves the password out.
func (b Become) GoString() string { return b.String() }

// BecomeError says that a program could not be started as the user that the play becomes. Nothing was run as that user.
type BecomeError struct {
	Host   string
	Method string // sudo, su or doas
	User   string // who was to be become
	Err    error  // what is wrong
	Hint   string // what to try; may be empty
}

func (e *BecomeError) Error() string {
	text := fmt.Sprintf("%s: %s: become %s: %v", e.Host, e.Method, e.User, e.Err)
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *BecomeError) Unwrap() error { return e.Err }

// Check says whether this can be done at all, as far as that is known without the host.
func (b Become) Check() error {
	_, err := b.normal("")
	return err
}

// normal fills in the defaults; nil where nothing has to be done to be the wanted user.
func (b *Become) normal(login string) (*Become, error) {
	if b == nil {
		return nil, nil
	}
	n := *b
	n.Method, n.User = cmp.Or(n.Method, "sudo"), cmp.Or(n.User, "root")
	m, known := methods[n.Method]
	if !known {
		return nil, fmt.Errorf("become_method %s is not supported: sudo, su and doas are", n.Method)
	}
	if len(n.Exe) == 0 {
		n.Exe = []string{n.Method}
	}
	if n.Flags == nil {
		n.Flags = m.flags
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

// way is how a program is started as the wanted user.
type way struct {
	prompt   string // what sudo is told to ask with
	terminal bool   // the program has a terminal, on which a password can be typed
}

// method is a program that starts others as another user.
type method struct {
	flags    []string                                       // where become_flags is not given
	argv     func(b *Become, w way, argv []string) []string // what runs argv as b.User
	prompted func(said []byte, w way) (begin, end int)      // where in said it asks for a password; begin -1: nowhere
	refusals []refusal
}

var methods = map[string]method{
	"sudo": {flags: []string{"-H"}, argv: sudoArgv, prompted: promptedByWord, refusals: sudoRefusals},
	"su":   {argv: suArgv, prompted: promptedInWords, refusals: suRefusals},
	"doas": {argv: doasArgv, prompted: promptedInWords, refusals: doasRefusals},
}

// argv gives the command that runs argv as the wanted user. The method speaks English, so that its refusals are understood.
func (b *Become) argv(w way, argv []string) []string {
	return append([]string{"env", "LC_ALL=C"}, methods[b.Method].argv(b, w, argv)...)
}

// sudoArgv has sudo write the prompt to stderr and read the password from stdin, or do both on the terminal.
func sudoArgv(b *Become, w way, argv []string) []string {
	all := slices.Clone(b.Exe)
	throughShell := false
	for _, f := range b.Flags {
		f = withoutN(f)
		switch f {
		case "", "-", "-S", "--stdin", "--non-interactive":
			continue
		case "--login", "--shell":
			throughShell = true
		}
		throughShell = throughShell || isCluster(f) && strings.ContainsAny(f, "is")
		all = append(all, f)
	}
	switch {
	case b.Password == "":
		all = append(all, "-n")
	case w.terminal:
		all = append(all, "-p", w.prompt)
	default:
		all = append(all, "-S", "-p", w.prompt)
	}
	if throughShell { // sudo's way of quoting for that shell keeps neither line breaks nor $
		argv = []string{"sh", "-c", decoding(argv)}
	}
	return append(append(all, "-u", b.User, "--"), argv...)
}

// isCluster says whether a word is one or more of sudo's options that take no argument.
func isCluster(flag string) bool {
	return len(flag) > 1 && flag[0] == '-' && strings.Trim(flag[1:], "AbBEeHiKklnPSsV") == ""
}

// withoutN takes -n, which forbids to ask for a password, out of a cluster of sudo's options.
func withoutN(flag string) string {
	if !isCluster(flag) {
		return flag
	}
	return strings.ReplaceAll(flag, "n", "")
}

// suArgv has su give the command to the user's shell, as one line.
func suArgv(b *Become, _ way, argv []string) []string {
	return slices.Concat(b.Exe, b.Flags, []string{b.User, "-c", oneLine(argv)})
}

// doasArgv has doas ask for a password only where there is a terminal to read it from: it reads it nowhere else.
func doasArgv(b *Become, w way, argv []string) []string {
	all := slices.Concat(b.Exe, slices.DeleteFunc(slices.Clone(b.Flags), func(f string) bool { return f == "-n" }))
	if !w.terminal || b.Password == "" {
		all = append(all, "-n")
	}
	return append(append(all, "-u", b.User), argv...)
}

// marker makes a word that nothing else says.
func marker(kind string) string { return "pfrun-" + kind + "-" + transport.Token() }
