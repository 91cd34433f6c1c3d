package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/modules/change"
)

const censored = "the output has been hidden due to the fact that 'no_log: true' was specified for this result"

// silent are the tasks that only lead to others: what they lead to is shown, and how they fail.
var silent = []string{"include_tasks", "include_role", "include"}

// warningsOf gives what a module warned of.
func warningsOf(e pfrun.TaskResult) (texts []string) {
	all, _ := e.Result.(map[string]any)
	told, _ := all["warnings"].([]any)
	for _, w := range told {
		if text, ok := w.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// remarks tells what a module warned of, each text once, and what else the user should know.
func (a *Ansible) remarks(e pfrun.TaskResult) {
	for _, w := range warningsOf(e) {
		if s := "[WARNING]: " + w; a.once(s) {
			a.write(a.Err, a.Settings.ColourWarn, s)
		}
	}
	if a.Verbosity < 1 {
		return
	}
	for _, n := range e.Notes {
		a.verbose("note: " + e.Host + ": " + n)
	}
}

// result shows how a task, or an item of its loop, ended on a host.
func (a *Ansible) result(e pfrun.TaskResult) {
	good := e.Status == pfrun.OK || e.Status == pfrun.Changed
	switch {
	case e.Status == pfrun.Skipped && !a.Settings.ShowSkippedHosts, good && slices.Contains(silent, short(e.Module)):
		if e.Status != pfrun.Skipped && e.Item == nil {
			a.headed(e)
		}
		return
	case e.Status == pfrun.OK && !a.Settings.ShowOKHosts:
		return
	}
	a.headed(e)
	a.remarks(e)
	if e.Status == pfrun.Changed {
		a.diff(e)
	}
	if e.Item == nil && e.Loop && (good || e.Status == pfrun.Failed) { // the items have been told
		if e.Status == pfrun.Failed && short(e.Module) == "debug" { // as Ansible has it
			a.fatal(e)
		}
		a.ignoring(e)
		return
	}
	switch e.Status {
	case pfrun.OK, pfrun.Changed:
		colour := a.Settings.ColourOK
		if e.Status == pfrun.Changed {
			colour = a.Settings.ColourChanged
		}
		a.line(colour, string(e.Status)+": ["+label(e)+"]"+item(e)+a.detail(e))
	case pfrun.Skipped:
		s := "skipping: [" + e.Host + "]" + item(e)
		if e.Item != nil {
			s += " "
		}
		a.line(a.Settings.ColourSkip, s+a.detail(e))
	case pfrun.Failed:
		a.failed(e)
	case pfrun.Unreachable:
		a.unreachable(e)
	case pfrun.Undecided, pfrun.Deferred, pfrun.Interrupted:
		s := string(e.Status) + ": [" + label(e) + "]" + item(e)
		if e.Message != "" {
			s += " => " + e.Message
		}
		a.line(a.Settings.ColourSkip, s)
	}
}

func (a *Ansible) failed(e pfrun.TaskResult) {
	d := &pfrun.Diagnostic{Pos: e.Pos, Message: "Task failed" + failedWhere(e)}
	if !e.Hidden {
		d.Hint = e.Hint
	}
	all, _ := e.Result.(map[string]any)
	if s := "[ERROR]: " + Fault(d); all["reason"] == nil && a.once(s) {
		a.failure(a.Settings.ColourError, s)
	}
	if e.Exception != "" && a.Verbosity > 2 {
		a.failure(a.Settings.ColourError, "The full traceback is:\n"+strings.TrimRight(e.Exception, "\n"))
	}
	if e.Item != nil {
		a.failure(a.Settings.ColourError, "failed: ["+label(e)+"] (item="+text(e)+") => "+a.dump(e))
		return
	}
	a.fatal(e)
	a.ignoring(e)
}

// unreachable shows that a host could not be reached, for a task or for an item of its loop.
func (a *Ansible) unreachable(e pfrun.TaskResult) {
	d := &pfrun.Diagnostic{Pos: e.Pos, Message: unreachable(e), Hint: e.Hint}
	if s := "[ERROR]: " + Fault(d); !e.Hidden && !(e.Loop && e.Item == nil) && a.once(s) {
		a.failure(a.Settings.ColourError, s)
	}
	if e.Item != nil {
		a.failure(a.Settings.ColourError, "failed: ["+label(e)+"] (item="+text(e)+") => "+a.dump(e))
		return
	}
	a.failure(a.Settings.ColourUnreachable, "fatal: ["+label(e)+"]: UNREACHABLE! => "+a.dump(e))
	a.ignoring(e)
}

func (a *Ansible) fatal(e pfrun.TaskResult) {
	if a.Verbosity < 2 && a.Settings.ShowFailedPath && e.Pos.IsValid() {
		a.path(e.Pos)
	}
	a.failure(a.Settings.ColourError, "fatal: ["+label(e)+"]: FAILED! => "+a.dump(e))
}

// taskFailed begins what Ansible says of a task that was ended from outside.
const taskFailed = "Task failed: "

// failedWhere says what of a task failed, and how. A task that did not come as far as its module has no word on changes in its result.
func failedWhere(e pfrun.TaskResult) string {
	all, _ := e.Result.(map[string]any)
	message := e.Message
	if msg, ok := all["msg"].(string); ok {
		message = msg
	}
	switch {
	case e.Hidden || message == "":
		return "."
	case strings.HasPrefix(message, taskFailed):
		return ": " + strings.TrimPrefix(message, taskFailed)
	case !ran(e):
		return ": " + message
	case slices.Contains(actions, short(e.Module)):
		return ": Action failed: " + message
	}
	return ": Module failed: " + message
}

// ran reports whether a task came as far as its module.
func ran(e pfrun.TaskResult) bool {
	all, _ := e.Result.(map[string]any)
	_, changed := all["changed"]
	return changed && (short(e.Module) != "debug" || all["failed_when_result"] != nil)
}

// actions are the modules that fail by their own word, not by what they find on a host.
var actions = []string{"fail", "assert", "raw", "set_fact", "set_stats", "debug", "pause", "include_vars", "validate_argument_spec", "wait_for_connection", "add_host", "group_by"}

func (a *Ansible) ignoring(e pfrun.TaskResult) {
	if e.Ignored && e.Item == nil && (e.Status == pfrun.Failed || e.Status == pfrun.Unreachable) {
		a.line(a.Settings.ColourSkip, "...ignoring")
	}
}

// unreachable says why a host cannot be reached, behind the words that scripts look for.
func unreachable(e pfrun.TaskResult) string {
	return "Task failed: Failed to connect to the host via ssh: " + e.Message
}

// label names the host, and the one that the task is delegated to.
func label(e pfrun.TaskResult) string { return delegated(e.Host, e.Delegated, e.Address) }

func delegated(host, to, address string) string {
	if to == "" || to == host {
		return host
	}
	s := host + " -> " + to
	if address != "" && address != to {
		s += "(" + address + ")"
	}
	return s
}

func item(e pfrun.TaskResult) string {
	if e.Item == nil {
		return ""
	}
	return " => (item=" + text(e) + ")"
}

// text is what is shown of an item.
func text(e pfrun.TaskResult) string {
	if e.Hidden {
		return "(censored due to no_log)"
	}
	return *e.Item
}

// unshown are the modules whose results are too long for -v.
var unshown = []string{"setup", "gather_facts"}

// detail is the result where it is asked for: always of debug and the like, of others with -v.
func (a *Ansible) detail(e pfrun.TaskResult) string {
	always := e.Verbose == 0 && e.Status != pfrun.Skipped && !e.Hidden
	if e.Result == nil && e.Message == "" || !always && (a.Verbosity < max(e.Verbose, 1) || slices.Contains(unshown, short(e.Module)) && a.Verbosity < 3) {
		return ""
	}
	return " => " + a.dump(e)
}

// dump writes a result as JSON: on one line, or over several for debug and with -vvv.
func (a *Ansible) dump(e pfrun.TaskResult) string {
	if a.Settings.ResultFormat == "yaml" || strings.HasSuffix(a.Settings.Callback, "yaml") {
		return resultYAML(a.values(e), a.Settings.PrettyResults == nil || *a.Settings.PrettyResults)
	}
	shown := e.Status == pfrun.OK || e.Status == pfrun.Changed || e.Status == pfrun.Failed && ran(e) && slices.Contains([]string{"debug", "assert"}, short(e.Module))
	pretty := e.Verbose == 0 && shown || a.Verbosity > 2
	if a.Settings.PrettyResults != nil {
		pretty = *a.Settings.PrettyResults
	}
	if pretty {
		return indented(a.values(e))
	}
	return compact(a.values(e))
}

// values is what Ansible shows of a result: not whether it failed, not what belongs to the program, and of debug nothing but what it is asked for.
func (a *Ansible) values(e pfrun.TaskResult) map[string]any {
	all, _ := e.Result.(map[string]any)
	changed, ok := all["changed"]
	if !ok {
		changed = e.Status == pfrun.Changed || len(e.Changes) > 0
	}
	if e.Hidden {
		return map[string]any{"censored": censored, "changed": changed}
	}
	values := map[string]any{}
	maps.Copy(values, all)
	if !ok && e.Status != pfrun.Failed {
		values["changed"] = changed
	}
	if _, ok := values["msg"]; !ok && e.Message != "" && values["reason"] == nil && (e.Status == pfrun.Failed || e.Status == pfrun.Unreachable) {
		values["msg"] = e.Message
	}
	if e.Status == pfrun.Unreachable {
		values["unreachable"], values["msg"] = true, unreachable(e)
	}
	if e.Attempts > 0 {
		values["attempts"] = e.Attempts
	}
	if values["reason"] != nil && values["reason"] == values["msg"] {
		delete(values, "msg")
	}
	hidden := []string{"failed", "skipped", "exception", "warnings", "deprecations"}
	if short(e.Module) == "debug" {
		values = debugged(values)
	}
	if a.Verbosity < 3 {
		hidden = append(hidden, "invocation", "diff")
	}
	if e.Loop && e.Item == nil {
		hidden = append(hidden, "results")
	}
	maps.DeleteFunc(values, func(key string, _ any) bool {
		return slices.Contains(hidden, key) || strings.HasPrefix(key, "_ansible_")
	})
	return values
}

// retry tells of a task that is tried again, under the name that stands in the heading.
func (a *Ansible) retry(e pfrun.Retry) {
	name := e.Task
	if !a.free && a.last.Name != "" {
		name = a.last.Name
	}
	s := fmt.Sprintf("FAILED - RETRYING: [%s]: %s (%d retries left).", delegated(e.Host, e.Delegated, ""), name, e.Left)
	if a.Verbosity > 2 || e.Verbose == 0 && !e.Hidden {
		result := map[string]any{"retries": e.Retries + 1}
		if all, ok := e.Result.(map[string]any); ok {
			maps.Copy(result, all)
		}
		s += "Result was: " + a.dump(pfrun.TaskResult{Result: result, Hidden: e.Hidden, Verbose: e.Verbose, Status: pfrun.OK})
	}
	a.line(a.Settings.ColourDebug, s)
}

// comparable reports whether there is something before and after a change to compare: Ansible shows no difference for commands and services.
func comparable(c change.Change) bool {
	switch c.(type) {
	case change.Exec, change.Service:
		return false
	}
	return true
}

// diff shows what a task changes, before its result.
func (a *Ansible) diff(e pfrun.TaskResult) {
	show := a.Diff
	if e.ShowDiff != nil {
		show = *e.ShowDiff
	}
	if !show || e.Diff == "" || e.Hidden || e.Loop && e.Item == nil || !slices.ContainsFunc(e.Changes, comparable) {
		return
	}
	var out []string
	for line := range strings.SplitSeq(strings.TrimSuffix(e.Diff, "\n"), "\n") {
		colour := ""
		switch {
		case strings.HasPrefix(line, "+"):
			colour = a.Settings.ColourDiffAdd
		case strings.HasPrefix(line, "-"):
			colour = a.Settings.ColourDiffRemove
		case strings.HasPrefix(line, "@@"):
			colour = a.Settings.ColourDiffLines
		}
		out = append(out, a.colour(colour, harmless(line)))
	}
	s := strings.Join(out, "\n") + "\n"
	if a.Mask != nil {
		s = a.Mask(s)
	}
	fmt.Fprintln(a.Out, s)
}
