package target

import (
	"fmt"
	"time"

	"github.com/pfrun/pfrun/modules/change"
)

// compare holds what the scripts of file changes share: check PATH SUM META MORE ends the script where what is at the path is not what is expected. SUM is "-" for nothing, the
// sha256 of a file, size:N for a file that nobody has read, else the kind. META is what stat gives for mode, uid and gid; MORE is the target of a link, and for a folder the
// sums that list and contents give ("-": nothing is in it).
const compare = `stale() { echo "$1" >&2; exit 90; }
list() { (cd -- "$1" && {
find . -type f -exec stat -c "f %n %a %u %g %s" {} +
find . -type d ! -name . -exec stat -c "d %n %a %u %g" {} +
find . -type l -exec stat -c "l %n %u %g %s" {} +
find . ! -type f ! -type d ! -type l -exec stat -c "o %n %a %u %g" {} +
} | LC_ALL=C sort | sha256sum); }
contents() { (cd -- "$1" && find . -type f -exec sh -c 'for f do sha256sum < "$f"; done' sh {} + | LC_ALL=C sort | sha256sum); }
check() {
form="%a %u %g"
case $2 in
-) if [ -e "$1" ] || [ -L "$1" ]; then stale "nothing was expected to be there"; fi
return 0 ;;
link) [ -L "$1" ] || stale "a symbolic link was expected to be there"
form="%u %g" ;;
directory) if [ -L "$1" ] || ! [ -d "$1" ]; then stale "a folder was expected to be there"; fi ;;
other) if [ -L "$1" ] || [ -f "$1" ] || [ -d "$1" ] || ! [ -e "$1" ]; then stale "a device, socket or pipe was expected to be there"; fi ;;
*) if [ -L "$1" ] || ! [ -f "$1" ]; then stale "a file was expected to be there"; fi ;;
esac
m=$(stat -c "$form" -- "$1") || exit 91
[ "$m" = "$3" ] || stale "mode, uid and gid were expected to be $3, they are $m"
case $2 in
link) [ "$(readlink -n -- "$1"; echo .)" = "$4." ] || stale "the link was expected to lead elsewhere" ;;
directory) if [ "$4" = - ]; then [ -z "$(ls -A -- "$1" | head -n 1)" ] || stale "the folder was expected to be empty"
else
s=$(list "$1") && [ "${s%% *}" = "${4%% *}" ] || stale "other things were expected to be in the folder"
[ "${4##* }" = - ] || { s=$(contents "$1") && [ "${s%% *}" = "${4##* }" ]; } || stale "the files in the folder were expected to have other contents"
fi ;;
other) ;;
size:*) [ "size:$(stat -c %s -- "$1")" = "$2" ] || stale "its size is another one" ;;
*) s=$(sha256sum < "$1") || exit 91
[ "${s%% *}" = "$2" ] || stale "its content is another one" ;;
esac
}
`

// placing holds the function place, which gives a temporary file or link ($1) its place ($2), where check finds what is expected. ln makes a new name and never replaces one; where a file system has no links, mv -n
// is the next best. Under SELinux the file gets the label of what it replaces, or of its place.
const placing = compare + `place() {
selinux=; selinuxenabled 2>/dev/null && selinux=1
check "$2" "$3" "$4" "$5"
if [ "$3" != - ]; then
[ -z "$selinux" ] || chcon -h --reference="$2" -- "$1" 2>/dev/null
mv -f -T -- "$1" "$2"
return; fi
if ln -T -- "$1" "$2" 2>/dev/null; then rm -f -- "$1"
else check "$2" -; mv -n -T -- "$1" "$2" && { [ ! -e "$1" ] && [ ! -L "$1" ] || stale "something came there meanwhile"; } || exit 91
fi
[ -z "$selinux" ] || restorecon -- "$2" 2>/dev/null || :
}
`

// remove removes what is at $1. A folder with something in it first gets the name $5, in one step, and is then taken apart.
const remove = compare + `check "$1" "$2" "$3" "$4"
[ "$2" = directory ] || { rm -f -- "$1"; exit; }
[ "$4" != - ] || { rmdir -- "$1"; exit; }
mv -T -- "$1" "$5" || exit 91
rm -rf -- "$5" || { echo "it is no longer there, but not all of it could be removed: the rest is $5" >&2; exit 91; }`

// attributes gives a folder ($1) that was just made owner ($2) and mode ($3). Its name may stand for another one at any moment: what is altered is the folder that was entered,
// if it is the one that had the name.
const attributes = `attributes() {
i=$(stat -c %d:%i -- "$1") && cd -P -- "$1" && [ "$(stat -c %d:%i .)" = "$i" ] || return 1
[ "$(stat -c %u:%g .)" = "$2" ] || chown -- "$2" . || return 1
chmod -- "$3" . && cd /
}
`

// mkdir makes a folder ($1) with owner ($2) and mode ($3).
const mkdir = compare + attributes + `check "$1" -
umask 077
mkdir -- "$1" || { check "$1" -; exit 91; }
attributes "$1" "$2" "$3" || { cd /; rmdir -- "$1"; exit 91; }
if selinuxenabled 2>/dev/null; then restorecon -- "$1" 2>/dev/null || :; fi`

// mktree gives a folder that was laid under a temporary name ($1) its attributes ($3, $4) and its place ($2). Then come four words for each path in it, children before parents:
// path, kind, owner, mode.
const mktree = compare + attributes + `t=$1 p=$2 own=$3 mode=$4; shift 4
while [ $# -gt 0 ]; do
case $2 in
link) chown -h -- "$3" "$t/$1" ;;
directory) attributes "$t/$1" "$3" "$4" ;;
*) chown -- "$3" "$t/$1" && chmod -- "$4" "$t/$1" ;;
esac || exit 91
shift 4; done
attributes "$t" "$own" "$mode" || exit 91
check "$p" -
mv -n -T -- "$t" "$p" || exit 91
[ ! -e "$t" ] || stale "something came there meanwhile"
if selinuxenabled 2>/dev/null; then restorecon -R -- "$p" 2>/dev/null || :; fi`

// symlink makes a link under a temporary name ($1) and gives it its place ($2).
const symlink = placing + `t=$1 p=$2 sum=$3 meta=$4 more=$5
ln -s -T -- "$6" "$t" || exit 91
trap 'rm -f -- "$t"' EXIT
[ "$(stat -c %u:%g -- "$t")" = "$7" ] || chown -h -- "$7" "$t" || exit 91
place "$t" "$p" "$sum" "$meta" "$more"`

// hardlink makes a further name ($1) of a file ($6, with what is expected there) and gives it its place ($2).
const hardlink = placing + `t=$1 p=$2 sum=$3 meta=$4 more=$5
check "$6" "$7" "$8" "$9"
ln -T -- "$6" "$t" || exit 91
trap 'rm -f -- "$t"' EXIT
place "$t" "$p" "$sum" "$meta" "$more"`

// meta sets mode ($3; empty: as it is), owner ($4) and times ($6, $7) of a path ($1), wholly or not at all. With $5 the path is a link, and the link itself is meant. Who owns the
// folder may swap what a name stands for at any moment: a file or folder that can be read is opened once, has to be what has the name, and is looked at and altered through what is
// open ($f). One that cannot be read is the user's own.
const meta = compare + `p=$1 mode=$3 own=$4 link=$5 f=$1 h=-h l=
if [ -n "$link" ]; then [ -L "$p" ] || stale "a symbolic link was expected to be there"; form="%u %g"
else
if [ -L "$p" ]; then stale "a link is there"; fi
[ -e "$p" ] || stale "nothing is there"
if [ -r "$p" ] && { [ -f "$p" ] || [ -d "$p" ]; }; then
exec 3< "$p" || exit 91
if [ -e /proc/self/fd/3 ]; then
f=/proc/self/fd/3 h= l=-L
[ "$(stat -L -c "%d %i" -- "$f")" = "$(stat -c "%d %i" -- "$p")" ] || stale "something else came there meanwhile"
fi; fi
form="%a %u %g"; fi
m=$(stat $l -c "$form" -- "$f") || exit 91
[ "$m" = "$2" ] || stale "mode, uid and gid were expected to be $2, they are $m"
old=$(stat $l -c %u:%g -- "$f") oldmode=$(stat $l -c %a -- "$f") || exit 91
stamp() {
case $2 in
"") ;;
now) touch $h -c "$1" -- "$f" ;;
*) TZ=UTC0 touch $h -c "$1" -d "$2" -- "$f" 2>/dev/null || TZ=UTC0 touch $h -c "$1" -d "${2%.*}" -- "$f" ;;
esac; }
moments() {
if [ "$1:$2" = now:now ]; then touch $h -c -- "$f"; else stamp -a "$1" && stamp -m "$2"; fi; }
undo() { [ "$old" = "$own" ] || chown $h -- "$old" "$f"; [ -z "$mode" ] || chmod -- "$oldmode" "$f"; exit 91; }
[ "$old" = "$own" ] || chown $h -- "$own" "$f" || exit 91
[ -z "$mode" ] || chmod -- "$mode" "$f" || undo
moments "$6" "$7" || undo`

// expectation gives what the scripts compare with: SUM, META and MORE of check.
func expectation(n *change.Node) []string {
	switch {
	case n == nil:
		return []string{"-", "", ""}
	case n.Kind == change.LinkNode:
		return []string{"link", fmt.Sprintf("%d %d", n.Meta.UID, n.Meta.GID), n.Target}
	case n.Kind == change.DirNode && n.Below.Empty():
		return []string{"directory", shown(n.Meta), "-"}
	case n.Kind == change.DirNode:
		contents := n.Below.Contents
		if contents == "" {
			contents = "-"
		}
		return []string{"directory", shown(n.Meta), n.Below.Sum + " " + contents}
	case n.Kind == change.OtherNode:
		return []string{"other", shown(n.Meta), ""}
	case n.Content == nil:
		return []string{fmt.Sprintf("size:%d", n.Size), shown(n.Meta), ""}
	}
	return []string{n.Content.SHA256, shown(n.Meta), ""}
}

// stamp gives a moment as the script of SetMeta takes it.
func stamp(m change.Moment) string {
	switch {
	case m.Now:
		return "now"
	case m.At.IsZero():
		return ""
	}
	return m.At.UTC().Format(time.DateTime + ".000000000")
}
