package user

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// makeKey makes a key under a temporary name and gives it its place ($1) and owner ($2); with $3 one may be there. A passphrase comes on stdin where $4 says so, and goes to
// ssh-keygen by its own way of asking, so it stands in no list of processes. The rest are words for ssh-keygen. It prints the fingerprint and the public key.
const makeKey = `f=$1 own=$2 force=$3 ask=$4; shift 4
if [ -z "$force" ] && { [ -e "$f" ] || [ -e "$f.pub" ]; }; then echo "$f came there meanwhile" >&2; exit 1; fi
d=$(mktemp -d -- "$f.XXXXXX") || exit 1
trap 'rm -rf -- "$d"' EXIT
if [ -n "$ask" ]; then
IFS= read -r PFRUN_PASSPHRASE; export PFRUN_PASSPHRASE
printf '#!/bin/sh\nprintf "%%s\\n" "$PFRUN_PASSPHRASE"\n' > "$d/ask" && chmod 700 "$d/ask" || exit 1
SSH_ASKPASS=$d/ask SSH_ASKPASS_REQUIRE=force DISPLAY=: ssh-keygen -q "$@" -f "$d/key" || exit 1
else ssh-keygen -q "$@" -N "" -f "$d/key" || exit 1; fi
chown -- "$own" "$d/key" "$d/key.pub" && mv -f -- "$d/key" "$f" && mv -f -- "$d/key.pub" "$f.pub" || exit 1
ssh-keygen -l -f "$f" && cat -- "$f.pub"`

// planKey plans the user's SSH key, or tells of the one that is there.
func (t *Task) planKey(ctx context.Context, r host.Reader, p *plan) error {
	file, err := t.keyFile(ctx, r, p)
	if err != nil {
		return err
	}
	p.Result["ssh_key_file"] = file
	there, err := t.hasKey(ctx, r, p, file)
	if err != nil {
		return err
	}
	if there && !t.Force {
		return showKey(ctx, r, p, file)
	}
	if dir := path.Dir(file); !p.willHave(dir) {
		st, err := host.Follow(ctx, r, dir)
		switch {
		case err != nil:
			return err
		case st.Kind == host.Absent:
			meta := change.Meta{Mode: 0o700, UID: p.after.UID, GID: p.after.GID, Owner: t.Name}
			p.Steps = append(p.Steps, change.Mkdir{Path: dir, Meta: meta})
		}
	}
	c, err := t.keyProgram(ctx, r, p, file)
	p.Steps = append(p.Steps, c)
	return err
}

// keyFile gives the path of the key. One in the user's folder needs that folder.
func (t *Task) keyFile(ctx context.Context, r host.Reader, p *plan) (string, error) {
	file := ".ssh/id_" + t.KeyType
	if t.KeyFile != nil {
		var err error
		if file, err = modules.Expand(ctx, r, *t.KeyFile); err != nil || path.IsAbs(file) {
			return file, err
		}
	}
	st, err := host.Follow(ctx, r, p.after.Home)
	if err == nil && st.Kind == host.Absent && !p.willHave(p.after.Home) && !p.step.MoveHome {
		err = fmt.Errorf("user %s: %s: %w", t.Name, p.after.Home, errNoHome)
	}
	return path.Join(p.after.Home, file), err
}

// willHave reports whether a folder is one that the steps make.
func (p *plan) willHave(dir string) bool {
	for _, s := range p.Steps {
		made, _ := s.(change.Mkdir)
		if u, ok := s.(change.User); ok && u.Makes != nil {
			made = *u.Makes
		}
		if made.Path == dir {
			return true
		}
		if made.Below != nil {
			for _, e := range made.Below.Entries {
				if path.Join(made.Path, e.Name) == dir {
					return true
				}
			}
		}
	}
	return false
}

// hasKey looks for the two files of a key, and warns as Ansible does.
func (t *Task) hasKey(ctx context.Context, r host.Reader, p *plan, file string) (bool, error) {
	there := false
	for _, f := range []struct{ kind, path string }{{"private", file}, {"public", file + ".pub"}} {
		st, err := r.Stat(ctx, f.path)
		switch {
		case err != nil:
			return false, err
		case st.Kind == host.Absent:
			continue
		case t.Force:
			p.warnings = append(p.warnings, fmt.Sprintf("Overwriting existing ssh key %s file %q", f.kind, f.path))
		case !there:
			p.warnings = append(p.warnings, fmt.Sprintf("Found existing ssh key %s file %q, no force, so skipping ssh-keygen generation", f.kind, f.path))
		}
		there = true
	}
	return there, nil
}

// showKey puts the key that is there into the result.
func showKey(ctx context.Context, r host.Reader, p *plan, file string) error {
	out, err := r.Probe(ctx, host.Probe{Argv: []string{"ssh-keygen", "-l", "-f", file}, Reads: []change.Ref{change.Path(file), change.Path(file + ".pub")}})
	if err != nil {
		return err
	}
	p.Result["ssh_fingerprint"] = strings.TrimSpace(out.Stdout)
	if out.Status != 0 {
		p.Result["ssh_fingerprint"] = strings.TrimSpace(out.Stderr)
	}
	f, err := r.ReadFile(ctx, file+".pub", 1<<20)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.Result["ssh_public_key"] = nil
		return nil
	case err != nil:
		return err
	}
	data, _ := f.Content.Data()
	p.Result["ssh_public_key"] = strings.TrimSpace(string(data))
	return nil
}

// keyProgram gives the program that makes the key.
func (t *Task) keyProgram(ctx context.Context, r host.Reader, p *plan, file string) (change.Exec, error) {
	facts, err := r.Facts(ctx)
	if err != nil {
		return change.Exec{}, err
	}
	flag := func(yes bool) string {
		if yes {
			return "yes"
		}
		return ""
	}
	comment := "ansible-generated on " + facts.Node
	if t.KeyComment != nil {
		comment = *t.KeyComment
	}
	argv := []string{"sh", "-c", makeKey, "sh", file, fmt.Sprintf("%d:%d", p.after.UID, p.after.GID), flag(t.Force), flag(t.Passphrase != nil), "-t", t.KeyType, "-C", comment}
	if t.KeyBits > 0 {
		argv = append(argv, "-b", strconv.Itoa(t.KeyBits))
	}
	c := change.Exec{Argv: argv, Label: "make the SSH key " + file}
	if t.Passphrase != nil {
		c.Stdin = *t.Passphrase + "\n"
	}
	return c, nil
}

// Report tells of the key that was made.
func (t *Task) Report(p *modules.Plan, outcomes []change.Outcome) {
	last := len(p.Steps) - 1
	if last < 0 || last >= len(outcomes) {
		return
	}
	if _, made := p.Steps[last].(change.Exec); !made {
		return
	}
	switch out := outcomes[last]; {
	case !out.Known:
		p.Result["ssh_fingerprint"], p.Result["ssh_public_key"] = change.Unknown{}, change.Unknown{}
	case out.Status != 0:
		p.Unmet = strings.TrimSpace(string(out.Stderr))
	default:
		fingerprint, public, _ := strings.Cut(strings.TrimSpace(string(out.Stdout)), "\n")
		p.Result["ssh_fingerprint"], p.Result["ssh_public_key"] = fingerprint, public
	}
}
