// Package stat is the module stat: it tells all about a path.
//
// What is only planned is told as far as the plan says it; the rest (inode, times, …) is unknown then.
package stat

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Task is one use of the module.
type Task struct {
	Path              string                    `arg:"path,required,alias=dest,alias=name" doc:"Path to look at."`
	Follow            bool                      `arg:"follow" doc:"Look at what a link leads to, not at the link."`
	GetChecksum       bool                      `arg:"get_checksum" doc:"Tell the checksum of a file."`
	ChecksumAlgorithm modules.ChecksumAlgorithm `arg:"checksum_algorithm,alias=checksum,alias=checksum_algo" doc:"Algorithm of the checksum."`
	GetMime           bool                      `arg:"get_mime,alias=mime,alias=mime_type,alias=mime-type" doc:"Tell type and character set of a file, as the host's program file knows them; unknown where there is none."`
	GetAttributes     bool                      `arg:"get_attributes,alias=attr,alias=attributes" doc:"Tell the attributes of the file system, as the host's lsattr knows them."`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "stat",
		Short: "tell all about a path",
		Long:  "Tells in stat what is at a path: kind, mode, owner, size, times, checksum and more; stat.exists is false where nothing is there. It changes nothing.",
		New: func() modules.Task {
			return &Task{GetChecksum: true, ChecksumAlgorithm: "sha1", GetMime: true, GetAttributes: true}
		},
		Probes: append(modules.ExpandProbes(), host.Probe{Argv: []string{"sh", "-c", look, "sh", "*", "*", "*", "*", "*"}}),
	}
}

// look tells all about a path ($1), in words that end in NUL. $2 is -L where links are followed, $3 the algorithm of the checksum or empty; $4 and $5 ask for type and attributes.
const look = `n() { printf '%s\000' "$1"; }
p=$1
s=$(stat $2 -c "%f %u %g %s %i %d %h %X %Y %Z %b %o %t %T" -- "$p" 2>&1) || { n error; n "$s"; exit 0; }
n ok
n "$s"
n "$(stat $2 -c "%x|%y|%z" -- "$p")"
n "$(stat $2 -c %U -- "$p")"
n "$(stat $2 -c %G -- "$p")"
a=
[ -r "$p" ] && a=r; [ -w "$p" ] && a=${a}w; [ -x "$p" ] && a=${a}x
n "$a"
if [ -L "$p" ] && [ -z "$2" ]; then
n "$(readlink -f -- "$p" || readlink -- "$p"; echo .)"
n "$(readlink -n -- "$p"; echo .)"
else n ""; n ""; fi
c=
if [ -n "$3" ] && { [ -n "$2" ] || [ ! -L "$p" ]; } && [ -f "$p" ] && [ -r "$p" ]; then c=$("${3}sum" < "$p"); fi
n "${c%% *}"
m=
if [ -n "$4" ] && command -v file >/dev/null; then m=$(file -b --mime-type --mime-encoding -- "$p" 2>/dev/null); fi
n "$m"
l=
if [ -n "$5" ]; then l=$(lsattr -vd -- "$p" 2>/dev/null); fi
n "$l"
`

// Plan looks.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	name, err := modules.Path(ctx, r, t.Path)
	if err != nil {
		return nil, err
	}
	out, err := r.Probe(ctx, host.Probe{Argv: t.probe(name), Reads: []change.Ref{change.Path(name)}})
	var found map[string]any
	switch {
	case errors.Is(err, host.ErrPlanned):
		found, err = t.planned(ctx, r, name)
	case err != nil:
	default:
		found, err = t.seen(name, out)
	}
	if err != nil {
		return nil, err
	}
	return &modules.Plan{Result: map[string]any{"stat": found}}, nil
}

func (t *Task) probe(name string) []string {
	word := func(wanted bool, word string) string {
		if wanted {
			return word
		}
		return ""
	}
	return []string{
		"sh", "-c", look, "sh", name, word(t.Follow, "-L"), word(t.GetChecksum, string(t.ChecksumAlgorithm)), word(t.GetMime, "mime"), word(t.GetAttributes, "attributes"),
	}
}

// seen reads what the probe told.
func (t *Task) seen(name string, out host.Output) (map[string]any, error) {
	words := strings.Split(out.Stdout, "\x00")
	switch {
	case len(words) >= 2 && words[0] == "error" && strings.Contains(words[1], "No such file or directory"):
		return map[string]any{"exists": false}, nil
	case len(words) >= 2 && words[0] == "error":
		said := strings.TrimSpace(words[1])
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(said[strings.LastIndex(said, ":")+1:], " "))
	case len(words) < 11 || words[0] != "ok":
		return nil, fmt.Errorf("%s: what the host's stat says is not understood: %q %s", name, out.Stdout, strings.TrimSpace(out.Stderr))
	}
	n, err := numbers(words[1])
	if err != nil {
		return nil, fmt.Errorf("%s: what the host's stat says is not understood: %w", name, err)
	}
	found := modeInfo(uint32(n[0]))
	for i, key := range []string{"", "uid", "gid", "size", "inode", "dev", "nlink"} {
		if key != "" {
			found[key] = n[i]
		}
	}
	found["exists"], found["path"] = true, name
	fractions := strings.Split(words[2]+"||", "|")
	for i, key := range []string{"atime", "mtime", "ctime"} {
		found[key] = moment(n[7+i], fractions[i])
	}
	found["blocks"], found["block_size"], found["device_type"] = n[10], n[11], device(n[12], n[13])
	for key, letter := range map[string]string{"readable": "r", "writeable": "w", "executable": "x"} {
		found[key] = strings.Contains(words[5], letter)
	}
	t.more(found, words)
	return found, nil
}

// numbers reads the line of numbers: the first and the last two are hexadecimal.
func numbers(line string) ([]int64, error) {
	fields := strings.Fields(line)
	if len(fields) != 14 {
		return nil, fmt.Errorf("%q", line)
	}
	n := make([]int64, len(fields))
	for i, f := range fields {
		base := 10
		if i == 0 || i > 11 {
			base = 16
		}
		v, err := strconv.ParseUint(f, base, 64)
		if err != nil {
			return nil, err
		}
		n[i] = int64(v)
	}
	return n, nil
}

// moment adds the fraction that stat prints for people to the seconds.
func moment(seconds int64, human string) float64 {
	if _, rest, ok := strings.Cut(human, "."); ok {
		digits, _, _ := strings.Cut(rest, " ")
		if f, err := strconv.ParseFloat("0."+digits, 64); err == nil {
			return float64(seconds) + f
		}
	}
	return float64(seconds)
}

// device makes a device number of its two parts as Linux does.
func device(major, minor int64) int64 {
	return (major&0xfff)<<8 | minor&0xff | (minor&^0xff)<<12 | (major&^0xfff)<<32
}

// more tells names, links, checksum, type and attributes.
func (t *Task) more(found map[string]any, words []string) {
	for i, key := range []string{3: "pw_name", 4: "gr_name", 8: "checksum"} {
		if key != "" && words[i] != "" && words[i] != "UNKNOWN" {
			found[key] = words[i]
		}
	}
	if found["islnk"] == true {
		found["lnk_source"], found["lnk_target"] = strings.TrimSuffix(strings.TrimSuffix(words[6], "."), "\n"), strings.TrimSuffix(words[7], ".")
	}
	if t.GetMime {
		found["mimetype"], found["charset"] = "unknown", "unknown"
		if mime, charset, ok := strings.Cut(words[9], "; charset="); ok {
			found["mimetype"], found["charset"] = mime, charset
		}
	}
	if t.GetAttributes {
		found["version"], found["attributes"], found["attr_flags"] = nil, []any{}, ""
		if f := strings.Fields(words[10]); len(f) >= 3 {
			flags := strings.ReplaceAll(f[1], "-", "")
			found["version"], found["attributes"], found["attr_flags"] = f[0], attributeNames(flags), flags
		}
	}
}

// names of the attributes of a file system, by the letters of lsattr.
var names = map[rune]string{
	'A': "noatime", 'a': "append", 'c': "compressed", 'C': "nocow", 'd': "nodump", 'D': "dirsync", 'e': "extents", 'E': "encrypted", 'h': "blocksize", 'i': "immutable",
	'I': "indexed", 'j': "journalled", 'N': "inline", 's': "zero", 'S': "synchronous", 't': "notail", 'T': "blockroot", 'u': "undelete", 'X': "compressedraw", 'Z': "compresseddirty",
}

func attributeNames(flags string) []any {
	out := []any{}
	for _, f := range flags {
		if name, ok := names[f]; ok {
			out = append(out, name)
		}
	}
	return out
}
