package play

import (
	"maps"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// commonKeywords are those that a play hands down to its tasks.
var commonKeywords = map[string]func(*loader, *Common, *yamlsrc.Node){
	"become":        func(l *loader, c *Common, n *yamlsrc.Node) { c.Become = l.value(n) },
	"become_user":   func(l *loader, c *Common, n *yamlsrc.Node) { c.BecomeUser = l.value(n) },
	"become_method": func(l *loader, c *Common, n *yamlsrc.Node) { c.BecomeMethod = l.value(n) },
	"remote_user":   func(l *loader, c *Common, n *yamlsrc.Node) { c.RemoteUser = l.value(n) },
	"port":          func(l *loader, c *Common, n *yamlsrc.Node) { c.Port = l.value(n) },
	"connection":    func(l *loader, c *Common, n *yamlsrc.Node) { c.Connection = l.value(n) },
	"ignore_errors": func(l *loader, c *Common, n *yamlsrc.Node) { c.IgnoreErrors = l.value(n) },
	"no_log":        func(l *loader, c *Common, n *yamlsrc.Node) { c.NoLog = l.value(n) },
	"check_mode":    func(l *loader, c *Common, n *yamlsrc.Node) { c.CheckMode = l.value(n) },
	"diff":          func(l *loader, c *Common, n *yamlsrc.Node) { c.Diff = l.value(n) },
	"tags":          func(l *loader, c *Common, n *yamlsrc.Node) { c.Tags = l.tags(n) },
}

var playKeywords = map[string]func(*loader, *Play, *yamlsrc.Node){
	"name":             func(l *loader, p *Play, n *yamlsrc.Node) { p.Name = l.value(n) },
	"hosts":            func(l *loader, p *Play, n *yamlsrc.Node) { p.Hosts = l.value(n) },
	"vars":             func(l *loader, p *Play, n *yamlsrc.Node) { p.Vars = l.dict("vars", n) },
	"gather_facts":     (*loader).gatherFacts,
	"force_handlers":   func(l *loader, p *Play, n *yamlsrc.Node) { p.ForceHandlers = l.flag("force_handlers", n) },
	"any_errors_fatal": func(l *loader, p *Play, n *yamlsrc.Node) { p.AnyErrorsFatal = l.flag("any_errors_fatal", n) },
	// The lists of tasks are read after everything else: tasks inherit from the play.
	"pre_tasks": nil, "tasks": nil, "post_tasks": nil, "handlers": nil,
}

var taskKeywords = map[string]func(*loader, *Task, *yamlsrc.Node){
	"name":         func(l *loader, t *Task, n *yamlsrc.Node) { t.Name = l.value(n) },
	"when":         func(l *loader, t *Task, n *yamlsrc.Node) { t.When = l.conditions(n) },
	"changed_when": func(l *loader, t *Task, n *yamlsrc.Node) { t.ChangedWhen = l.conditions(n) },
	"failed_when":  func(l *loader, t *Task, n *yamlsrc.Node) { t.FailedWhen = l.conditions(n) },
	"register":     (*loader).register,
	"notify":       (*loader).notify,
	"vars":         func(l *loader, t *Task, n *yamlsrc.Node) { t.Vars = l.dict("vars", n) },
	"loop":         (*loader).loop,
	"loop_control": nil, // read with loop
	"args":         nil, // read with the action
}

// later are Ansible's keywords that pfrun does not have yet.
var laterPlay = strings.Fields(`become_exe become_flags collections debugger environment fact_path gather_subset gather_timeout ignore_unreachable import_playbook
	max_fail_percentage module_defaults order roles run_once serial strategy throttle timeout user vars_files vars_prompt`)

var laterTask = strings.Fields(`action any_errors_fatal async become_exe become_flags block collections debugger delay delegate_facts delegate_to environment ignore_unreachable
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
		for tag := range strings.SplitSeq(l.text("a tag", item), ",") {
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
		{&c.Become, &from.Become}, {&c.BecomeUser, &from.BecomeUser}, {&c.BecomeMethod, &from.BecomeMethod}, {&c.RemoteUser, &from.RemoteUser}, {&c.Port, &from.Port},
		{&c.Connection, &from.Connection}, {&c.IgnoreErrors, &from.IgnoreErrors}, {&c.NoLog, &from.NoLog}, {&c.CheckMode, &from.CheckMode}, {&c.Diff, &from.Diff},
	} {
		if *f.to == nil {
			*f.to = *f.from
		}
	}
	c.Tags = append(slices.Clone(from.Tags), c.Tags...)
}
