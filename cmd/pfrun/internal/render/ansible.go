package render

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/pfrun/pfrun"
)

// Ansible writes a run as ansible-playbook's own default output does, to the letter: what greps that finds what it looks for.
type Ansible struct {
	Out, Err  io.Writer
	Columns   int // of the terminal; 0: the output is none
	Colour    bool
	Check     bool // it is a run in check mode
	Diff      bool
	Verbosity int
	Settings  *pfrun.Settings
	Mask      func(string) string // hides secrets; nil: nothing is secret

	free    bool            // the hosts of the play do not wait for one another: headings stand before results
	current pfrun.TaskStart // whose heading was shown last
	last    pfrun.TaskStart // that has begun last
	acted   bool            // an action of the engine itself has been told below its heading
	leads   pfrun.TaskStart // the last task that includes others
	started map[taskKey]pfrun.TaskStart
	told    map[string]bool // errors and warnings, each of which is told once
}

// Begin shows with -v which settings count, with -vv also the text of --version.
func (a *Ansible) Begin(version string) {
	if a.Verbosity >= 2 {
		a.verbose(version)
	}
	if a.Verbosity >= 1 {
		s := "No config file found; using defaults"
		if a.Settings.File != "" {
			s = "Using " + a.Settings.File + " as config file"
		}
		a.verbose(s)
	}
}

// Playbook shows with -vv what is about to run.
func (a *Ansible) Playbook(path string, plays int) {
	if a.Verbosity >= 2 {
		a.banner("PLAYBOOK: " + filepath.Base(path))
		a.verbose(fmt.Sprintf("%d plays in %s", plays, path))
	}
	if a.marker(a.Check) != "" {
		a.banner("DRY RUN")
	}
}

// taskKey tells tasks apart.
type taskKey struct {
	place, title string
}

func keyOf(pos pfrun.Position, role, name string) taskKey {
	return taskKey{pos.String(), pfrun.Title(role, name)}
}

// Emit shows one event.
func (a *Ansible) Emit(e pfrun.Event) {
	switch e := e.(type) {
	case pfrun.PlayStart:
		a.play(e)
	case pfrun.NoHosts:
		a.banner(named("PLAY", e.Play))
		a.line(a.Settings.ColourSkip, "skipping: no hosts matched")
	case pfrun.NoHostsLeft: // Ansible says it for too many failures, and again for nobody being left
		a.banner("NO MORE HOSTS LEFT")
		a.banner("NO MORE HOSTS LEFT")
	case pfrun.TaskStart:
		a.task(e)
	case pfrun.TaskResult:
		a.result(e)
	case pfrun.Retry:
		a.retry(e)
	case pfrun.AsyncPoll:
		a.poll(e)
	case pfrun.Included:
		a.included(e)
	case pfrun.MetaDone:
		a.meta(e)
	case pfrun.Notified:
		a.notified(e)
	case pfrun.Warning:
		a.warning(e)
	case pfrun.PlaybookEnd: // as Ansible, which ends every playbook with the counts so far
		a.recap(e.Recap)
	case pfrun.Recap:
		a.recap(e)
	}
}

// poll tells of a look at a task in the background, and of its end.
func (a *Ansible) poll(e pfrun.AsyncPoll) {
	s := fmt.Sprintf("ASYNC POLL on %s: jid=%s started=%s finished=%s", e.Host, e.JobID, truth[e.Started], truth[e.Finished])
	switch {
	case e.Failed:
		s = fmt.Sprintf("ASYNC FAILED on %s: jid=%s", e.Host, e.JobID)
	case e.Finished:
		s = fmt.Sprintf("ASYNC OK on %s: jid=%s", e.Host, e.JobID)
	}
	a.line(a.Settings.ColourDebug, s)
}

var truth = map[bool]string{true: "True", false: "False"}

func named(word, name string) string {
	if name = strings.TrimSpace(name); name == "" {
		return word
	}
	return word + " [" + name + "]"
}

func (a *Ansible) marker(planned bool) string {
	if planned && a.Settings.CheckModeMarkers {
		return " [CHECK MODE]"
	}
	return ""
}

func (a *Ansible) play(e pfrun.PlayStart) {
	a.free = strings.HasSuffix(e.Strategy, "free") || strings.HasSuffix(e.Strategy, "host_pinned")
	a.started, a.current = map[taskKey]pfrun.TaskStart{}, pfrun.TaskStart{}
	a.banner(named("PLAY", e.Name) + a.marker(a.Check))
}

// task shows the heading of a task, unless it has to wait for a result: hosts that run freely are somewhere else each, and a task of which no result is shown has no heading.
func (a *Ansible) task(e pfrun.TaskStart) {
	if a.started == nil {
		a.started = map[taskKey]pfrun.TaskStart{}
	}
	a.started[keyOf(e.Pos, e.Role, e.Name)] = e
	a.last, a.acted = e, false
	if slices.Contains(silent, short(e.Module)) {
		a.leads = e
	}
	if a.late() {
		a.current = pfrun.TaskStart{}
		return
	}
	a.heading(e)
}

func (a *Ansible) late() bool {
	return a.free || !a.Settings.ShowOKHosts || !a.Settings.ShowSkippedHosts
}

func (a *Ansible) heading(e pfrun.TaskStart) {
	word := "TASK"
	if e.Handler {
		word = "RUNNING HANDLER"
	}
	a.banner(word + " [" + strings.TrimSpace(e.Title()) + "]" + a.marker(e.Planned))
	if a.Verbosity >= 2 && e.Pos.IsValid() {
		a.path(e.Pos)
	}
	a.current = e
}

// headed shows the heading that a result has waited for.
func (a *Ansible) headed(e pfrun.TaskResult) {
	key := keyOf(e.Pos, e.Role, e.Task)
	if !a.late() || key == keyOf(a.current.Pos, a.current.Role, a.current.Name) {
		return
	}
	start, ok := a.started[key]
	if !ok {
		start = pfrun.TaskStart{Name: e.Task, Role: e.Role, Pos: e.Pos, Module: e.Module}
	}
	a.heading(start)
}

func (a *Ansible) path(pos pfrun.Position) {
	a.line(a.Settings.ColourDebug, fmt.Sprintf("task path: %s:%d", whole(pos.Source.Name), pos.Line))
}

// whole gives the path of a file as Ansible shows it, from the root on.
func whole(path string) string {
	if abs, err := filepath.Abs(path); err == nil && !strings.HasPrefix(path, "<") {
		return abs
	}
	return path
}

// banner is a heading with stars to the end of the line.
func (a *Ansible) banner(s string) {
	s = strings.TrimSpace(s)
	a.line("", "\n"+s+" "+strings.Repeat("*", max(3, max(79, a.Columns-1)-width(s))))
}

// width is the number of columns that a text takes: wide characters take two, marks none.
func width(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case r >= 0x1100 && unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana), r >= 0xff01 && r <= 0xff60, r >= 0x1f300 && r <= 0x1faff:
			n += 2
		default:
			n++
		}
	}
	return n
}

func (a *Ansible) line(colour, s string) { a.write(a.Out, colour, s) }

// verbose writes what -v adds.
func (a *Ansible) verbose(s string) {
	out := a.Out
	if a.Settings.VerboseToStderr {
		out = a.Err
	}
	a.write(out, a.Settings.ColourVerbose, s)
}

// failure writes where failures go.
func (a *Ansible) failure(colour, s string) {
	out := a.Out
	if a.Settings.FailedToStderr {
		out = a.Err
	}
	a.write(out, colour, s)
}

func (a *Ansible) write(out io.Writer, colour, s string) {
	if a.Mask != nil {
		s = a.Mask(s)
	}
	s = harmless(strings.ReplaceAll(s, "\r\n", "\n"))
	fmt.Fprintln(out, a.colour(colour, s))
}

func (a *Ansible) notified(e pfrun.Notified) {
	if a.Verbosity >= 2 {
		for _, h := range e.Handlers {
			a.verbose(fmt.Sprintf("Notification for handler %s has been saved.\nNOTIFIED HANDLER %s for %s", h, h, e.Host))
		}
	}
}

// meta tells what an action of the engine itself did: below a heading for each host, and with a result only where its condition does not hold.
func (a *Ansible) meta(e pfrun.MetaDone) {
	if a.acted && !a.late() {
		a.heading(e.Task)
	}
	a.acted = true
	if a.Verbosity >= 2 {
		a.verbose("META: " + e.Text)
	}
	if !e.Skipped || !a.Settings.ShowSkippedHosts {
		return
	}
	a.headed(pfrun.TaskResult{Task: e.Task.Name, Role: e.Task.Role, Pos: e.Task.Pos})
	s := "skipping: [" + e.Host + "]"
	told := map[string]any{"msg": metaMessage(e.Text), "skip_reason": e.Text}
	switch {
	case a.Verbosity > 2:
		s += " => " + indented(told)
	case a.Verbosity > 0:
		s += " => " + compact(told)
	}
	a.line(a.Settings.ColourSkip, s)
}

// metaMessage gives the message of an action of the engine that is skipped: its name, but for that of end_host, which is a sentence.
func metaMessage(reason string) string {
	name, _, _ := strings.Cut(reason, " ")
	if name == "end_host" {
		return strings.Replace(reason, "False", "false", 1)
	}
	return name
}

func (a *Ansible) included(e pfrun.Included) {
	if a.late() && a.leads.Pos.IsValid() && keyOf(a.leads.Pos, a.leads.Role, a.leads.Name) != keyOf(a.current.Pos, a.current.Role, a.current.Name) {
		a.heading(a.leads)
	}
	what := e.What
	if !e.Role {
		what = whole(what)
	}
	s := fmt.Sprintf("included: %s for %s", what, strings.Join(e.Hosts, ", "))
	if e.Item != nil {
		s += " => (item=" + *e.Item + ")"
	}
	if e.Possible {
		s = "possibly " + s
	}
	a.line(a.Settings.ColourIncluded, s)
}

// warning tells each warning once, on standard error.
func (a *Ansible) warning(e pfrun.Warning) {
	s := "[WARNING]: "
	if e.Host != "" {
		s += e.Host + ": "
	}
	s += Fault(e.Diagnostic)
	if !a.once(s) {
		return
	}
	a.write(a.Err, a.Settings.ColourWarn, s)
}

func (a *Ansible) once(s string) bool {
	if a.told == nil {
		a.told = map[string]bool{}
	}
	first := !a.told[s]
	a.told[s] = true
	return first
}
