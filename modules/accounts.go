package modules

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pfrun/pfrun/modules/change"
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

const maxAccounts = 16 << 20 // bytes of /etc/passwd or /etc/group

// LookupUser finds a user by name or number: in /etc/passwd, else (LDAP, SSSD) where the host looks further. ErrNoAccount is wrapped where there is none.
func LookupUser(ctx context.Context, r host.Reader, name string) (Account, error) {
	return lookup(ctx, r, change.Ref{Kind: change.UserRef, Name: name}, host.PasswdFile)
}

// LookupGroup finds a group as LookupUser finds a user.
func LookupGroup(ctx context.Context, r host.Reader, name string) (Account, error) {
	return lookup(ctx, r, change.Ref{Kind: change.GroupRef, Name: name}, host.GroupFile)
}

// lookup reads the one file that mostly has the answer, which is quicker than the state: what is planned of an account is planned of its file.
func lookup(ctx context.Context, r host.Reader, ref change.Ref, file string) (Account, error) {
	f, err := r.ReadFile(ctx, file, maxAccounts)
	switch {
	case err == nil:
		data, _ := f.Content.Data()
		if a := account(entryOf(string(data), ref)); a.Name != "" {
			return a, nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		return Account{}, fmt.Errorf("%s %s: %w", ref.Kind, ref.Name, err)
	}
	s, err := r.State(ctx, ref)
	if a := account(s); a.Name != "" {
		return a, nil
	}
	return Account{}, fmt.Errorf("%s %s: %w", ref.Kind, ref.Name, cmp.Or(err, ErrNoAccount))
}

func entryOf(text string, ref change.Ref) change.State {
	if ref.Kind == change.UserRef {
		return host.UserEntry(text, ref.Name)
	}
	return host.GroupEntry(text, ref.Name)
}

func account(s change.State) Account {
	switch s := s.(type) {
	case change.UserState:
		return Account{Name: s.Name, ID: s.UID, GID: s.GID, Home: s.Home}
	case change.GroupState:
		return Account{Name: s.Name, ID: s.GID}
	}
	return Account{}
}
