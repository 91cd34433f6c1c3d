// Package user makes, changes and removes users of the host, with their folders, passwords and SSH keys.
//
// It is Ansible's `user` as it is on Linux. What useradd would choose by itself, the number of a new user and of its group, the shell, what lies in a new folder, is looked up and
// planned, so that it is known before it is done: see modules.Numbers.
package user

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// State is whether the user shall be there.
type State string

// The states that Ansible knows.
const (
	Absent  State = "absent"
	Present State = "present"
)

// Enum gives the states.
func (State) Enum() []string { return []string{string(Absent), string(Present)} }

// Update is when a password that differs is set.
type Update string

// The times at which Ansible sets it.
const (
	Always   Update = "always"
	OnCreate Update = "on_create"
)

// Enum gives them.
func (Update) Enum() []string { return []string{string(Always), string(OnCreate)} }

// Task is one use of the module.
type Task struct {
	Name        string   `arg:"name,required,alias=user" doc:"Name of the user."`
	State       State    `arg:"state" doc:"Whether the user shall be there."`
	UID         *int     `arg:"uid" doc:"Number of the user. Without it a new user gets the one that useradd would choose."`
	NonUnique   bool     `arg:"non_unique" doc:"Take the number though another user has it."`
	UIDMin      *int     `arg:"uid_min" doc:"The lowest number that a new user may get, in place of UID_MIN of /etc/login.defs."`
	UIDMax      *int     `arg:"uid_max" doc:"The highest number that a new user may get, in place of UID_MAX of /etc/login.defs."`
	Comment     *string  `arg:"comment" doc:"What the user is called, or is for."`
	Group       *string  `arg:"group" doc:"First group, by name or number. Without it a new user gets a group of its own where login.defs says so."`
	Groups      []string `arg:"groups" doc:"Further groups, by name or number. An empty list takes the user out of all."`
	Append      bool     `arg:"append" doc:"Leave the user in the groups that it is in already."`
	Shell       *string  `arg:"shell" doc:"Login shell."`
	Home        *string  `arg:"home" doc:"Path of the user's folder."`
	CreateHome  bool     `arg:"create_home,alias=createhome" doc:"Make the user's folder where it is missing."`
	MoveHome    bool     `arg:"move_home" doc:"Move the folder where home changes, unless the old one is missing or something is at the new path."`
	Skeleton    *string  `arg:"skeleton" doc:"Folder whose content a new folder of the user begins with, /etc/skel where it is not given."`
	Umask       *string  `arg:"umask" doc:"What the mode of a new user's folder leaves out, in octal, where login.defs has no HOME_MODE."`
	System      bool     `arg:"system" doc:"Make a new user one of the system's."`
	Password    *string  `arg:"password,secret" doc:"Hash of the password, or ! or * for none."`
	Update      Update   `arg:"update_password" doc:"Whether the password of a user who is there already is set too."`
	Lock        *bool    `arg:"password_lock" doc:"Whether the password is locked."`
	ExpireMin   *int     `arg:"password_expire_min" doc:"Days between two changes of the password."`
	ExpireMax   *int     `arg:"password_expire_max" doc:"Days until the password has to be changed."`
	ExpireWarn  *int     `arg:"password_expire_warn" doc:"Days of warning before that."`
	Inactive    *int     `arg:"password_expire_account_disable" doc:"Days from then until the account is disabled."`
	Expires     *float64 `arg:"expires" doc:"When the account ends, in seconds since 1970-01-01; below 0 never."`
	Remove      bool     `arg:"remove" doc:"Remove the user's folder and mail with the user."`
	Force       bool     `arg:"force" doc:"Remove the user though it is logged in, and a folder that is not its own; put a new SSH key in place of one that is there."`
	Local       bool     `arg:"local" doc:"Look into the host's own files alone, and change them with the programs of libuser, which the host must have."`
	GenerateKey bool     `arg:"generate_ssh_key" doc:"Make an SSH key for the user where there is none."`
	KeyBits     int      `arg:"ssh_key_bits" doc:"Size of the key, what ssh-keygen takes where it is 0."`
	KeyType     string   `arg:"ssh_key_type" doc:"Kind of the key."`
	KeyFile     *string  `arg:"ssh_key_file" doc:"Path of the key, from the user's folder on; .ssh/id_TYPE where it is not given."`
	KeyComment  *string  `arg:"ssh_key_comment" doc:"Comment of the key, \"ansible-generated on HOST\" where it is not given."`
	Passphrase  *string  `arg:"ssh_key_passphrase,secret" doc:"Passphrase of the key, none where it is not given."`

	SEUser        modules.Unsupported `arg:"seuser" doc:"Not supported: the user of SELinux."`
	LoginClass    *string             `arg:"login_class" doc:"Taken, and without a meaning on Linux."`
	Hidden        *bool               `arg:"hidden" doc:"Taken, and without a meaning on Linux."`
	Profile       *string             `arg:"profile" doc:"Taken, and without a meaning on Linux."`
	Authorization *string             `arg:"authorization" doc:"Taken, and without a meaning on Linux."`
	Role          *string             `arg:"role" doc:"Taken, and without a meaning on Linux."`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "user",
		Short: "Make, change and remove users",
		Long: "Manages the users of a host with useradd, usermod, userdel, chage and chpasswd. What useradd would choose, such as the number of a new user, is chosen when the task is planned, as useradd chooses it, so check mode tells it too. No hash is shown, or stands among the words of a program.\n\n" +
			"Returns name and state and, of a user who is there, uid, group, comment, home and shell, with groups and password where they were given. With a new user come system and create_home, with one who was there append and move_home, with a removed one force and remove, and with generate_ssh_key ssh_key_file, ssh_public_key and ssh_fingerprint.",
		New:    func() modules.Task { return &Task{State: Present, CreateHome: true, Update: Always, KeyType: "rsa"} },
		Probes: append(modules.ExpandProbes(), host.Probe{Argv: []string{"ssh-keygen", "-l", "-f", "*"}}),
	}
}

// Validate checks what Ansible checks before it looks, and what no entry of /etc/passwd can hold.
func (t *Task) Validate() error {
	if t.Name == "" || strings.ContainsAny(t.Name, ":,/ \t\n") || strings.HasPrefix(t.Name, "-") {
		return fmt.Errorf("argument \"name\": %q cannot be the name of a user", t.Name)
	}
	for name, value := range map[string]*string{"comment": t.Comment, "home": t.Home, "shell": t.Shell, "password": t.Password} {
		if value != nil && strings.ContainsAny(*value, ":\n") {
			return fmt.Errorf("argument %q cannot have a colon or a line's end in it", name)
		}
	}
	for name, given := range map[string]bool{"umask": t.Umask != nil, "uid_min": t.UIDMin != nil, "uid_max": t.UIDMax != nil} {
		if given && t.Local {
			return fmt.Errorf("'%s' can not be used with 'local'", name)
		}
	}
	return nil
}

// plan is a plan in the making.
type plan struct {
	*modules.Plan
	now, after change.UserState
	step       change.User
	defs       map[string]string // of /etc/login.defs
	presets    map[string]string // of /etc/default/useradd
	warnings   []string
}

// Plan compares the user with what is asked for.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	got, err := r.State(ctx, change.Ref{Kind: change.UserRef, Name: t.Name})
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", t.Name, err)
	}
	p := &plan{Plan: &modules.Plan{Result: map[string]any{"name": t.Name, "state": string(t.State)}}}
	p.now, _ = got.(change.UserState)
	if p.now.Name != t.Name || t.Local && !p.now.Local {
		p.now = change.UserState{}
	}
	if p.defs, err = modules.Settings(ctx, r, "/etc/login.defs"); err != nil {
		return nil, err
	}
	if p.presets, err = modules.Settings(ctx, r, "/etc/default/useradd"); err != nil {
		return nil, err
	}
	p.step = change.User{Name: t.Name, Before: p.now, NonUnique: t.NonUnique, Force: t.Force, Local: t.Local}
	if t.State == Absent {
		err = t.absent(ctx, r, p)
	} else {
		err = t.present(ctx, r, p)
	}
	if err != nil {
		return nil, err
	}
	if len(p.warnings) > 0 {
		p.Note = strings.Join(p.warnings, "\n")
		p.Result["warnings"] = p.warnings
	}
	return p.Plan, nil
}

// add plans the step that leads to what the user shall be, where that is another thing than it is.
func (p *plan) add() error {
	if p.after.Same(p.now) {
		return nil
	}
	if p.now.Exists && !p.now.Local {
		return fmt.Errorf("user %s is not in /etc/passwd: it can only be changed where it is kept", p.step.Name)
	}
	p.step.After = p.after
	p.Steps = append(p.Steps, p.step)
	return nil
}

// absent plans that the user goes.
func (t *Task) absent(ctx context.Context, r host.Reader, p *plan) error {
	if !p.now.Exists {
		return nil
	}
	p.Result["force"], p.Result["remove"] = t.Force, t.Remove
	users, err := modules.LocalUsers(ctx, r)
	if err != nil {
		return err
	}
	if p.step.OwnGroup, err = t.groupGoes(ctx, r, p, users); err != nil {
		return err
	}
	if t.Remove {
		if err := t.removes(ctx, r, p, users); err != nil {
			return err
		}
	}
	return p.add()
}

// groupGoes tells whether the group of the user's name goes with it: where users have groups of their own, and nobody else is in it.
func (t *Task) groupGoes(ctx context.Context, r host.Reader, p *plan, users []modules.Account) (bool, error) {
	got, err := r.State(ctx, change.Ref{Kind: change.GroupRef, Name: t.Name})
	g, _ := got.(change.GroupState)
	if err != nil || g.Name != t.Name || !g.Local || g.GID != p.now.GID || p.defs["USERGROUPS_ENAB"] != "yes" {
		return false, err
	}
	for _, u := range users {
		if u.GID == g.GID && u.Name != t.Name && !t.Force {
			return false, nil
		}
	}
	return len(g.Members) == 0 || len(g.Members) == 1 && g.Members[0] == t.Name, nil
}

// removes plans what goes with the user, and refuses beforehand what userdel would not remove.
func (t *Task) removes(ctx context.Context, r host.Reader, p *plan, users []modules.Account) error {
	mail := p.defs["MAIL_DIR"]
	if mail == "" {
		mail = "/var/mail"
	}
	for _, name := range []string{p.now.Home, path.Join(mail, t.Name)} {
		st, err := r.Stat(ctx, name)
		switch {
		case err != nil:
			return err
		case st.Kind == host.Absent:
			continue
		case st.Meta.UID != p.now.UID && !t.Force:
			return fmt.Errorf("%s is not owned by %s, and userdel would leave it (force: true removes it all the same)", name, t.Name)
		}
		for _, u := range users {
			if u.Name != t.Name && !t.Force && strings.HasPrefix(u.Home+"/", name+"/") {
				return fmt.Errorf("%s holds the folder of %s, and userdel would leave it", name, u.Name)
			}
		}
		n, err := host.NodeAt(ctx, r, st, host.Keep{})
		if err != nil {
			return err
		}
		p.step.Removes = append(p.step.Removes, change.Remove{Path: name, Node: n})
	}
	return nil
}

var errNoHome = errors.New("the user's folder is not there, and create_home does not make it")
