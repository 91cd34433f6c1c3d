package find

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pfrun/pfrun/internal/pyre"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// look tells of all below a folder ($1), in words that end in NUL: the host's time first. $2 is -L where links to folders are followed, $3 how deep to look.
const look = `[ -d "$1" ] || exit 3
printf '%s\000' "$(date +%s)"
find $2 "$1" -mindepth 1 ${3:+-maxdepth "$3"} -exec sh -c 'for f do s=$(stat -c "%f %u %g %s %i %d %h %X %Y %Z %U %G" -- "$f") && printf "%s %s\000" "$s" "$f"; done' sh {} +
:`

const notFolder = 3 // status of look

// entry is a path that was found.
type entry struct {
	path    string
	mode    uint32 // raw
	numbers []int64
	owner   string
	group   string
	planned bool
}

// Indices of the numbers.
const (
	uid = iota
	gid
	size
	inode
	dev
	nlink
	atime
	mtime
	ctime
)

var keys = []string{"uid", "gid", "size", "inode", "dev", "nlink", "atime", "mtime", "ctime"}

// search is the task at work.
type search struct {
	*Task
	r                  host.Reader
	now                int64
	patterns, excludes []*pyre.Regexp
	files              []any
	examined           int64
	skipped            map[string]any
	notes              []string
	full               bool // the limit is reached
}

// Plan looks.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	s := &search{Task: t, r: r, files: []any{}, skipped: map[string]any{}}
	var err error
	if s.patterns, s.excludes, err = t.names(); err != nil {
		return nil, err
	}
	for _, p := range t.Paths {
		dir, err := modules.Path(ctx, r, p)
		if err == nil && !s.full {
			err = s.folder(ctx, dir)
		}
		if err != nil {
			return nil, err
		}
	}
	msg := "All paths examined"
	switch {
	case len(s.notes) > 0:
		msg = "Not all paths examined, check warnings for details"
	case s.full:
		msg = "Limit of matches reached"
	}
	p := &modules.Plan{Result: map[string]any{
		"files": s.files, "matched": int64(len(s.files)), "examined": s.examined, "skipped_paths": s.skipped, "msg": msg,
	}}
	for _, n := range s.notes {
		p.Warn(n)
	}
	return p, nil
}

func (s *search) folder(ctx context.Context, dir string) error {
	entries, err := s.entries(ctx, dir)
	if errors.Is(err, errNoFolder) {
		why := fmt.Sprintf("'%s' is not a directory", dir)
		s.skipped[dir] = why
		s.notes = append(s.notes, fmt.Sprintf("Skipped '%s' path due to this access issue: %s", dir, why))
		return nil
	}
	if err != nil {
		return err
	}
	s.examined += int64(len(entries))
	slices.SortStableFunc(entries, func(a, b entry) int { return walkOrder(a, b) })
	for _, e := range entries {
		found, err := s.wanted(ctx, e)
		if err != nil {
			return err
		}
		if found != nil {
			s.files = append(s.files, found)
		}
		if s.full = s.Limit != nil && len(s.files) == *s.Limit; s.full {
			break
		}
	}
	return nil
}

var errNoFolder = errors.New("no folder")

// walkOrder gives what is in a folder before what is in those below it, files before folders, names in order.
func walkOrder(a, b entry) int {
	if c := cmp.Compare(strings.Count(a.path, "/"), strings.Count(b.path, "/")); c != 0 {
		return c
	}
	if c := strings.Compare(path.Dir(a.path), path.Dir(b.path)); c != 0 {
		return c
	}
	isDir := func(e entry) int {
		if e.kind() == typeDir {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(isDir(a), isDir(b)), strings.Compare(a.path, b.path))
}

// The types of st_mode.
const (
	typeDir  = 0o040000
	typeFile = 0o100000
	typeLink = 0o120000
)

func (e entry) kind() uint32 { return e.mode & 0o170000 }

func (s *search) depth() string {
	switch {
	case !s.Recurse:
		return "1"
	case s.Depth > 0:
		return strconv.Itoa(s.Depth)
	}
	return ""
}

// entries gives all that is to be looked at below a folder.
func (s *search) entries(ctx context.Context, dir string) ([]entry, error) {
	follow := ""
	if s.Follow {
		follow = "-L"
	}
	out, err := s.r.Probe(ctx, host.Probe{Argv: []string{"sh", "-c", look, "sh", dir, follow, s.depth()}, Reads: []change.Ref{{Kind: change.PathRef, Name: "*"}}})
	switch {
	case errors.Is(err, host.ErrPlanned):
		return s.planned(ctx, dir)
	case err != nil:
		return nil, err
	case out.Status == notFolder:
		return nil, errNoFolder
	}
	words := strings.Split(strings.TrimSuffix(out.Stdout, "\x00"), "\x00")
	if s.now, err = strconv.ParseInt(words[0], 10, 64); err != nil {
		return nil, fmt.Errorf("%s: what the host's find says is not understood: %q", dir, out.Stdout)
	}
	for line := range strings.Lines(out.Stderr) {
		if where, why, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "find: "), ": "); ok {
			s.skipped[strings.Trim(where, "'")] = why
		}
	}
	var all []entry
	for _, w := range words[1:] {
		e, err := parse(w)
		if err != nil {
			return nil, fmt.Errorf("%s: what the host's find says is not understood: %w", dir, err)
		}
		all = append(all, e)
	}
	return all, nil
}

func parse(word string) (entry, error) {
	f := strings.SplitN(word, " ", 13)
	if len(f) != 13 {
		return entry{}, fmt.Errorf("%q", word)
	}
	mode, err := strconv.ParseUint(f[0], 16, 32)
	e := entry{path: path.Clean(f[12]), mode: uint32(mode), owner: f[10], group: f[11]}
	for _, text := range f[1:10] {
		n, nErr := strconv.ParseInt(text, 10, 64)
		e.numbers, err = append(e.numbers, n), errors.Join(err, nErr)
	}
	return e, err
}

// planned looks where something on the host is only planned: what nobody knows then is told as unknown.
func (s *search) planned(ctx context.Context, dir string) ([]entry, error) {
	end, err := host.Follow(ctx, s.r, dir)
	if err != nil {
		return nil, err
	}
	if end.Kind != host.Dir {
		return nil, errNoFolder
	}
	s.now = time.Now().Unix()
	most, _ := strconv.Atoi(s.depth())
	var all []entry
	for st, err := range s.r.Walk(ctx, dir) {
		if err != nil {
			return nil, err
		}
		if most > 0 && strings.Count(strings.TrimPrefix(st.Path, dir), "/") > most {
			continue
		}
		kind := map[host.Kind]uint32{host.Dir: typeDir, host.Regular: typeFile, host.Link: typeLink}[st.Kind]
		n := make([]int64, len(keys))
		n[uid], n[gid], n[size] = int64(st.Meta.UID), int64(st.Meta.GID), st.Size
		n[atime], n[mtime], n[ctime] = st.ModTime.Unix(), st.ModTime.Unix(), st.ModTime.Unix()
		all = append(all, entry{path: st.Path, mode: kind | st.Meta.Mode, numbers: n, owner: st.Meta.Owner, group: st.Meta.Group, planned: true})
	}
	return all, nil
}

// wanted gives what is told of a path; nil: it is not wanted.
func (s *search) wanted(ctx context.Context, e entry) (map[string]any, error) {
	name := path.Base(e.path)
	kinds := map[FileType]uint32{"directory": typeDir, "file": typeFile, "link": typeLink}
	regular := e.kind() == typeFile
	age, _ := number(s.Age, ages)
	least, _ := number(s.Size, sizes)
	stamp := e.numbers[map[AgeStamp]int{"atime": atime, "mtime": mtime, "ctime": ctime}[s.AgeStamp]]
	switch {
	case strings.HasPrefix(name, ".") && !s.Hidden, s.FileType != "any" && e.kind() != kinds[s.FileType]:
		return nil, nil
	case !within(s.now-stamp, age), regular && !within(e.numbers[size], least), !s.hasMode(e.mode & 0o7777):
		return nil, nil
	}
	if ok, err := s.named(name); !ok || err != nil {
		return nil, err
	}
	if s.FileType == "file" && s.Contains != nil {
		if ok, err := s.contains(ctx, e.path); !ok || err != nil {
			return nil, err
		}
	}
	found := e.told()
	if s.GetChecksum && regular {
		f, err := s.r.ReadFile(ctx, e.path, maxRead)
		if err != nil {
			return nil, err
		}
		sums, err := modules.Checksums(f.Content, s.ChecksumAlgorithm)
		if err != nil {
			return nil, err
		}
		found["checksum"] = sums[0]
	}
	return found, nil
}

const maxRead = 64 << 20 // bytes of a file whose content is looked at

func (s *search) hasMode(mode uint32) bool {
	if s.Mode == nil {
		return true
	}
	wanted := s.Mode.Apply(0, false)
	if s.ExactMode {
		return mode == wanted
	}
	return mode&wanted != 0
}

func (s *search) named(name string) (bool, error) {
	any := func(list []*pyre.Regexp) (bool, error) {
		for _, re := range list {
			if m, err := re.Match(name); m != nil || err != nil {
				return m != nil, err
			}
		}
		return false, nil
	}
	if len(s.patterns) > 0 {
		if ok, err := any(s.patterns); !ok || err != nil {
			return false, err
		}
	}
	out, err := any(s.excludes)
	return !out, err
}

// contains reports whether a file holds what is looked for. One that cannot be read does not.
func (s *search) contains(ctx context.Context, name string) (bool, error) {
	re, err := pyre.Compile(*s.Contains, 0)
	if err != nil {
		return false, err
	}
	f, err := s.r.ReadFile(ctx, name, maxRead)
	if err != nil {
		if errors.Is(err, host.ErrUnreachable) || ctx.Err() != nil {
			return false, err
		}
		return false, nil
	}
	data, _ := f.Content.Data()
	if s.ReadWholeFile {
		m, err := re.Search(string(data))
		return m != nil, err
	}
	for line := range strings.Lines(string(data)) {
		if m, err := re.Match(line); m != nil || err != nil {
			return m != nil, err
		}
	}
	return false, nil
}

// told gives what the result tells of a path.
func (e entry) told() map[string]any {
	is := func(kind uint32) bool { return e.kind() == kind }
	found := map[string]any{
		"path": e.path, "mode": fmt.Sprintf("%04o", e.mode&0o7777), "isdir": is(typeDir), "isreg": is(typeFile), "islnk": is(typeLink), "ischr": is(0o020000), "isblk": is(0o060000),
		"isfifo": is(0o010000), "issock": is(0o140000), "isuid": e.mode&0o4000 != 0, "isgid": e.mode&0o2000 != 0, "pw_name": e.owner, "gr_name": e.group,
	}
	for i, key := range []string{"xoth", "woth", "roth", "xgrp", "wgrp", "rgrp", "xusr", "wusr", "rusr"} {
		found[key] = e.mode&(1<<i) != 0
	}
	for i, key := range keys {
		switch {
		case e.planned && i > size:
			found[key] = change.Unknown{}
		case i >= atime:
			found[key] = float64(e.numbers[i])
		default:
			found[key] = e.numbers[i]
		}
	}
	return found
}
