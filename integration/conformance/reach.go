package main

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed reach.txt
var reachText string

// playbookProgram is the program that pfrun stands in for; of the others there are none, which a shell says with notThere.
const (
	playbookProgram = "ansible-playbook"
	notThere        = 127
)

// beyond is what needs something that pfrun is not to have: a call of ansible-playbook, or a task.
type beyond struct {
	target string
	call   int    // from 1; 0 for a task
	file   string // the playbook of the call, or the file of the task
	line   int    // at which the task begins
	task   string // its name, or else its module, once the file has been read
	reason string
}

// reach is the list of what is out of reach.
type reach []*beyond

// readReach reads lines of TARGET PLACE REASON, PLACE being CALL:PLAYBOOK or FILE:LINE.
func readReach(text string) (reach, error) {
	var list reach
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.SplitN(line, " ", 3)
		if len(f) < 3 {
			return nil, fmt.Errorf("reach.txt: %q is not TARGET PLACE REASON", line)
		}
		b := &beyond{target: f[0], reason: f[2]}
		first, last, _ := strings.Cut(f[1], ":")
		if n, err := strconv.Atoi(first); err == nil && n > 0 && last != "" {
			b.call, b.file = n, last
		} else if n, err := strconv.Atoi(last); err == nil && n > 0 && first != "" {
			b.file, b.line = first, n
		} else {
			return nil, fmt.Errorf("reach.txt: %q: %s is neither CALL:PLAYBOOK nor FILE:LINE", line, f[1])
		}
		list = append(list, b)
	}
	return list, nil
}

// of picks what is said of one target.
func (r reach) of(target string) reach {
	var own reach
	for _, b := range r {
		if b.target == target {
			own = append(own, b)
		}
	}
	return own
}

// removes says whether the task that begins there is left out.
func (r reach) removes(file string, line int) bool {
	return slices.ContainsFunc(r, func(b *beyond) bool { return b.line == line && b.file == file })
}

// call says why the n-th call is out of reach, "" where it is not. An error says that the list speaks of another playbook.
func (r reach) call(n int, c *invocation) (string, error) {
	if c.Exit == notThere && c.program != playbookProgram {
		return "the program " + c.program, nil
	}
	for _, b := range r {
		if b.call != n {
			continue
		}
		if !slices.ContainsFunc(c.args, func(arg string) bool { return path.Base(arg) == path.Base(b.file) }) {
			return "", fmt.Errorf("reach.txt: call %d of %s is not of %s", n, b.target, b.file)
		}
		return b.reason, nil
	}
	return "", nil
}

// taskName finds the name in the lines of a task.
var taskName = regexp.MustCompile(`^\s*(?:- )?name: *(?:"([^"]*)"|'([^']*)'|(.*?)) *$`)

// remove makes comments of the lines of the task, and keeps its name.
func (b *beyond) remove(lines []string) error {
	m, err := begins("reach.txt", b.target, b.file, b.line, lines)
	if err != nil {
		return err
	}
	key, _, _ := strings.Cut(m[2], ":")
	b.task = key
	for i := b.line - 1; i < len(lines); i++ {
		text := strings.TrimLeft(lines[i], " ")
		if indent := len(lines[i]) - len(text); i >= b.line && text != "" && text[0] != '#' && indent <= len(m[1]) {
			break
		} else if n := taskName.FindStringSubmatch(lines[i]); n != nil && b.task == key && indent <= len(m[1])+2 {
			b.task = n[1] + n[2] + n[3]
		}
		lines[i] = "#" + lines[i]
	}
	return nil
}

// missed counts, by the reason, the steps of removed tasks among those that a call should have made and has not.
func (r reach) missed(want, have *invocation) map[string]int {
	n := map[string]int{}
	left, made := want.marks(), have.marks()
	for mark := range left {
		left[mark] -= made[mark]
	}
	hosts := map[string]bool{"testhost": true, "localhost": true}
	for _, s := range have.steps {
		hosts[s.host] = true
	}
	for _, b := range r {
		if b.task == "" {
			continue
		}
		for host := range hosts {
			if mark := b.among(left, host); mark != "" {
				left[mark]--
				n[b.reason]++
			}
		}
	}
	return n
}

// among finds the mark of a removed task on a host.
func (b *beyond) among(marks map[string]int, host string) string {
	for _, task := range []string{"TASK [" + b.target + " : " + b.task + "]", "TASK [" + b.task + "]"} {
		for _, status := range severity {
			if mark := (step{task: task, host: host, status: status}).mark(); marks[mark] > 0 {
				return mark
			}
		}
	}
	return ""
}
