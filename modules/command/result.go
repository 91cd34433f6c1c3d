package command

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// skipped is the result of a command that need not be run, in Ansible's words.
func skipped(cmd any, why reason) map[string]any {
	out := fmt.Sprintf("skipped, since %s %s", why.path, why.fact)
	return map[string]any{
		"cmd": cmd, "msg": fmt.Sprintf("Did not run command since '%s' %s", why.path, why.fact), "rc": int64(0),
		"stdout": out, "stdout_lines": []any{out}, "stderr": "", "stderr_lines": []any{}, "start": nil, "end": nil, "delta": nil,
	}
}

// Report puts into the result what the command gave.
func (t *Common) Report(p *modules.Plan, outcomes []change.Outcome) {
	if len(outcomes) == 0 {
		return
	}
	out, result := outcomes[0], p.Result
	if !out.Known {
		for _, key := range []string{"rc", "stdout", "stdout_lines", "stderr", "stderr_lines", "start", "end", "delta"} {
			result[key] = change.Unknown{}
		}
		result["msg"] = "Command would have run if not in check mode"
		return
	}
	if out.Errno != 0 {
		t.unstarted(p, out.Errno)
		return
	}
	result["rc"] = int64(out.Status)
	for key, data := range map[string][]byte{"stdout": out.Stdout, "stderr": out.Stderr} {
		text := string(data)
		if t.StripEmptyEnds {
			text = strings.TrimRight(text, "\r\n")
		}
		result[key], result[key+"_lines"] = text, list(splitLines(text))
	}
	if !out.Start.IsZero() && !out.End.IsZero() {
		result["start"], result["end"], result["delta"] = moment(out.Start), moment(out.End), duration(out.End.Sub(out.Start))
	}
	if out.Status != 0 {
		result["msg"] = "non-zero return code"
		p.Unmet = "non-zero return code"
	}
}

// unstarted reports a program that could not be started, with the values of Ansible, where Python says it.
func (t *Common) unstarted(p *modules.Plan, errno int) {
	exec, ok := p.Steps[0].(change.Exec)
	if !ok {
		return
	}
	why := map[int]string{2: "No such file or directory", 13: "Permission denied"}[errno]
	const msg = "Error executing command"
	p.Result = map[string]any{
		"cmd": host.Quote(exec.Argv...), "msg": msg + ".", "rc": int64(errno), "stdout": "", "stdout_lines": []any{}, "stderr": "", "stderr_lines": []any{},
	}
	p.Unmet = fmt.Sprintf("%s: [Errno %d] %s: %s", msg, errno, why, bytesOfPython(exec.Argv[0]))
}

// bytesOfPython gives a text as Python shows bytes.
func bytesOfPython(s string) string {
	var b strings.Builder
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	b.WriteString("b" + string(quote))
	for i := range len(s) {
		switch c := s[i]; {
		case c == quote || c == '\\':
			b.WriteString("\\" + string(c))
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\x%02x", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + string(quote)
}

// list gives strings as expressions have them.
func list(items []string) []any {
	out := make([]any, len(items))
	for i, s := range items {
		out[i] = s
	}
	return out
}

// splitLines splits as Python's str.splitlines does.
func splitLines(s string) []string {
	var lines []string
	for s != "" {
		i := strings.IndexAny(s, "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029")
		if i < 0 {
			return append(lines, s)
		}
		lines = append(lines, s[:i])
		_, size := utf8.DecodeRuneInString(s[i:])
		if strings.HasPrefix(s[i:], "\r\n") {
			size = 2
		}
		s = s[i+size:]
	}
	return lines
}

// moment gives a time as Python's datetime prints it.
func moment(t time.Time) string { return t.Format("2006-01-02 15:04:05.000000") }

// duration gives a duration as Python's timedelta prints it.
func duration(d time.Duration) string {
	us := d.Microseconds()
	s, days := us/1e6, ""
	if n := s / 86400; n > 0 {
		days = fmt.Sprintf("%d days, ", n)
		if n == 1 {
			days = "1 day, "
		}
		s %= 86400
	}
	text := fmt.Sprintf("%s%d:%02d:%02d", days, s/3600, s/60%60, s%60)
	if us%1e6 != 0 {
		text += fmt.Sprintf(".%06d", us%1e6)
	}
	return text
}
