package facts

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

// devices gives disks and their partitions.
func devices(r *Raw) Tree {
	if _, ok := r.sections["blocks"]; !ok {
		return Tree{"devices": Tree{}}
	}
	d := disks{r: r, files: r.small("block"), parts: r.small("partitions"), links: r.allLinks(), uuids: r.deviceLinks("uuid")}
	all := Tree{}
	for _, line := range r.lines("blocks") {
		name, where, _ := strings.Cut(line, " ")
		name = path.Base(name)
		all[name] = d.disk(name, where)
	}
	links := Tree{}
	for kind, byDevice := range d.links {
		links[kind] = lists(byDevice)
	}
	return Tree{"devices": all, "device_links": links}
}

type disks struct {
	r            *Raw
	files, parts map[string]string
	links        map[string]map[string][]string // by kind and device
	uuids        map[string][]string
}

func (d disks) disk(name, where string) Tree {
	get := func(file string) any { return orNil(d.files["/sys/block/"+name+"/"+file]) }
	t := Tree{
		"virtual": int64(1), "links": d.linksOf(name), "vendor": get("device/vendor"), "model": get("device/model"), "sas_address": get("device/sas_address"),
		"sas_device_handle": get("device/sas_device_handle"), "removable": get("removable"), "support_discard": get("queue/discard_granularity"),
		"rotational": get("queue/rotational"), "scheduler_mode": submatch(`\[(.*)\]`, d.files["/sys/block/"+name+"/queue/scheduler"]),
		"partitions": d.partitions(name), "host": d.host(where), "holders": d.holders("/sys/block/" + name + "/"),
	}
	if get("queue/discard_max_hw_bytes") == "0" {
		t["support_discard"] = "0"
	}
	if serial := get("device/serial"); serial != nil {
		t["serial"] = serial
	}
	for _, id := range d.links["ids"][name] {
		if wwn, ok := strings.CutPrefix(id, "wwn-"); ok {
			t["wwn"] = wwn
		}
	}
	sector := get("queue/logical_block_size")
	if sector == nil {
		sector = get("queue/hw_sector_size")
	}
	t["sectorsize"] = sector
	text, _ := sector.(string)
	size := max(number(text), 1)
	if sector == nil {
		t["sectorsize"], size = int64(512), 512
	}
	sectors := number(d.files["/sys/block/"+name+"/size"]) * 512 / size
	t["sectors"], t["size"] = sectors, human(float64(sectors)*float64(size))
	return t
}

func (d disks) partitions(disk string) Tree {
	name := pyre.Must(pyre.Escape(disk)+`p?\d+`, 0)
	all := Tree{}
	for _, p := range slices.Sorted(maps.Keys(d.parts)) {
		dir, file := path.Split(p)
		part := path.Base(dir)
		if !strings.HasPrefix(p, "/sys/block/"+disk+"/") || file != "start" || !name.Is(part) {
			continue
		}
		sectors := number(d.parts[dir+"size"])
		var uuid any
		if names := d.uuids[part]; len(names) > 0 {
			uuid = names[0]
		}
		all[part] = Tree{
			"links": d.linksOf(part), "start": d.parts[p], "sectorsize": int64(512), "sectors": sectors, "size": human(float64(sectors) * 512), "uuid": uuid,
			"holders": d.holders(dir),
		}
	}
	return all
}

// holders gives the mapped devices that hold what is in a folder of /sys, by their names.
func (d disks) holders(dir string) []any {
	all := []any{}
	for _, l := range d.r.lines("above") {
		holder, ok := strings.CutPrefix(l, dir+"holders/")
		if !ok || !strings.HasPrefix(holder, "dm-") {
			continue
		}
		if name := d.files["/sys/block/"+holder+"/dm/name"]; name != "" {
			holder = name
		}
		all = append(all, holder)
	}
	return all
}

var pciAddress = pyre.Must(`.+/([a-f0-9]{4}:[a-f0-9]{2}:[01][a-f0-9]\.[0-7])/`, 0)

// host gives the controller that lspci has for a path of /sys.
func (d disks) host(where string) string {
	m := pciAddress.Groups("/sys/block/" + where)
	if m == nil {
		return ""
	}
	for _, line := range d.r.lines("lspci") {
		if name, ok := strings.CutPrefix(line, m[1]+" "); ok {
			return name
		}
	}
	return ""
}

func (d disks) linksOf(device string) Tree {
	t := Tree{}
	for kind, byDevice := range d.links {
		t[kind] = list(byDevice[device])
	}
	return t
}

// allLinks gives the names that udev has for devices, and which devices are part of others.
func (r *Raw) allLinks() map[string]map[string][]string {
	masters := map[string][]string{}
	for _, l := range r.lines("above") {
		if f := strings.Split(l, "/"); len(f) == 6 && f[4] == "slaves" {
			masters[f[5]] = append(masters[f[5]], f[3])
		}
	}
	for _, names := range masters {
		slices.Sort(names)
	}
	return map[string]map[string][]string{"ids": r.deviceLinks("id"), "uuids": r.deviceLinks("uuid"), "labels": r.deviceLinks("label"), "masters": masters}
}

// deviceLinks gives the names in a folder below /dev/disk, by the device that they lead to.
func (r *Raw) deviceLinks(kind string) map[string][]string {
	m := map[string][]string{}
	for _, line := range r.lines("links " + kind) {
		left, target, ok := strings.Cut(line, " -> ")
		if f := strings.Fields(left); ok && len(f) > 0 {
			device := path.Base(target)
			m[device] = append(m[device], f[len(f)-1])
		}
	}
	for _, names := range m {
		slices.Sort(names)
	}
	return m
}

func lists(m map[string][]string) Tree {
	t := Tree{}
	for k, v := range m {
		t[k] = list(v)
	}
	return t
}

// human writes a number of bytes as Ansible does: "10.00 GB".
func human(size float64) string {
	units := []string{"Bytes", "KB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"}
	i := 0
	for ; size >= 1024 && i < len(units)-1; i++ {
		size /= 1024
	}
	return fmt.Sprintf("%.2f %s", size, units[i])
}
