package command

import (
	"path"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
)

// A judge says whether a program with these arguments changes nothing, and what its answer depends on. dir is where it is run.
type judge func(args []string, dir string) (reads []change.Ref, ok bool)

var (
	allPaths    = []change.Ref{{Kind: change.PathRef, Name: "*"}}
	allServices = []change.Ref{{Kind: change.ServiceRef, Name: "*"}}
	accounts    = []change.Ref{change.Path("/etc/passwd"), change.Path("/etc/group"), change.Path("/etc/shadow"), change.Path("/etc/gshadow")}
)

// judges is the table of programs that are known to change nothing, at least with some arguments. What is not in it is taken to change something.
var judges = map[string]judge{
	"arch":       always(nil),
	"cat":        files,
	"date":       date,
	"dpkg":       first(nil, "-l", "--list", "-s", "--status", "-L", "--listfiles", "-S", "--search", "--print-architecture"),
	"dpkg-query": always(nil),
	"echo":       always(nil),
	"false":      always(nil),
	"getent":     always(accounts),
	"groups":     always(accounts),
	"hostname":   hostname,
	"id":         always(accounts),
	"ls":         always(allPaths),
	"mailq":      exactly(allServices),
	"nproc":      always(nil),
	"postconf":   postconf,
	"postqueue":  exactly(allServices, "-p", "-j"),
	"readlink":   files,
	"realpath":   always(allPaths),
	"ss":         ss,
	"stat":       files,
	"sysctl":     sysctl,
	"systemctl":  first(allServices, "is-active", "is-enabled", "is-failed", "status", "show", "cat", "list-units", "list-unit-files"),
	"test":       files,
	"true":       always(nil),
	"uname":      always(nil),
	"whoami":     always(accounts),
}

// effectless judges a command by its program, which must be named without a folder or be one of the system's.
func effectless(argv []string, dir string) ([]change.Ref, bool) {
	folder, name := path.Split(argv[0])
	if !slices.Contains([]string{"", "/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"}, folder) {
		return nil, false
	}
	judge, ok := judges[name]
	if !ok {
		return nil, false
	}
	return judge(argv[1:], dir)
}

func always(reads []change.Ref) judge {
	return func([]string, string) ([]change.Ref, bool) { return reads, true }
}

// first wants the first argument to be one of the words.
func first(reads []change.Ref, words ...string) judge {
	return func(args []string, _ string) ([]change.Ref, bool) {
		return reads, len(args) > 0 && slices.Contains(words, args[0])
	}
}

// exactly wants one argument, which is one of the words, or none where there are no words.
func exactly(reads []change.Ref, words ...string) judge {
	return func(args []string, _ string) ([]change.Ref, bool) {
		if len(words) == 0 {
			return reads, len(args) == 0
		}
		return reads, len(args) == 1 && slices.Contains(words, args[0])
	}
}

// files takes every argument that is no option for a path. Devices are left out: reading one can change it.
func files(args []string, dir string) ([]change.Ref, bool) {
	var reads []change.Ref
	for _, a := range args {
		if strings.HasPrefix(a, "-") || a == "" {
			continue
		}
		if !path.IsAbs(a) {
			a = path.Join(dir, a)
		}
		a = path.Clean(a)
		if strings.HasPrefix(a, "/dev/") || strings.HasPrefix(a, "/proc/") && strings.HasSuffix(a, "kmsg") {
			return nil, false
		}
		reads = append(reads, change.Path(a))
	}
	return reads, true
}

// date sets the clock where it is given something that is no format.
func date(args []string, _ string) ([]change.Ref, bool) {
	for _, a := range args {
		if !strings.HasPrefix(a, "+") && !slices.Contains([]string{"-u", "--utc", "-R", "-I", "-Is", "--rfc-email"}, a) {
			return nil, false
		}
	}
	return nil, true
}

// hostname sets the name where it is given one.
func hostname(args []string, _ string) ([]change.Ref, bool) {
	for _, a := range args {
		if !slices.Contains([]string{"-f", "--fqdn", "-s", "--short", "-d", "--domain", "-i", "-I", "-A"}, a) {
			return nil, false
		}
	}
	return nil, true
}

// ss can kill connections, and dump into a file.
func ss(args []string, _ string) ([]change.Ref, bool) {
	for _, a := range args {
		long, short := strings.HasPrefix(a, "--"), strings.HasPrefix(a, "-")
		if long && (strings.HasPrefix("--kill", a) || strings.HasPrefix(a, "--di")) || short && !long && strings.ContainsAny(a, "KDEF") {
			return nil, false
		}
	}
	return allServices, true
}

// postconf edits with -e, -#, -X and with name=value. Everything else is a look at its folder.
func postconf(args []string, _ string) ([]change.Ref, bool) {
	dir := "/etc/postfix"
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "-c" || a == "-o" || a == "-C" || a == "-T":
			if i++; i == len(args) {
				return nil, false
			}
			if a == "-c" {
				dir = args[i]
			}
		case strings.HasPrefix(a, "-") && strings.Trim(a[1:], "dDnfhHlmaAxMFPpqvtbjC") != "":
			return nil, false
		case strings.Contains(a, "="):
			return nil, false
		}
	}
	if !path.IsAbs(dir) {
		return nil, false
	}
	return []change.Ref{change.Path(path.Join(dir, "main.cf")), change.Path(path.Join(dir, "master.cf")), change.Path(path.Join(dir, "dynamicmaps.cf"))}, true
}

// sysctl is taken with -n and names alone.
func sysctl(args []string, _ string) ([]change.Ref, bool) {
	if len(args) < 2 || args[0] != "-n" {
		return nil, false
	}
	for _, a := range args[1:] {
		if strings.HasPrefix(a, "-") || strings.Contains(a, "=") {
			return nil, false
		}
	}
	return nil, true
}
