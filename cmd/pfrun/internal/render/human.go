// Package render shows the events of a run. Renderers are sinks: they decide nothing.
package render

import (
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/pfrun/pfrun"
)

// Human writes a run for people, in the words and forms of ansible-playbook's default output, which scripts grep.
type Human struct {
	Out       io.Writer
	Colour    bool
	Diff      bool // show the diff of every change
	Verbosity int
	Mask      func(string) string // hides secrets; nil: nothing is secret
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
	purple = "35"
)

// Emit shows one event.
func (h *Human) Emit(e pfrun.Event) {
	switch e := e.(type) {
	case pfrun.PlayStart:
		h.banner("PLAY [" + e.Name + "]")
	case pfrun.NoHosts:
		h.banner("PLAY [" + e.Play + "]")
		h.line(cyan, "skipping: no hosts matched "+e.Pattern)
	case pfrun.TaskStart:
		if e.Meta && !e.Handler && h.Verbosity < 2 {
			return
		}
		word := "TASK"
		if e.Handler {
			word = "RUNNING HANDLER"
		}
		h.banner(word + " [" + e.Title() + "]")
		if h.Verbosity >= 2 && e.Pos.IsValid() {
			h.line("", "task path: "+e.Pos.String())
		}
	case pfrun.TaskResult:
		h.result(e)
	case pfrun.Included:
		word := "included: "
		if e.Possible {
			word = "possibly included: "
		}
		h.line(cyan, word+e.What+" for "+strings.Join(e.Hosts, ", ")+itemSuffix(e.Item))
	case pfrun.Retry:
		h.line(purple, fmt.Sprintf("FAILED - RETRYING: [%s]: %s (%d retries left).", e.Host, pfrun.Title(e.Role, e.Task), e.Left))
	case pfrun.AsyncPoll:
		h.line(purple, fmt.Sprintf("ASYNC POLL on %s: jid=%s finished=%t", e.Host, e.JobID, e.Finished))
	case pfrun.NoHostsLeft:
		h.banner("NO MORE HOSTS LEFT")
	case pfrun.Notified:
		h.notified(e)
	case pfrun.Warning:
		h.warning(e)
	case pfrun.Recap:
		h.recap(e)
	}
}

// banner is a heading padded with stars to 79 columns, as Ansible's.
func (h *Human) banner(s string) {
	h.line("", "\n"+s+" "+strings.Repeat("*", max(3, 79-len(s)-1)))
}

func (h *Human) line(colour, s string) {
	if h.Mask != nil {
		s = h.Mask(s)
	}
	s = harmless(s)
	if h.Colour && colour != "" {
		s = "\x1b[0;" + colour + "m" + s + "\x1b[0m"
	}
	fmt.Fprintln(h.Out, s)
}

// harmless writes the characters that steer a terminal as numbers: what a managed host says, or has in a file, is shown and not obeyed.
func harmless(s string) string {
	steers := func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\r", r) || r >= 0x7f && r < 0xa0 }
	if strings.IndexFunc(s, steers) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if steers(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (h *Human) result(e pfrun.TaskResult) {
	if e.Item == nil && e.Loop && e.Status != pfrun.Skipped && e.Status != pfrun.Unreachable && e.Status != pfrun.Failed {
		return // the items have been told
	}
	where := "[" + e.Host + elsewhere(e) + "]" + itemSuffix(e.Item)
	switch e.Status {
	case pfrun.OK:
		h.line(green, "ok: "+where+h.detail(e))
	case pfrun.Changed:
		h.line(yellow, "changed: "+where+guess(e)+h.detail(e))
	case pfrun.Skipped:
		h.line(cyan, "skipping: "+where)
	case pfrun.Failed:
		h.failed(e, where)
	case pfrun.Unreachable:
		h.line(red, "fatal: "+where+": UNREACHABLE! => "+h.faultJSON(e))
		h.hint(e)
	case pfrun.Undecided:
		h.line(purple, "undecided: "+where+" => "+e.Message)
	case pfrun.Deferred:
		h.line(purple, "deferred: "+where+" => "+e.Message)
	case pfrun.Interrupted:
		h.line(purple, "interrupted: "+where)
	}
	if e.Status != pfrun.OK { // what changed_when says is no change is not shown as one
		h.changes(e)
	}
	for _, w := range warningsOf(e) {
		h.line(purple, "  warning: "+w)
	}
	for _, n := range e.Notes {
		h.line(cyan, "  note: "+n)
	}
}

// itemSuffix says which item of a loop it is.
func itemSuffix(text *string) string {
	if text == nil {
		return ""
	}
	return " => (item=" + *text + ")"
}

// elsewhere says on which other host a task worked.
func elsewhere(e pfrun.TaskResult) string {
	switch {
	case e.Delegated == "":
		return ""
	case e.Address == "" || e.Address == e.Delegated:
		return " -> " + e.Delegated
	}
	return " -> " + e.Delegated + "(" + e.Address + ")"
}

func guess(e pfrun.TaskResult) string {
	if e.Guess {
		return " (?)"
	}
	return ""
}

// changes shows what was done, or would be done and why, and the diff where it is wanted.
func (h *Human) changes(e pfrun.TaskResult) {
	word := ""
	if e.Planned {
		word = "would "
	}
	why := ""
	if len(e.Because) > 0 {
		why = ", notified by " + strings.Join(e.Because, ", ")
	}
	for _, c := range e.Changes {
		h.line("", "  "+word+c.Summary()+why)
	}
	show := h.Diff
	if e.ShowDiff != nil {
		show = *e.ShowDiff
	}
	if show && e.Diff != "" {
		h.diff(e.Diff)
	}
}

func (h *Human) diff(d string) {
	for line := range strings.SplitSeq(strings.TrimSuffix(d, "\n"), "\n") {
		colour := ""
		switch {
		case strings.HasPrefix(line, "+"):
			colour = green
		case strings.HasPrefix(line, "-"):
			colour = red
		case strings.HasPrefix(line, "@@"):
			colour = cyan
		}
		h.line(colour, line)
	}
}

// detail is the result, where it is asked for: always of debug, of others with -v.
func (h *Human) detail(e pfrun.TaskResult) string {
	if e.Result == nil || h.Verbosity < e.Verbose {
		return ""
	}
	if all, ok := e.Result.(map[string]any); ok && short(e.Module) == "debug" {
		return " => " + indented(debugged(all))
	}
	if e.Verbose == 0 {
		return " => " + indented(without(e.Result, "changed", "failed"))
	}
	return " => " + compact(e.Result)
}

func (h *Human) failed(e pfrun.TaskResult, where string) {
	word := "fatal: "
	if e.Item != nil {
		word = "failed: "
	}
	h.line(red, word+where+": FAILED! => "+h.faultJSON(e))
	h.hint(e)
	if e.Ignored && e.Item == nil {
		h.line(cyan, "...ignoring")
	}
}

// hint tells where the task stands and what to try.
func (h *Human) hint(e pfrun.TaskResult) {
	if e.Pos.IsValid() {
		h.line("", "  at "+e.Pos.String())
	}
	if e.Hint != "" {
		h.line("", "  hint: "+e.Hint)
	}
	if e.Exception != "" && h.Verbosity > 2 {
		h.line("", strings.TrimRight(e.Exception, "\n"))
	}
}

func (h *Human) faultJSON(e pfrun.TaskResult) string {
	if e.Hidden {
		return compact(e.Result)
	}
	fault := map[string]any{"changed": e.Status == pfrun.Changed || len(e.Changes) > 0, "msg": e.Message}
	if h.Verbosity > 0 {
		if all, ok := e.Result.(map[string]any); ok {
			fault = maps.Clone(all)
			delete(fault, "exception")
		}
	}
	for _, k := range []string{"rc", "cmd", "stdout", "stderr"} {
		if all, ok := e.Result.(map[string]any); ok && all[k] != nil {
			fault[k] = all[k]
		}
	}
	if e.Status == pfrun.Unreachable {
		fault["unreachable"] = true
	}
	return compact(fault)
}

func (h *Human) notified(e pfrun.Notified) {
	if h.Verbosity < 1 && !e.Possible {
		return
	}
	word := "notified"
	if e.Possible {
		word = "may notify"
	}
	h.line(cyan, fmt.Sprintf("  [%s] %s: %s", e.Host, word, strings.Join(e.Handlers, ", ")))
}

func (h *Human) warning(e pfrun.Warning) {
	s := "[WARNING]: "
	if e.Host != "" {
		s += e.Host + ": "
	}
	h.line(purple, s+e.Diagnostic.Error())
}

func (h *Human) recap(e pfrun.Recap) {
	h.banner("PLAY RECAP")
	for _, r := range e.Hosts {
		colour := green
		switch {
		case r.Failed+r.Unreachable > 0:
			colour = red
		case r.Changed > 0:
			colour = yellow
		}
		h.line(colour, RecapLine(r))
	}
	if e.Interrupted {
		h.line(red, "interrupted: what was begun was finished, nothing more was started")
	}
}

// RecapLine gives the counts of a host in Ansible's form; undecided and deferred stand behind where there are any.
func RecapLine(r pfrun.HostRecap) string {
	s := fmt.Sprintf("%-26s : ok=%-4d changed=%-4d unreachable=%-4d failed=%-4d skipped=%-4d rescued=%-4d ignored=%-4d",
		r.Host, r.OK, r.Changed, r.Unreachable, r.Failed, r.Skipped, r.Rescued, r.Ignored)
	if r.Undecided+r.Deferred > 0 {
		s += fmt.Sprintf("undecided=%-4d deferred=%-4d", r.Undecided, r.Deferred)
	}
	return strings.TrimRight(s, " ")
}
