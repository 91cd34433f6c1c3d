package modules

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// FileAttributes are the arguments that every module has which makes files: embed it.
type FileAttributes struct {
	Mode         *Mode       `arg:"mode" doc:"Permissions of the file: octal in quotes (\"0644\") or symbolic (u=rw,g=r,o=). Without it an existing file keeps its own, and a new one gets what the umask leaves (mostly 0644)."`
	Owner        *string     `arg:"owner" doc:"User that owns the file, by name or number. Without it an existing file keeps its own, and a new one belongs to the user of the task."`
	Group        *string     `arg:"group" doc:"Group that owns the file, by name or number. Without it an existing file keeps its own, and a new one gets the first group of the user of the task."`
	Attributes   Unsupported `arg:"attributes,alias=attr" doc:"Not supported: attributes as chattr sets them."`
	SELevel      Unsupported `arg:"selevel" doc:"Not supported: the level of the SELinux context."`
	SERole       Unsupported `arg:"serole" doc:"Not supported: the role of the SELinux context."`
	SEType       Unsupported `arg:"setype" doc:"Not supported: the type of the SELinux context."`
	SEUser       Unsupported `arg:"seuser" doc:"Not supported: the user of the SELinux context."`
	UnsafeWrites Never       `arg:"unsafe_writes" doc:"Only no: pfrun writes files atomically or not at all."`
}

// Unsupported is an argument of Ansible's that pfrun does not have: giving it a value is an error that says so.
type Unsupported struct{}

// Set refuses every value.
func (*Unsupported) Set(any) error { return errors.New("is not supported by pfrun") }

// Never is an argument of Ansible's that pfrun only takes as no, which is what it does anyway.
type Never struct{}

// Set refuses yes.
func (*Never) Set(value any) error {
	yes, err := toBool(value)
	if err == nil && yes {
		err = errors.New("is not supported by pfrun: only no can be given")
	}
	return err
}

// Apply gives the mode and owner that a path has once the attributes were applied to it; current is what it has, or what a new one would get. The error of a user or group
// that is not there has Ansible's words and wraps ErrNoAccount.
func (a FileAttributes) Apply(ctx context.Context, r host.Reader, current change.Meta, isDir bool) (change.Meta, error) {
	m := current
	if a.Mode != nil {
		m.Mode = a.Mode.Apply(current.Mode, isDir)
	}
	if a.Owner != nil {
		u, err := accountOf(ctx, r, *a.Owner, LookupUser)
		if err != nil {
			return m, noAccount("chown failed: failed to look up user", *a.Owner, err)
		}
		if u.ID != current.UID {
			m.UID, m.Owner = u.ID, u.Name
		}
	}
	if a.Group != nil {
		g, err := accountOf(ctx, r, *a.Group, LookupGroup)
		if err != nil {
			return m, noAccount("chgrp failed: failed to look up group", *a.Group, err)
		}
		if g.ID != current.GID {
			m.GID, m.Group = g.ID, g.Name
		}
	}
	return m, nil
}

// accountOf takes a number as it is, and looks a name up.
func accountOf(ctx context.Context, r host.Reader, name string, look func(context.Context, host.Reader, string) (Account, error)) (Account, error) {
	if id, err := strconv.Atoi(name); err == nil && id >= 0 {
		return Account{ID: id}, nil
	}
	return look(ctx, r, name)
}

func noAccount(words, name string, err error) error {
	if errors.Is(err, ErrNoAccount) {
		return fmt.Errorf("%s %s (%w)", words, name, ErrNoAccount)
	}
	return err
}

// NewFileMeta gives what a new file gets where nothing else is said: the mode that the user's umask leaves (mostly 0644), the user of the task and that user's first group.
func NewFileMeta(ctx context.Context, r host.Reader) (change.Meta, error) {
	facts, err := r.Facts(ctx)
	if err != nil {
		return change.Meta{}, err
	}
	m := change.Meta{Mode: 0o666 &^ facts.Umask, UID: facts.UID, GID: facts.UID, Owner: facts.User}
	if facts.UID == 0 {
		m.Group = "root"
		return m, nil
	}
	u, err := LookupUser(ctx, r, strconv.Itoa(facts.UID))
	if err != nil {
		return m, err
	}
	m.GID = u.GID
	return m, nil
}
