// Package facts makes the facts of a host, by Ansible's names and with Ansible's values, from what programs print there and what files hold.
//
// It looks at nothing itself. Script is what is run on the host, once: it prints the raw material of the collectors that it is asked for, and Parse makes facts of that.
//
//	names, err := facts.Collectors([]string{"!all", "network"})
//	// run facts.Command(facts.LocalFolder, 10, names) on the host
//	raw, err := facts.Read(out)
//	tree := raw.Facts(names)
//
// Names and values are those of ansible-core 2.19 on Linux; docs/facts.md lists where they differ.
package facts

import (
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Script is a script for any POSIX shell that prints what facts are made of. It changes nothing on the host. Of its arguments the first is the folder of local facts, whose
// executable files it runs, the second the number of seconds that one program may take, and the rest are the names of collectors.
//
//go:embed gather.sh
var Script string

// LocalFolder is where a host's own facts are, unless a task says otherwise.
const LocalFolder = "/etc/ansible/facts.d"

// Command gives the program that prints the material of these collectors. seconds bounds each program that it runs.
func Command(folder string, seconds int, collectors []string) []string {
	return append([]string{"sh", "-c", Script, "sh", folder, strconv.Itoa(seconds)}, collectors...)
}

// Tree holds facts by name. Values are those of JSON, whole numbers are int64.
type Tree = map[string]any

// collectors holds what each collector makes of the raw material, under names without prefix.
var collectors = map[string]func(*Raw) Tree{
	"apparmor":          apparmor,
	"caps":              capabilities,
	"chroot":            chroot,
	"cmdline":           cmdline,
	"date_time":         dateTime,
	"distribution":      distribution,
	"dns":               dns,
	"env":               environment,
	"facter":            none,
	"fibre_channel_wwn": fibreChannel,
	"fips":              fips,
	"hardware":          hardware,
	"iscsi":             iscsi,
	"loadavg":           loadavg,
	"local":             local,
	"lsb":               lsb,
	"network":           network,
	"nvme":              nvme,
	"ohai":              none,
	"pkg_mgr":           packageManager,
	"platform":          platform,
	"python":            python,
	"selinux":           selinux,
	"service_mgr":       serviceManager,
	"ssh_pub_keys":      sshKeys,
	"systemd":           systemd,
	"user":              user,
	"virtual":           virtual,
}

// none is a collector of another program's facts, which pfrun does not run.
func none(*Raw) Tree { return nil }

// Facts makes the facts of these collectors, each under its name with the prefix ansible_.
func (r *Raw) Facts(names []string) Tree {
	tree := Tree{}
	for _, name := range names {
		for key, v := range collectors[name](r) {
			tree["ansible_"+key] = v
		}
	}
	return tree
}

// Raw is what a host told.
type Raw struct {
	Warnings []string // what was found wrong while facts were made of it

	sections map[string]string
	files    map[string]string // by path, only those that can be read
	locals   []localFact
}

// Names gives the collectors there are, in order.
func Names() []string { return slices.Sorted(maps.Keys(collectors)) }

// SetFile replaces the content of a file, for one whose new content is known before the host has it.
func (r *Raw) SetFile(path, text string) { r.files[path] = text }

// Files gives the paths of the files that were read, in order.
func (r *Raw) Files() []string { return slices.Sorted(maps.Keys(r.files)) }

// file gives the text of a file without the white space around it; "" where it is empty, missing or not to be read.
func (r *Raw) file(path string) string { return strings.TrimSpace(r.files[path]) }

// exists reports whether the host has this path. Only paths that the script looks for are known.
func (r *Raw) exists(path string) bool {
	return slices.Contains(strings.Split(r.sections["exist"], "\n"), path)
}

// has reports whether the host has this program. Only programs that the script looks for are known.
func (r *Raw) has(program string) bool {
	_, ok := r.sections["has "+program]
	return ok
}

// lines gives the lines of a section, without the empty ones.
func (r *Raw) lines(section string) []string {
	return slices.DeleteFunc(strings.Split(r.sections[section], "\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
}

// small gives the content of the small files that a section holds as lines "PATH:LINE", by path. Of files with several lines the first counts.
func (r *Raw) small(section string) map[string]string {
	m := map[string]string{}
	for _, line := range r.lines(section) {
		path, text, ok := strings.Cut(line, ":")
		if _, twice := m[path]; ok && !twice {
			if text = strings.TrimSpace(text); text != "" {
				m[path] = text
			}
		}
	}
	return m
}

// number reads a whole number, or gives 0.
func number(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// list makes a list of texts a value.
func list(words []string) []any {
	out := make([]any, len(words))
	for i, w := range words {
		out[i] = w
	}
	return out
}

// orNil gives a text, or nil where it is empty.
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
