package facts

import (
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

// mounts gives what is mounted from a device, a file or another host.
func mounts(r *Raw) Tree {
	bound, uuids, sizes := r.bound(), r.uuids(), r.sizes()
	all := []any{}
	seen := map[string]int{}
	for _, line := range r.lines("mtab") {
		f := strings.Fields(line)
		if len(f) < 6 {
			continue
		}
		for i := range f {
			f[i] = unescape(f[i])
		}
		device, path, kind, options := f[0], f[1], f[2], f[3]
		if !strings.HasPrefix(device, "/") && !strings.HasPrefix(device, `\`) && !strings.Contains(device, ":/") || kind == "none" {
			continue
		}
		m := Tree{"mount": path, "device": device, "fstype": kind, "options": options, "dump": number(f[4]), "passno": number(f[5]), "uuid": "N/A"}
		if bound[path] && !bindOption.In(options) {
			m["options"] = options + ",bind"
		}
		if uuid, ok := uuids[device]; ok {
			m["uuid"] = uuid
		}
		addSize(m, sizes[path])
		if i, twice := seen[path]; twice {
			all[i] = m // what is mounted over it is what is seen
			continue
		}
		seen[path] = len(all)
		all = append(all, m)
	}
	return Tree{"mounts": all}
}

var bindOption = pyre.Must(`bind.*"`, 0)

// addSize adds what statfs(2) says: fundamental block size, block size, blocks, blocks available, inodes, inodes free.
func addSize(m Tree, words []string) {
	if len(words) == 1 && words[0] == "late" {
		m["note"] = "Could not get extra information due to timeout"
		delete(m, "uuid")
	}
	if len(words) != 6 {
		return
	}
	unit, size, blocks, left, inodes, unused := number(words[0]), number(words[1]), number(words[2]), number(words[3]), number(words[4]), number(words[5])
	m["size_total"], m["size_available"] = unit*blocks, unit*left
	m["block_size"], m["block_total"], m["block_available"], m["block_used"] = size, blocks, left, blocks-left
	m["inode_total"], m["inode_available"], m["inode_used"] = inodes, unused, inodes-unused
}

// sizes gives, by path, the words that the look at a mount gave.
func (r *Raw) sizes() map[string][]string {
	m := map[string][]string{}
	for _, line := range r.lines("sizes") {
		if f := strings.Fields(line); len(f) > 1 {
			m[unescape(f[0])] = f[1:]
		}
	}
	return m
}

// bound gives the paths at which a part of a file system is mounted.
func (r *Raw) bound() map[string]bool {
	m := map[string]bool{}
	for _, line := range r.lines("findmnt") {
		if f := strings.Fields(line); len(f) > 1 && strings.Contains(f[1], "]") {
			m[f[0]] = true
		}
	}
	return m
}

// uuids gives the file systems' identifiers by device.
func (r *Raw) uuids() map[string]string {
	m := map[string]string{}
	for target, names := range r.deviceLinks("uuid") {
		m["/dev/"+target] = names[0]
	}
	listed := map[string]bool{}
	for _, line := range r.lines("lsblk") {
		if f := strings.Fields(line); len(f) > 1 && !listed[f[0]] {
			listed[f[0]] = true
			m[f[0]] = f[len(f)-1]
		}
	}
	return m
}

var octal = pyre.Must(`\\[0-7]{3}`, 0)

// unescape puts in the characters that mtab(5) writes as octal numbers.
func unescape(s string) string {
	return octal.Replace(s, func(m []string) string {
		e := m[0]
		return string([]byte{(e[1]-'0')<<6 | (e[2]-'0')<<3 | (e[3] - '0')})
	})
}
