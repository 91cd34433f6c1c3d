package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pfrun/pfrun"
)

// AdHoc writes the results of one task in the form of Ansible's command ansible: "host | CHANGED => {…}", and for commands their output behind "host | CHANGED | rc=0 >>".
type AdHoc struct {
	Human
	Exact   bool // nothing but what ansible itself prints
	OneLine bool // each result in one line, as with its --one-line
}

// noJSON are the modules whose output is shown as text.
var noJSON = []string{"command", "shell", "raw"}

// Emit shows one event.
func (a *AdHoc) Emit(e pfrun.Event) {
	switch e := e.(type) {
	case pfrun.TaskResult:
		a.result(e)
	case pfrun.Warning:
		a.Human.Emit(e)
	}
}

func (a *AdHoc) result(e pfrun.TaskResult) {
	colour, word := red, ""
	switch e.Status {
	case pfrun.OK:
		colour, word = green, "SUCCESS"
	case pfrun.Changed:
		colour, word = yellow, "CHANGED"
	case pfrun.Failed:
		word = "FAILED"
	case pfrun.Unreachable:
		if a.OneLine {
			a.line(colour, fmt.Sprintf("%s | UNREACHABLE!: %v", e.Host, a.values(e).(map[string]any)["msg"]))
			return
		}
		a.line(colour, e.Host+" | UNREACHABLE! => "+indented(a.values(e)))
		a.try(e)
		return
	case pfrun.Skipped:
		a.line(cyan, e.Host+" | SKIPPED")
		return
	case pfrun.Deferred, pfrun.Undecided, pfrun.Interrupted:
		a.line(purple, e.Host+" | "+strings.ToUpper(string(e.Status))+" => "+e.Message)
		return
	}
	if a.Diff && e.Diff != "" && !e.Hidden {
		a.diff(e.Diff)
		if a.Exact {
			a.line("", "")
		}
	}
	if text, ok := a.commandOutput(e); ok {
		a.line(colour, e.Host+" | "+word+" | "+text)
		return
	}
	if e.Status == pfrun.Failed {
		word += "!"
	}
	if a.OneLine {
		a.line(colour, e.Host+" | "+word+" => "+inOneLine(a.values(e)))
		return
	}
	a.line(colour, e.Host+" | "+word+" => "+indented(a.values(e)))
	if e.Status == pfrun.Failed {
		a.try(e)
	}
}

// try says what to try. Where the task stands is no news.
func (a *AdHoc) try(e pfrun.TaskResult) {
	if e.Hint != "" && !e.Hidden && !a.Exact {
		a.line("", "  hint: "+e.Hint)
	}
}

// short is the name of a module without that of Ansible's own collection.
func short(module string) string {
	return strings.TrimPrefix(strings.TrimPrefix(module, "ansible.builtin."), "ansible.legacy.")
}

// inOneLine is a value as JSON without blanks but behind colons.
func inOneLine(v any) string {
	var b strings.Builder
	write(&b, v, "", "\n")
	return strings.ReplaceAll(b.String(), "\n", "") // those of texts are written as \n
}

// commandOutput gives what a command printed, where the task is one and the command has run.
func (a *AdHoc) commandOutput(e pfrun.TaskResult) (string, bool) {
	all, _ := e.Result.(map[string]any)
	rc := all["rc"]
	if !slices.Contains(noJSON, short(e.Module)) || rc == nil || pfrun.IsUnknown(rc) || e.Hidden {
		return "", false
	}
	if a.OneLine {
		line := strings.NewReplacer("\n", `\n`, "\r", `\r`)
		text := fmt.Sprintf("rc=%v | (stdout) %s", rc, line.Replace(fmt.Sprint(all["stdout"])))
		if s, _ := all["stderr"].(string); s != "" {
			text += " (stderr) " + line.Replace(s)
		}
		return text, true
	}
	text := fmt.Sprintf("rc=%v >>\n", rc)
	for _, key := range []string{"stdout", "stderr", "msg"} {
		if s, ok := all[key].(string); ok {
			text += s
		}
	}
	return text, true
}

// values is the result as Ansible shows it.
func (a *AdHoc) values(e pfrun.TaskResult) any {
	if e.Hidden {
		return map[string]any{"censored": "the output has been hidden due to the fact that 'no_log: true' was specified for this result", "changed": e.Status == pfrun.Changed}
	}
	values := map[string]any{"changed": e.Status == pfrun.Changed}
	if all, ok := e.Result.(map[string]any); ok {
		for k, v := range all {
			values[k] = v
		}
		if a.Verbosity < 3 {
			delete(values, "invocation")
			delete(values, "diff")
		}
	}
	if e.Status == pfrun.Unreachable {
		values["unreachable"] = true
	}
	if e.Message != "" {
		values["msg"] = e.Message
	}
	delete(values, "failed") // the word before it says so
	if short(e.Module) == "debug" && e.Status == pfrun.OK {
		delete(values, "changed")
	}
	return values
}
