package postfix

import (
	"fmt"
	"slices"
	"strings"
)

// Need is what has to happen after a change of main.cf before Postfix runs with it.
type Need int

// From least to most, so that the need of several changes is their maximum.
const (
	NeedNothing Need = iota // only commands read the parameter, afresh each time
	NeedReload              // `postfix reload`
	NeedRestart             // `postfix stop` and `postfix start`; a reload keeps the old value or does worse
)

// String gives nothing, reload or restart.
func (n Need) String() string {
	return [...]string{"nothing", "reload", "restart"}[n]
}

// restarts are the parameters that a reload does not change, and why.
var restarts = map[string]string{
	"inet_protocols":     "the master keeps its listeners over a reload, and smtpd dies of the first client of a family that is no longer enabled",
	"inet_interfaces":    "the master keeps its listeners over a reload and ignores the change",
	"queue_directory":    "the master works in the directory that it was started in and ignores the change",
	"config_directory":   "the master ignores the change on a reload",
	"data_directory":     "the master holds its lock file in the directory that was set when it was started",
	"maillog_file":       "the master sets up logging when it is started",
	"import_environment": "the master cleans its environment once, when it is started",
	"tcp_windowsize":     "sockets that are open keep the window that they were opened with",
}

// commands are the programs that run once and read main.cf each time.
var commands = []string{"postfix", "postmulti", "postqueue", "postdrop", "sendmail"}

// commandOnly are the parameters that such programs alone read although the table has them for all.
var commandOnly = []string{
	"alias_database", "meta_directory", "multi_instance_directories", "multi_instance_enable", "multi_instance_group", "multi_instance_name",
	"multi_instance_wrapper", "openssl_path",
}

// persistent are the daemons that run as long as Postfix does and read main.cf when they start.
var persistent = []string{"master", "nbdb_reindexd", "postlogd", "postscreen", "qmgr", "tlsmgr", "tlsproxy", "verify"}

// Needs tells what a change of a parameter in main.cf needs, and why, in a few words. A name that is not built in needs a reload: it takes effect through
// a parameter that refers to it.
func Needs(name string) (need Need, reason string) {
	if why, ok := restarts[name]; ok {
		return NeedRestart, why
	}
	programs := parameters()[name].programs
	only := func(set []string) bool {
		return len(programs) > 0 && !slices.ContainsFunc(programs, func(p string) bool { return !slices.Contains(set, p) })
	}
	if slices.Contains(commandOnly, name) || only(commands) {
		return NeedNothing, "only commands read it, each time they run"
	}
	var staying []string
	for _, p := range programs {
		if slices.Contains(persistent, p) {
			staying = append(staying, p)
		}
	}
	switch owners, _ := serviceParameter(name); {
	case len(staying) > 0:
		return NeedReload, strings.Join(staying, " and ") + " would go on with the old value"
	case len(owners) > 0 && !strings.HasSuffix(name, "_time_limit"):
		return NeedReload, "qmgr would go on with the old value"
	case len(programs) == 0 || slices.Contains([]string{"all", "tls", "-"}, programs[0]):
		return NeedReload, "daemons that stay would go on with the old value"
	}
	return NeedReload, fmt.Sprintf("%s would take it up only at the next start of each process", strings.Join(programs, " and "))
}
