package facts

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// minimal holds the collectors of the subset min.
var minimal = strings.Fields("apparmor caps cmdline date_time distribution dns env fips local lsb pkg_mgr platform python selinux service_mgr ssh_pub_keys user")

// factNames holds facts that may be asked for by their own name, and the collectors that give them.
var factNames = map[string][]string{
	"caps":         {"system_capabilities", "system_capabilities_enforced"},
	"chroot":       {"is_chroot"},
	"distribution": {"distribution_version", "distribution_release", "distribution_major_version", "os_family"},
	"hardware":     {"processor", "processor_cores", "processor_count", "mounts", "devices"},
	"network":      {"interfaces", "default_ipv4", "default_ipv6", "all_ipv4_addresses", "all_ipv6_addresses"},
	"platform":     {"system", "kernel", "kernel_version", "machine", "python_version", "architecture", "machine_id"},
	"ssh_pub_keys": {"ssh_host_pub_keys", "ssh_host_key_dsa_public", "ssh_host_key_rsa_public", "ssh_host_key_ecdsa_public", "ssh_host_key_ed25519_public"},
	"user": {"user_id", "user_uid", "user_gid", "user_gecos", "user_dir", "user_shell", "real_user_id", "effective_user_id",
		"effective_group_ids"},
	"virtual": {"virtualization_type", "virtualization_role", "virtualization_tech_guest", "virtualization_tech_host"},
}

// needs holds the collectors that others need.
var needs = map[string][]string{"service_mgr": {"platform", "distribution"}, "pkg_mgr": {"distribution"}, "hardware": {"platform"}, "network": {"distribution", "platform"}}

// Collectors gives the collectors of a gather_subset, by Ansible's rules: min is always in, "!name" takes out, and what is named is in whatever is taken out. An empty list
// means all. A subset that is not known is an error; one that is taken out may be any word.
func Collectors(subsets []string) ([]string, error) {
	byName := known()
	want, without, named := set(minimal), map[string]bool{}, map[string]bool{}
	if len(subsets) == 0 {
		subsets = []string{"all"}
	}
	for _, s := range subsets {
		out, negated := strings.CutPrefix(s, "!")
		switch {
		case s == "min":
			maps.Copy(want, set(minimal))
		case s == "all":
			maps.Copy(want, set(slices.Collect(maps.Keys(byName))))
		case negated && out == "min":
			maps.Copy(without, set(minimal))
		case negated && out == "all":
			for name := range byName {
				without[name] = without[name] || !slices.Contains(minimal, name)
			}
		case negated:
			without[out] = true
			maps.Copy(without, set(factNames[out]))
		case byName[s] == "":
			return nil, fmt.Errorf("bad subset %q: gather_subset takes all, min, %s, and each of these with a ! before it", s, strings.Join(slices.Sorted(maps.Keys(byName)), ", "))
		default:
			named[s], want[s] = true, true
		}
	}
	maps.DeleteFunc(want, func(name string, _ bool) bool { return without[name] && !named[name] })
	return complete(want, byName), nil
}

// complete gives the collectors behind names of subsets, and those that they need, in order.
func complete(names map[string]bool, byName map[string]string) []string {
	found := map[string]bool{}
	for name := range names {
		c := byName[name]
		found[c] = true
		maps.Copy(found, set(needs[c]))
	}
	return slices.Sorted(maps.Keys(found))
}

// known gives the collector of each name that a subset can have.
func known() map[string]string {
	m := map[string]string{}
	for name := range collectors {
		m[name] = name
		for _, fact := range factNames[name] {
			m[fact] = name
		}
	}
	return m
}

func set(words []string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// Filter gives the facts that match one of the patterns (as of a shell's file names), or all where there are none. The prefix ansible_ may be left out of a pattern.
func Filter(tree Tree, patterns []string) Tree {
	if len(patterns) == 0 {
		return tree
	}
	out := Tree{}
	for name, v := range tree {
		for _, p := range patterns {
			if p == "" || matches(p, name) || !foreign(p) && matches("ansible_"+p, name) {
				out[name] = v
			}
		}
	}
	return out
}

func foreign(pattern string) bool {
	return strings.HasPrefix(pattern, "ansible_") || strings.HasPrefix(pattern, "facter") || strings.HasPrefix(pattern, "ohai")
}

// matches compares as fnmatch of Python does; no fact has a slash in its name, so that path.Match is the same but for "[!x]" and wrong patterns, which are taken as they stand.
func matches(pattern, name string) bool {
	ok, err := path.Match(strings.ReplaceAll(strings.ReplaceAll(pattern, `\`, `\\`), "[!", "[^"), name)
	return ok || err != nil && pattern == name
}
