package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/pfrun/pfrun"
)

// flags are those of ansible-playbook, under their names there.
type flags struct {
	options     pfrun.Options
	timeout     int
	askPass     bool
	askBecome   bool
	passFile    string
	becomeFile  string
	vault       vaultFlags
	tags        []string
	skipTags    []string
	exitCode    bool
	syntaxCheck bool
	listHosts   bool
	listTasks   bool
	listTags    bool
	step        bool
}

// register declares the flags of a run of playbooks.
func (f *flags) register(fs *pflag.FlagSet) {
	f.registerHosts(fs)
	f.registerLogin(fs)
	fs.StringArrayVarP(&f.tags, "tags", "t", nil, "only tasks with these tags")
	fs.StringArrayVar(&f.skipTags, "skip-tags", nil, "no tasks with these tags")
	fs.StringVar(&f.options.StartAtTask, "start-at-task", "", "start with the task of this name, or that matches this glob")
	fs.BoolVar(&f.step, "step", false, "ask before each task whether it is to run")
	fs.BoolVar(&f.exitCode, "exit-code", false, "with --check: exit with 5 where there are changes to make")
	fs.BoolVar(&f.syntaxCheck, "syntax-check", false, "check playbook and inventory, and connect to nothing")
	fs.BoolVar(&f.listHosts, "list-hosts", false, "list the hosts of each play")
	fs.BoolVar(&f.listTasks, "list-tasks", false, "list the tasks that would run")
	fs.BoolVar(&f.listTags, "list-tags", false, "list the tags of each play")
}

// registerHosts declares the flags that say on which hosts something is done, and how it is shown.
func (f *flags) registerHosts(fs *pflag.FlagSet) {
	o := &f.options
	fs.StringArrayVarP(&o.Inventory, "inventory", "i", nil, "inventory file, folder or script, or a list of hosts with a comma: h1,h2, (repeatable)")
	fs.StringVarP(&o.Limit, "limit", "l", "", "only hosts that match this pattern as well, or @FILE")
	fs.StringArrayVarP(&o.ExtraVars, "extra-vars", "e", nil, "variables: k=v, JSON or YAML, or @FILE (repeatable)")
	fs.BoolVarP(&o.Check, "check", "C", false, "show what would change, and change nothing")
	fs.BoolVarP(&o.Diff, "diff", "D", false, "show the difference that each change makes")
	fs.VarP((*count)(&o.Forks), "forks", "f", "how many hosts at once (default: as configured, else 5)")
	fs.CountVarP(&o.Verbosity, "verbose", "v", "show more (-vvv: much more)")
}

// registerLogin declares the flags that say how to reach a host and who to be there.
func (f *flags) registerLogin(fs *pflag.FlagSet) {
	o := &f.options
	fs.StringVarP(&o.User, "user", "u", "", "user to log in as")
	fs.StringVarP(&o.Connection, "connection", "c", "", "how to connect: ssh or local")
	fs.StringVar(&o.PrivateKeyFile, "private-key", "", "private key file for the login")
	fs.StringVar(&o.PrivateKeyFile, "key-file", "", "the same as --private-key")
	fs.StringVar(&o.SSHCommonArgs, "ssh-common-args", "", "arguments as ssh has them, such as -o StrictHostKeyChecking=accept-new")
	fs.StringVar(&o.SSHExtraArgs, "ssh-extra-args", "", "further arguments as ssh has them")
	fs.StringVar(&o.SFTPExtraArgs, "sftp-extra-args", "", "accepted and of no effect: files travel over the connection that is there")
	fs.StringVar(&o.SCPExtraArgs, "scp-extra-args", "", "likewise")
	fs.IntVarP(&f.timeout, "timeout", "T", 0, "seconds to wait for a connection (default: as ssh is configured, else 10)")
	fs.BoolVar(&o.NoHelper, "no-helper", false, "put no helper on the hosts: slower, with the same results")
	fs.BoolVarP(&o.Become, "become", "b", false, "become another user")
	fs.StringVar(&o.BecomeUser, "become-user", "", "the user to become (default root)")
	fs.StringVar(&o.BecomeMethod, "become-method", "", "how to become another user: sudo, su or doas (default sudo)")
	f.vault.register(fs)
	fs.BoolVarP(&f.askPass, "ask-pass", "k", false, "ask for the login's password")
	fs.BoolVarP(&f.askBecome, "ask-become-pass", "K", false, "ask for the password for becoming another user")
	fs.StringVar(&f.passFile, "connection-password-file", "", "file with the login's password; - is standard input")
	fs.StringVar(&f.passFile, "conn-pass-file", "", "the same as --connection-password-file")
	fs.StringVar(&f.becomeFile, "become-password-file", "", "file with the password for becoming another user; - is standard input")
	fs.StringVar(&f.becomeFile, "become-pass-file", "", "the same as --become-password-file")
	for _, name := range []string{"key-file", "conn-pass-file", "become-pass-file"} {
		_ = fs.MarkHidden(name)
	}
}

// complete checks the flags against one another and fills the options.
func (f *flags) complete(playbooks []string) error {
	switch {
	case len(playbooks) == 0:
		return fmt.Errorf("no playbook is given; see pfrun --help")
	case f.exitCode && !f.options.Check:
		return fmt.Errorf("--exit-code goes with --check")
	}
	f.options.Playbooks = playbooks
	f.options.Tags, f.options.SkipTags = commas(f.tags), commas(f.skipTags)
	return f.checkLogin()
}

// checkLogin checks the flags that every command with hosts has.
func (f *flags) checkLogin() error {
	o := &f.options
	switch {
	case f.timeout < 0:
		return fmt.Errorf("--timeout must be 1 second or more, got %d", f.timeout)
	case f.askPass && f.passFile != "":
		return fmt.Errorf("--ask-pass and --connection-password-file exclude one another")
	case f.askBecome && f.becomeFile != "":
		return fmt.Errorf("--ask-become-pass and --become-password-file exclude one another")
	case f.passFile == "-" && f.becomeFile == "-":
		return fmt.Errorf("only one password can come from standard input")
	}
	o.Timeout = time.Duration(f.timeout) * time.Second
	return nil
}

// count is a number of things, of which there is one at least.
type count int

func (n *count) String() string { return strconv.Itoa(int(*n)) }

// Type is the word that the help shows for the value.
func (n *count) Type() string { return "int" }

// Set takes the value of the flag.
func (n *count) Set(text string) error {
	i, err := strconv.Atoi(text)
	if err != nil || i < 1 {
		return fmt.Errorf("must be 1 or more, got %s", text)
	}
	*n = count(i)
	return nil
}

func commas(words []string) []string {
	var out []string
	for _, w := range words {
		for part := range strings.SplitSeq(w, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}
