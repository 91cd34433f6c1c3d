package stat

import (
	"context"
	"errors"
	"fmt"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// The types of st_mode.
const (
	typeMask  = 0o170000
	typeFIFO  = 0o010000
	typeChar  = 0o020000
	typeDir   = 0o040000
	typeBlock = 0o060000
	typeFile  = 0o100000
	typeLink  = 0o120000
	typeSock  = 0o140000
)

// modeInfo tells what a raw mode says.
func modeInfo(mode uint32) map[string]any {
	is := func(t uint32) bool { return mode&typeMask == t }
	found := map[string]any{
		"mode": fmt.Sprintf("%04o", mode&0o7777), "isdir": is(typeDir), "ischr": is(typeChar), "isblk": is(typeBlock), "isreg": is(typeFile), "isfifo": is(typeFIFO),
		"islnk": is(typeLink), "issock": is(typeSock), "isuid": mode&0o4000 != 0, "isgid": mode&0o2000 != 0,
	}
	for i, key := range []string{"xoth", "woth", "roth", "xgrp", "wgrp", "rgrp", "xusr", "wusr", "rusr"} {
		found[key] = mode&(1<<i) != 0
	}
	return found
}

const maxRead = 64 << 20 // bytes of a file whose checksum is computed here

// planned tells of a path that is planned to change what the plan says.
func (t *Task) planned(ctx context.Context, r host.Reader, name string) (map[string]any, error) {
	st, err := r.Stat(ctx, name)
	if err == nil && t.Follow {
		st, err = host.Follow(ctx, r, name)
	}
	if err != nil {
		return nil, err
	}
	kinds := map[host.Kind]uint32{host.Dir: typeDir, host.Link: typeLink, host.Regular: typeFile}
	switch {
	case st.Kind == host.Absent:
		return map[string]any{"exists": false}, nil
	case kinds[st.Kind] == 0:
		return nil, fmt.Errorf("%s: %w", name, host.ErrPlanned)
	}
	found := modeInfo(kinds[st.Kind] | st.Meta.Mode)
	for _, key := range []string{
		"inode", "dev", "nlink", "atime", "mtime", "ctime", "blocks", "block_size", "device_type", "readable", "writeable", "executable",
	} {
		found[key] = change.Unknown{}
	}
	found["exists"], found["path"], found["uid"], found["gid"], found["size"] = true, name, int64(st.Meta.UID), int64(st.Meta.GID), st.Size
	info := map[string]any{}
	if err := modules.PathInfo(ctx, r, info, st); err != nil {
		return nil, err
	}
	found["pw_name"], found["gr_name"] = info["owner"], info["group"]
	if t.GetMime {
		found["mimetype"], found["charset"] = change.Unknown{}, change.Unknown{}
	}
	if t.GetAttributes {
		found["version"], found["attributes"], found["attr_flags"] = change.Unknown{}, change.Unknown{}, change.Unknown{}
	}
	switch {
	case st.Kind == host.Dir:
		found["size"] = change.Unknown{}
	case st.Kind == host.Link:
		found["lnk_target"] = st.Target
		end, err := host.Follow(ctx, r, name)
		if err != nil {
			return nil, err
		}
		found["lnk_source"] = end.Path
	case t.GetChecksum:
		found["checksum"], err = t.checksum(ctx, r, st)
	}
	return found, err
}

// checksum computes that of a planned file.
func (t *Task) checksum(ctx context.Context, r host.Reader, st host.Stat) (any, error) {
	f, err := r.ReadFile(ctx, st.Path, maxRead)
	if errors.Is(err, host.ErrTooLarge) {
		return change.Unknown{}, nil
	}
	if err != nil {
		return nil, err
	}
	sums, err := modules.Checksums(f.Content, t.ChecksumAlgorithm)
	if errors.Is(err, change.ErrNotHeld) {
		return change.Unknown{}, nil
	}
	if err != nil {
		return nil, err
	}
	return sums[0], nil
}
