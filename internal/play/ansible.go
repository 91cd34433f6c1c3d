package play

import (
	_ "embed"
	"strings"
	"sync"
)

// ansibleModules are the modules and actions of ansible.builtin, by their short names.
var ansibleModules = strings.Fields(`add_host apt apt_key apt_repository assemble assert async_status blockinfile command copy cron deb822_repository debconf debug dnf dnf5
	dpkg_selections expect fail fetch file find gather_facts get_url getent git group group_by hostname import_playbook import_role import_tasks include_role include_tasks
	include_vars iptables known_hosts lineinfile meta mount_facts package package_facts pause ping pip raw reboot replace rpm_key script service service_facts set_fact
	set_stats setup shell slurp stat subversion systemd systemd_service sysvinit tempfile template unarchive uri user validate_argument_spec wait_for
	wait_for_connection yum yum_repository`)

//go:embed collections.txt
var collectionsText string

// collectionOf gives the collection of each module that Ansible knows by a short name; "" is ansible.builtin.
var collectionOf = sync.OnceValue(func() map[string]string {
	of := map[string]string{}
	for _, name := range ansibleModules {
		of[name] = ""
	}
	collection := ""
	for line := range strings.Lines(collectionsText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, word := range strings.Fields(line) {
			if c, ok := strings.CutSuffix(word, ":"); ok {
				collection = c
				continue
			}
			of[word] = collection
		}
	}
	return of
})

// isAnsibleModule reports whether Ansible has a module of this name, or the name is of the form that collections' modules have.
func isAnsibleModule(name string) bool {
	short := shortName(name)
	if strings.Count(short, ".") >= 2 && !strings.ContainsAny(short, " /{") && !strings.HasPrefix(short, "ansible.builtin.") {
		return true
	}
	_, ok := collectionOf()[short]
	return ok
}

// fullName gives a module's name with its collection, where that is known.
func fullName(name string) string {
	if c := collectionOf()[name]; c != "" {
		return c + "." + name
	}
	return name
}
