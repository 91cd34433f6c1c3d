package play

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// commonKeywords are those that a play hands down to its tasks.
var commonKeywords = map[string]func(*loader, *Common, *yamlsrc.Node){
	"become":        func(l *loader, c *Common, n *yamlsrc.Node) { c.Become = l.boolean("become", n) },
	"become_user":   func(l *loader, c *Common, n *yamlsrc.Node) { c.BecomeUser = l.scalar("become_user", n) },
	"become_method": func(l *loader, c *Common, n *yamlsrc.Node) { c.BecomeMethod = l.becomeMethod(n) },
	"become_exe":    func(l *loader, c *Common, n *yamlsrc.Node) { c.BecomeExe = l.scalar("become_exe", n) },
	"become_flags":  func(l *loader, c *Common, n *yamlsrc.Node) { c.BecomeFlags = l.scalar("become_flags", n) },
	"remote_user":   func(l *loader, c *Common, n *yamlsrc.Node) { c.RemoteUser = l.scalar("remote_user", n) },
	"port":          func(l *loader, c *Common, n *yamlsrc.Node) { c.Port = l.port(n) },
	"connection":    func(l *loader, c *Common, n *yamlsrc.Node) { c.Connection = l.scalar("connection", n) },
	"ignore_errors": func(l *loader, c *Common, n *yamlsrc.Node) { c.IgnoreErrors = l.boolean("ignore_errors", n) },
	"no_log":        func(l *loader, c *Common, n *yamlsrc.Node) { c.NoLog = l.boolean("no_log", n) },
	"check_mode":    func(l *loader, c *Common, n *yamlsrc.Node) { c.CheckMode = l.boolean("check_mode", n) },
	"diff":          func(l *loader, c *Common, n *yamlsrc.Node) { c.Diff = l.boolean("diff", n) },
	"tags":          func(l *loader, c *Common, n *yamlsrc.Node) { c.Tags = l.tags(n) },
}

var playKeywords = map[string]func(*loader, *Play, *yamlsrc.Node){
	"name":  func(l *loader, p *Play, n *yamlsrc.Node) { p.Name = l.name(n) },
	"hosts": (*loader).hosts,
	"vars":  func(l *loader, p *Play, n *yamlsrc.Node) { p.Vars = l.variables(n) },
	// What facts are gathered is read once it is known what the task that gathers them inherits.
	"gather_facts": nil, "gather_subset": nil, "gather_timeout": nil, "fact_path": nil,
	"force_handlers":   func(l *loader, p *Play, n *yamlsrc.Node) { p.ForceHandlers = l.flag("force_handlers", n) },
	"any_errors_fatal": func(l *loader, p *Play, n *yamlsrc.Node) { p.AnyErrorsFatal = l.flag("any_errors_fatal", n) },
	// The lists of tasks are read after everything else: tasks inherit from the play.
	"pre_tasks": nil, "tasks": nil, "post_tasks": nil, "handlers": nil,
}

var taskKeywords = map[string]func(*loader, *Task, *yamlsrc.Node){
	"name":         func(l *loader, t *Task, n *yamlsrc.Node) { t.Name = l.name(n) },
	"when":         func(l *loader, t *Task, n *yamlsrc.Node) { t.When = l.conditions(n) },
	"changed_when": func(l *loader, t *Task, n *yamlsrc.Node) { t.ChangedWhen = l.conditions(n) },
	"failed_when":  func(l *loader, t *Task, n *yamlsrc.Node) { t.FailedWhen = l.conditions(n) },
	"register":     (*loader).register,
	"notify":       (*loader).notify,
	"vars":         func(l *loader, t *Task, n *yamlsrc.Node) { t.Vars = l.variables(n) },
	"loop":         (*loader).loop,
	"loop_control": nil, // read with loop
	"args":         nil, // read with the action
	"listen":       nil, // read by task: only handlers have it
}

// boolean reads a keyword that is true, false, or a template that gives one.
func (l *loader) boolean(word string, n *yamlsrc.Node) jinja.Value {
	if n.Kind == yamlsrc.Null {
		return nil
	}
	v := l.value(n)
	if _, open := v.(*jinja.Template); !open {
		return l.flag(word, n)
	}
	return v
}

// scalar reads a keyword that is a word or a template that gives one.
func (l *loader) scalar(word string, n *yamlsrc.Node) jinja.Value {
	switch n.Kind {
	case yamlsrc.Sequence, yamlsrc.Mapping:
		l.fault(n.Pos, "%s must be a string, not %s", word, n.Kind.WithArticle())
		return nil
	}
	return l.value(n)
}

// becomeMethod reads how to become another user: what is written out must be a way that there is.
func (l *loader) becomeMethod(n *yamlsrc.Node) jinja.Value {
	v := l.scalar("become_method", n)
	if name, ok := v.(string); ok && !slices.Contains(becomeMethods, name[strings.LastIndexByte(name, '.')+1:]) {
		l.fault(n.Pos, "become_method %s is not supported", name).WithHint("there are %s", strings.Join(becomeMethods, ", "))
	}
	return v
}

var becomeMethods = []string{"sudo", "su", "doas"}

func (l *loader) port(n *yamlsrc.Node) jinja.Value {
	v := l.scalar("port", n)
	if _, open := v.(*jinja.Template); open || v == nil {
		return v
	}
	if p, err := strconv.Atoi(n.Text); err != nil || p < 1 || p > 65535 {
		l.fault(n.Pos, "port must be a number from 1 to 65535, not %q", n.Text)
	}
	return v
}

// later are Ansible's keywords that pfrun does not have yet.
var laterPlay = strings.Fields(`collections debugger environment ignore_unreachable import_playbook
	max_fail_percentage module_defaults order roles run_once serial strategy throttle timeout user vars_files vars_prompt`)

var laterTask = strings.Fields(`action any_errors_fatal async block collections debugger delay delegate_facts delegate_to environment ignore_unreachable
	local_action module_defaults poll rescue always retries run_once throttle timeout until`)

func allPlayKeywords() []string {
	return slices.Concat(slices.Collect(maps.Keys(playKeywords)), slices.Collect(maps.Keys(commonKeywords)), laterPlay)
}

func allTaskKeywords() []string {
	return slices.Concat(slices.Collect(maps.Keys(taskKeywords)), slices.Collect(maps.Keys(commonKeywords)), laterTask)
}

func (l *loader) tags(n *yamlsrc.Node) []string {
	var tags []string
	for _, item := range list(n) {
		text, _ := l.text("a tag", item)
		for tag := range strings.SplitSeq(text, ",") {
			if tag = strings.TrimSpace(tag); strings.Contains(tag, "{{") {
				l.fault(item.Pos, "tags that are templates are not supported yet").WithHint("write the tag out")
			} else if tag != "" {
				tags = append(tags, tag)
			}
		}
	}
	return tags
}

// inherit fills what a task does not say itself from its play. Tags add up.
func (c *Common) inherit(from Common) {
	for _, f := range []struct{ to, from *any }{
		{&c.Become, &from.Become}, {&c.BecomeUser, &from.BecomeUser}, {&c.BecomeMethod, &from.BecomeMethod},
		{&c.BecomeExe, &from.BecomeExe}, {&c.BecomeFlags, &from.BecomeFlags}, {&c.RemoteUser, &from.RemoteUser}, {&c.Port, &from.Port},
		{&c.Connection, &from.Connection}, {&c.IgnoreErrors, &from.IgnoreErrors}, {&c.NoLog, &from.NoLog}, {&c.CheckMode, &from.CheckMode}, {&c.Diff, &from.Diff},
	} {
		if *f.to == nil {
			*f.to = *f.from
		}
	}
	c.Tags = append(slices.Clone(from.Tags), c.Tags...)
}
