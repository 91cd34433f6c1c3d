package target

import (
	"context"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// whyUnstarted says of a program ($1) why it cannot be started, as the system numbers errors: 2, it is not there or what its first line names is not; 13, it may not be run;
// 0: nothing stands in its way.
const whyUnstarted = `set -f
case $1 in
*/*) f=$1 ;;
*)
	f= IFS=:
	for d in $PATH; do
		[ -e "${d:-.}/$1" ] || continue
		f=${d:-.}/$1
		if [ -f "$f" ] && [ -x "$f" ]; then break; fi
	done
	unset IFS ;;
esac
if ! [ -e "$f" ]; then echo 2
elif ! [ -f "$f" ] || ! [ -x "$f" ]; then echo 13
else
	l=$(head -c 200 -- "$f" 2>/dev/null | tr -d '\000' | head -n 1)
	case $l in '#!'*) set -- ${l#'#!'}; [ -e "$1" ] || { echo 2; exit 0; } ;; esac
	echo 0
fi`

// unstarted finds out of a program that ended with the status of those that cannot be started whether it was: a program may end so by itself. It gives the number of the system's
// error; 0: it ran.
func (h *Host) unstarted(ctx context.Context, c change.Exec, status int) (int, error) {
	if status != host.NotFound && status != host.NotRunnable {
		return 0, nil
	}
	p := script(whyUnstarted, c.Argv[0])
	if len(c.Env) > 0 {
		p.argv = append(append([]string{"env", "--"}, c.Env...), p.argv...)
	}
	p.dir, p.looks, p.secret = c.Dir, true, h.become != nil
	r, err := h.run(ctx, p)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(r.stdout)))
	if err != nil {
		return 0, nil // the shell that was to find it out could not: nothing is known against the program
	}
	return n, nil
}
