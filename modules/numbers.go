package modules

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Settings reads a file of settings like /etc/login.defs (NAME value) or /etc/default/useradd (NAME=value). One that is not there has none.
func Settings(ctx context.Context, r host.Reader, file string) (map[string]string, error) {
	f, err := r.ReadFile(ctx, file, maxAccounts)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return map[string]string{}, nil
	case err != nil:
		return nil, err
	}
	data, _ := f.Content.Data()
	all := map[string]string{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if at := strings.IndexAny(line, " \t="); at > 0 && line[0] != '#' {
			all[line[:at]] = strings.Trim(line[at+1:], " \t\"")
		}
	}
	return all, nil
}

// Numbers chooses the number of a new user or group as useradd and groupadd do (shadow-utils, find_new_uid.c and find_new_gid.c). It is chosen where the change is planned, so that
// it is known from then on, and the change fails where somebody else took it meanwhile.
type Numbers struct {
	Kind   change.RefKind // change.UserRef or change.GroupRef
	System bool
	Defs   map[string]string // of /etc/login.defs
	// Min and Max stand in place of UID_MIN and UID_MAX, or GID_MIN and GID_MAX; nil: they do not.
	Min, Max *int
	// Prefer is the number to take if it is free, 0 for none: the user's, for the group of its own.
	Prefer int
}

// Free gives a number that nobody has.
func (n Numbers) Free(ctx context.Context, r host.Reader) (int, error) {
	low, high, least := n.bounds()
	used, err := usedNumbers(ctx, r, n.Kind)
	if err != nil {
		return 0, err
	}
	if free, err := n.isFree(ctx, r, used, n.Prefer); n.Prefer >= least && n.Prefer <= high && (free || err != nil) {
		return n.Prefer, err
	}
	for id := range candidates(used, low, high, n.System) {
		if free, err := n.isFree(ctx, r, used, id); free || err != nil {
			return id, err
		}
	}
	return 0, fmt.Errorf("no %s is free between %d and %d", n.name(), low, high)
}

func (n Numbers) name() string {
	if n.Kind == change.UserRef {
		return "UID"
	}
	return "GID"
}

// bounds gives the range to choose from, and the least number that may be preferred.
func (n Numbers) bounds() (low, high, least int) {
	def := func(name string, without int) int {
		if v, err := strconv.ParseInt(n.Defs[name], 0, 32); err == nil {
			return int(v)
		}
		return without
	}
	low, high = def(n.name()+"_MIN", 1000), def(n.name()+"_MAX", 60000)
	if n.Min != nil {
		low = *n.Min
	}
	if n.Max != nil {
		high = *n.Max
	}
	if n.System {
		return max(def("SYS_"+n.name()+"_MIN", 101), 1), def("SYS_"+n.name()+"_MAX", low-1), 1
	}
	return low, high, low
}

func (n Numbers) isFree(ctx context.Context, r host.Reader, used []int, id int) (bool, error) {
	if slices.Contains(used, id) {
		return false, nil
	}
	s, err := r.State(ctx, change.Ref{Kind: n.Kind, Name: strconv.Itoa(id)})
	return account(s).Name == "", err
}

// usedNumbers gives the numbers in the host's own file.
func usedNumbers(ctx context.Context, r host.Reader, kind change.RefKind) ([]int, error) {
	file := host.PasswdFile
	if kind == change.GroupRef {
		file = host.GroupFile
	}
	f, err := r.ReadFile(ctx, file, maxAccounts)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	data, _ := f.Content.Data()
	var used []int
	for line := range strings.Lines(string(data)) {
		if w := strings.Split(line, ":"); len(w) > 2 {
			if id, err := strconv.Atoi(w[2]); err == nil {
				used = append(used, id)
			}
		}
	}
	return used, nil
}

// candidates gives the numbers in the order in which they are tried: those of users upwards from the highest that is used, those of the system downwards from the lowest; then
// the whole range.
func candidates(used []int, low, high int, system bool) func(func(int) bool) {
	first, step := low, 1
	if system {
		first, step = high, -1
	}
	begin := first
	for _, id := range used {
		if in := id >= low && id <= high; in && (id-begin)*step >= 0 {
			begin = id + step
		}
	}
	return func(yield func(int) bool) {
		for _, from := range []int{begin, first} {
			for id := from; id >= low && id <= high; id += step {
				if !yield(id) {
					return
				}
			}
		}
	}
}

// UserOfGroup gives a user of the host's own files whose first group has the number, "" where there is none.
func UserOfGroup(ctx context.Context, r host.Reader, gid int) (string, error) {
	users, err := LocalUsers(ctx, r)
	for _, u := range users {
		if u.GID == gid {
			return u.Name, err
		}
	}
	return "", err
}

// LocalUsers gives the users of the host's own files.
func LocalUsers(ctx context.Context, r host.Reader) ([]Account, error) {
	f, err := r.ReadFile(ctx, host.PasswdFile, maxAccounts)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	data, _ := f.Content.Data()
	var all []Account
	for line := range strings.Lines(string(data)) {
		name, _, _ := strings.Cut(line, ":")
		if a := account(host.UserEntry(line, name)); a.Name != "" {
			all = append(all, a)
		}
	}
	return all, nil
}
