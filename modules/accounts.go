package modules

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/modules/host"
)

// Account is an entry of the user or group database of a managed host.
type Account struct {
	Name string
	ID   int    // uid or gid
	GID  int    // of a user: its first group
	Home string // of a user
}

// ErrNoAccount says that the host knows no such user or group.
var ErrNoAccount = errors.New("no such account")

// AccountProbes are the probes of LookupUser and LookupGroup, for the Spec of a module that uses them (every module with FileAttributes does).
func AccountProbes() []host.Probe {
	return []host.Probe{{Argv: []string{"getent", "passwd", "*"}}, {Argv: []string{"getent", "group", "*"}}}
}

const maxAccounts = 16 << 20 // bytes of /etc/passwd or /etc/group

// LookupUser finds a user by name or number: in /etc/passwd, else (LDAP, SSSD) by getent. ErrNoAccount is wrapped where there is none.
func LookupUser(ctx context.Context, r host.Reader, name string) (Account, error) {
	a, err := lookup(ctx, r, "passwd", name)
	if err != nil {
		err = fmt.Errorf("user %s: %w", name, err)
	}
	return a, err
}

// LookupGroup finds a group as LookupUser finds a user.
func LookupGroup(ctx context.Context, r host.Reader, name string) (Account, error) {
	a, err := lookup(ctx, r, "group", name)
	if err != nil {
		err = fmt.Errorf("group %s: %w", name, err)
	}
	return a, err
}

func lookup(ctx context.Context, r host.Reader, database, name string) (Account, error) {
	f, err := r.ReadFile(ctx, "/etc/"+database, maxAccounts)
	switch {
	case err == nil:
		data, _ := f.Content.Data()
		if a, ok := findAccount(string(data), name); ok {
			return a, nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		return Account{}, err
	}
	out, err := r.Probe(ctx, host.Probe{Argv: []string{"getent", database, name}})
	if err != nil {
		return Account{}, err
	}
	if a, ok := findAccount(out.Stdout, name); ok && out.Status == 0 {
		return a, nil
	}
	return Account{}, ErrNoAccount
}

// findAccount looks for a name, or a number, in lines as /etc/passwd and /etc/group have them.
func findAccount(text, name string) (Account, bool) {
	for line := range strings.Lines(text) {
		w := strings.Split(strings.TrimRight(line, "\n"), ":")
		if len(w) < 4 || (w[0] != name && w[2] != name) {
			continue
		}
		id, err := strconv.Atoi(w[2])
		if err != nil {
			continue
		}
		a := Account{Name: w[0], ID: id}
		if len(w) >= 7 {
			a.GID, _ = strconv.Atoi(w[3])
			a.Home = w[5]
		}
		return a, true
	}
	return Account{}, false
}
