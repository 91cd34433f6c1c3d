package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
)

// wish is a file of tasks or a role that a task on one host wants included.
type wish struct {
	missing error // why it cannot be loaded; nil: it may be
	h       *hostState
	what    string // the path of the file, or the role's name
	role    *play.RoleFiles
	own     *jinja.Dict // variables of the item of the loop; may be nil
	label   *string     // of the item
	public  bool
	perhaps *perhaps // only a real run can tell whether it is included; nil: it is
}

// key names what is included.
func (w *wish) key() string {
	if w.role == nil {
		return w.what
	}
	return fmt.Sprint(*w.role)
}

// same reports whether two hosts want the same: then they go through it together.
func (w *wish) same(other *wish) bool {
	if !w.perhaps.same(other.perhaps) || w.what != other.what || (w.role == nil) != (other.role == nil) || (w.role != nil && *w.role != *other.role) {
		return false
	}
	return varsText(w.own) == varsText(other.own)
}

func varsText(d *jinja.Dict) string {
	if d == nil {
		return ""
	}
	return jinja.Repr(d)
}

// wish computes what a task includes.
func (ht *hostTask) wish(scope jinja.Scope) (*wish, *event.TaskResult) {
	w := &wish{h: ht.h, own: ht.local}
	inc := ht.t.Include
	if inc.Role != nil {
		return ht.roleWish(w, inc.Role, scope)
	}
	name, res := ht.includeText("the name of the file", inc.File, scope)
	if res != nil {
		return nil, res
	}
	if name == "" {
		return nil, ht.failed(ht.t.Pos, errors.New("No include file was specified to the include"))
	}
	path, err := ht.Loader.FindTasks(ht.t, name)
	switch {
	case errors.Is(err, fs.ErrNotExist): // that is told when it is to be loaded, for all hosts that want it
		d := diag.Errorf(ht.t.Pos, "Could not find or access '%s' on the Ansible Controller.", path)
		w.missing = d.WithHint("the file was searched in: %s", strings.Join(ht.Loader.SearchPath(ht.t), ", "))
	case err != nil:
		return nil, ht.failed(ht.t.Pos, err)
	}
	w.what = path
	return w, nil
}

func (ht *hostTask) roleWish(w *wish, inc *play.IncludeRole, scope jinja.Scope) (*wish, *event.TaskResult) {
	w.role = &play.RoleFiles{AllowDuplicates: true, Validate: true, Public: ht.Loader.Public(true)}
	for _, f := range []struct {
		what string
		v    jinja.Value
		to   *string
	}{
		{"the name of the role", inc.Name, &w.role.Name}, {"tasks_from", inc.TasksFrom, &w.role.Tasks}, {"vars_from", inc.VarsFrom, &w.role.Vars},
		{"defaults_from", inc.DefaultsFrom, &w.role.Defaults}, {"handlers_from", inc.HandlersFrom, &w.role.Handlers},
	} {
		text, res := ht.includeText(f.what, f.v, scope)
		if res != nil {
			return nil, res
		}
		*f.to = text
	}
	for _, f := range []struct {
		word string
		v    jinja.Value
		to   *bool
	}{{"public", inc.Public, &w.role.Public}, {"allow_duplicates", inc.AllowDuplicates, &w.role.AllowDuplicates}, {"rolespec_validate", inc.RolespecValidate, &w.role.Validate}} {
		b, err := optionalBool(ht.looking, f.v, scope)
		if err != nil {
			return nil, ht.failed(ht.t.Pos, fmt.Errorf("%s: %w", f.word, err))
		}
		if b != nil {
			*f.to = *b
		}
	}
	w.what, w.public = w.role.Name, w.role.Public
	return w, nil
}

// includeText computes a word of an include. What only a real run can tell makes the include undecided.
func (ht *hostTask) includeText(what string, v jinja.Value, scope jinja.Scope) (string, *event.TaskResult) {
	text, err := optionalText(ht.looking, v, scope)
	switch {
	case errors.Is(err, errUnknown):
		res := ht.result(event.Undecided)
		res.Message = what + " depends on what only a real run can tell"
		return "", res
	case err != nil:
		return "", ht.failed(ht.t.Pos, err)
	}
	return text, nil
}

// include is the ending of a task that includes: what it wants is loaded when all hosts have said what they want.
func (ht *hostTask) include(scope jinja.Scope) ending {
	w, wrong := ht.wish(scope)
	if wrong != nil {
		if wrong.Status == event.Undecided {
			ht.unsure()
		}
		return withReason(endingOf(wrong))
	}
	d := jinja.NewDict()
	d.Set("include", w.what)
	d.Set("changed", false)
	return ending{res: ht.result(event.OK), value: d, wishes: []*wish{w}}
}

// inclusionOf is what several hosts want alike.
type inclusionOf struct {
	*wish
	hosts []*hostState
}

// settleIncludes loads what hosts want included, hosts that want the same together, and has them go on with it. With run_once that is the one host alone, as in Ansible.
func (pr *playRun) settleIncludes(t *play.Task, done []*hostState) {
	var groups []*inclusionOf
	for _, h := range done {
		groups = gather(groups, h.turn.wishes)
	}
	for i, g := range groups {
		possible := g.perhaps != nil
		nodes, err := pr.load(t, g.wish)
		var ends diag.List
		switch {
		case err != nil && possible: // it may never be read
			continue
		case errors.As(err, &ends) && play.EndsRun(ends) != nil: // as with Ansible, whatever is around the include
			pr.giveUp(play.EndsRun(ends))
			for _, h := range g.hosts {
				h.turn.end = stopped
			}
			continue
		case err != nil:
			pr.cannotInclude(t, g, err)
			continue
		}
		names := make([]string, len(g.hosts))
		for j, h := range g.hosts {
			names[j] = h.name
			h.seen = true
			if !possible {
				h.recap.OK++
			}
			h.turn.next = append(h.turn.next, inclusion{perhaps: g.perhaps, nodes: nodes, under: frames(h.turn.under, t, g.own), at: i})
		}
		pr.emit(event.Included{What: g.what, Role: g.role != nil, Hosts: names, Item: g.label, Possible: possible})
	}
}

// gather puts each wish to the first group that wants the same and does not have the host yet: a host that wants one thing twice gets it twice.
func gather(groups []*inclusionOf, wishes []*wish) []*inclusionOf {
	for _, w := range wishes {
		i := slices.IndexFunc(groups, func(g *inclusionOf) bool { return g.same(w) && !slices.Contains(g.hosts, w.h) })
		if i < 0 {
			groups = append(groups, &inclusionOf{wish: w})
			i = len(groups) - 1
		}
		groups[i].hosts = append(groups[i].hosts, w.h)
	}
	return groups
}

// frames gives the variables of includes below one more: the keyword vars of the task, and its item.
func frames(under []*jinja.Dict, t *play.Task, own *jinja.Dict) []*jinja.Dict {
	out := slices.Clip(under)
	if t.Include.Vars != nil {
		out = append(out, t.Include.Vars)
	}
	if own != nil {
		out = append(out, own)
	}
	return out
}

// load reads the file of tasks or the role.
func (pr *playRun) load(t *play.Task, w *wish) ([]play.Node, error) {
	if w.missing != nil {
		return nil, w.missing
	}
	if w.role == nil {
		nodes, faults := pr.Loader.IncludeTasks(t, w.what)
		pr.tellWarnings(faults)
		pr.addImported(nodes, map[*play.Role]bool{})
		return nodes, faults.Err()
	}
	b, faults := pr.Loader.IncludeRole(t, *w.role)
	pr.tellWarnings(faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	pr.addImported([]play.Node{b}, map[*play.Role]bool{})
	if w.public {
		pr.Vars.AddRole(pr.p, b.Role)
	}
	return []play.Node{b}, nil
}

// addImported gives the play the handlers of the roles that stand in what was included, be it because they are named or because they are imported there.
func (pr *playRun) addImported(nodes []play.Node, known map[*play.Role]bool) {
	for _, n := range nodes {
		b, ok := n.(*play.Block)
		if !ok {
			continue
		}
		if r := b.Role; r != nil && !known[r] {
			known[r] = true
			for _, d := range r.AllDeps() {
				known[d] = true
			}
			pr.addHandlers(r)
		}
		for _, inner := range [][]play.Node{b.Body, b.Rescue, b.Always} {
			pr.addImported(inner, known)
		}
	}
}

// withReason gives the result of an include that failed Ansible's key for why.
func withReason(e ending) ending {
	if d, ok := e.value.(*jinja.Dict); ok && e.res.Status == event.Failed {
		d.Set("reason", e.res.Message)
		e.res.Result = jinja.ToGo(d)
	}
	return e
}

// cannotInclude fails the hosts that want what cannot be loaded. As Ansible counts, that is a failure though a rescue takes over, and ignore_errors is not looked at. Of a loop there is
// no result to show, but a warning, once for all hosts.
func (pr *playRun) cannotInclude(t *play.Task, g *inclusionOf, err error) {
	for i, h := range g.hosts {
		ht := &hostTask{playRun: pr, h: h, t: t, turn: h.turn, looking: pr.hard}
		e := withReason(endingOf(ht.fault(t.Pos, err)))
		ht.keywords(e.res)
		e.res.Ignored = false
		ht.goOn(e)
		if e.res.Rescued {
			e.res.Rescued = false
			h.recap.Forgiven++
		}
		h.count(e.res, false)
		if t.Register != "" {
			pr.Vars.Set(h.name, t.Register, e.value)
		}
		switch {
		case t.Loop == nil:
			ht.tell(e.res)
		case i == 0:
			pr.emit(event.Warning{Diagnostic: diag.Warnf(e.res.Pos, "%s: %s", ht.name(), e.res.Message)})
		}
	}
}
