package play

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// commonKeywords are those that plays, roles, blocks and tasks have and hand down.
var commonKeywords = map[string]commonKeyword{
	"become":             flagWord("become", func(c *Common) *jinja.Value { return &c.Become }),
	"become_user":        textWord("become_user", func(c *Common) *jinja.Value { return &c.BecomeUser }),
	"become_method":      func(l *loading, c *Common, n *yamlsrc.Node) { c.BecomeMethod = l.becomeMethod(n) },
	"become_exe":         textWord("become_exe", func(c *Common) *jinja.Value { return &c.BecomeExe }),
	"become_flags":       textWord("become_flags", func(c *Common) *jinja.Value { return &c.BecomeFlags }),
	"remote_user":        textWord("remote_user", func(c *Common) *jinja.Value { return &c.RemoteUser }),
	"port":               func(l *loading, c *Common, n *yamlsrc.Node) { c.Port = l.port(n) },
	"connection":         textWord("connection", func(c *Common) *jinja.Value { return &c.Connection }),
	"ignore_errors":      flagWord("ignore_errors", func(c *Common) *jinja.Value { return &c.IgnoreErrors }),
	"ignore_unreachable": flagWord("ignore_unreachable", func(c *Common) *jinja.Value { return &c.IgnoreUnreachable }),
	"any_errors_fatal":   flagWord("any_errors_fatal", func(c *Common) *jinja.Value { return &c.AnyErrorsFatal }),
	"no_log":             flagWord("no_log", func(c *Common) *jinja.Value { return &c.NoLog }),
	"check_mode":         flagWord("check_mode", func(c *Common) *jinja.Value { return &c.CheckMode }),
	"diff":               flagWord("diff", func(c *Common) *jinja.Value { return &c.Diff }),
	"run_once":           flagWord("run_once", func(c *Common) *jinja.Value { return &c.RunOnce }),
	"throttle":           func(l *loading, c *Common, n *yamlsrc.Node) { c.Throttle = l.throttle(n) },
	"timeout":            func(l *loading, c *Common, n *yamlsrc.Node) { c.Timeout = l.count("timeout", n) },
	"environment":        func(l *loading, c *Common, n *yamlsrc.Node) { c.Environment = l.environment(n) },
	"module_defaults":    func(l *loading, c *Common, n *yamlsrc.Node) { c.ModuleDefaults = l.moduleDefaults(n) },
	"tags":               func(l *loading, c *Common, n *yamlsrc.Node) { c.Tags = l.tags(n) },
	"collections":        func(l *loading, c *Common, n *yamlsrc.Node) { c.Collections = l.collections(n) },
	"debugger":           func(l *loading, _ *Common, n *yamlsrc.Node) { l.debugger(n) },
}

type commonKeyword = func(*loading, *Common, *yamlsrc.Node)

func flagWord(word string, field func(*Common) *jinja.Value) commonKeyword {
	return func(l *loading, c *Common, n *yamlsrc.Node) {
		l.found(diag.Ran, func() { *field(c) = l.boolean(word, n) })
	}
}

func textWord(word string, field func(*Common) *jinja.Value) commonKeyword {
	return func(l *loading, c *Common, n *yamlsrc.Node) { *field(c) = l.scalar(word, n) }
}

// delegateKeywords are those of Common that plays do not have.
var delegateKeywords = map[string]commonKeyword{
	"delegate_to":    func(l *loading, c *Common, n *yamlsrc.Node) { c.DelegateTo = l.scalar("delegate_to", n) },
	"delegate_facts": func(l *loading, c *Common, n *yamlsrc.Node) { c.DelegateFacts = l.boolean("delegate_facts", n) },
}

// common reads a keyword that is handed down, and reports whether it was one. Of plays nothing is delegated.
func (l *loading) common(c *Common, e yamlsrc.Entry, delegates bool) bool {
	set, ok := commonKeywords[e.Key.Text]
	if !ok && delegates {
		set, ok = delegateKeywords[e.Key.Text]
	}
	if ok {
		set(l, c, e.Value)
	}
	return ok
}

// invalid tells of a keyword that a thing does not have, in the words that scripts look for.
func (l *loading) invalid(key *yamlsrc.Node, of string, known []string) *diag.Diagnostic {
	d := l.fault(key.Pos, "'%s' is not a valid attribute for a %s", key.Text, of)
	d.Hint = diag.DidYouMean(key.Text, known)
	return d
}

// boolean reads a keyword that is true, false, or a template that gives one.
func (l *loading) boolean(word string, n *yamlsrc.Node) jinja.Value {
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
func (l *loading) scalar(word string, n *yamlsrc.Node) jinja.Value {
	switch n.Kind {
	case yamlsrc.Sequence, yamlsrc.Mapping:
		l.fault(n.Pos, "%s must be a string, not %s", word, n.Kind.WithArticle())
		return nil
	}
	return l.value(n)
}

// count reads a keyword that is a whole number from 0 on, or a template that gives one.
func (l *loading) count(word string, n *yamlsrc.Node) jinja.Value {
	v := l.scalar(word, n)
	if _, open := v.(*jinja.Template); open || v == nil {
		return v
	}
	i, err := strconv.ParseInt(strings.TrimSpace(n.Text), 10, 64)
	if err != nil || i < 0 {
		l.fault(n.Pos, "%s must be a whole number, not %q", word, n.Text).At(diag.Ran)
	}
	return i
}

// throttle reads a number of hosts. One that is none ends the run of ansible-core, where others fail the task.
func (l *loading) throttle(n *yamlsrc.Node) jinja.Value {
	from := len(l.faults)
	v := l.count("throttle", n)
	for _, d := range l.faults[from:] {
		if _, open := v.(*jinja.Template); !open {
			d.Stage = diag.Ended
		}
	}
	return v
}

// becomeMethod reads how to become another user: what is written out must be a way that there is.
func (l *loading) becomeMethod(n *yamlsrc.Node) jinja.Value {
	v := l.scalar("become_method", n)
	if name, ok := v.(string); ok && !slices.Contains(becomeMethods, name[strings.LastIndexByte(name, '.')+1:]) {
		l.fault(n.Pos, "become_method %s is not supported", name).At(diag.Lacking).WithHint("there are %s", strings.Join(becomeMethods, ", "))
	}
	return v
}

var becomeMethods = []string{"sudo", "su", "doas"}

func (l *loading) port(n *yamlsrc.Node) jinja.Value {
	v := l.scalar("port", n)
	if _, open := v.(*jinja.Template); open || v == nil {
		return v
	}
	if p, err := strconv.Atoi(n.Text); err != nil || p < 1 || p > 65535 {
		l.fault(n.Pos, "port must be a number from 1 to 65535, not %q", n.Text).At(diag.Ran)
	}
	return v
}

// environment reads a mapping, a template that gives one, or a list of these.
func (l *loading) environment(n *yamlsrc.Node) []jinja.Value {
	var all []jinja.Value
	for _, item := range list(n) {
		switch v := l.value(item).(type) {
		case *jinja.Dict, *jinja.Template:
			all = append(all, v)
		case nil:
		default:
			l.warn(item.Pos, "environment must be a mapping of names to values, not %s: it is left out", item.Kind.WithArticle())
		}
	}
	return all
}

// tags reads tags; a text may name several, with commas between them.
func (l *loading) tags(n *yamlsrc.Node) []jinja.Value {
	tags := []jinja.Value{}
	for _, item := range list(n) {
		var text string
		l.found(diag.Loaded, func() { text, _ = l.text("a tag", item) })
		if jinja.IsTemplate(text) {
			tags = append(tags, l.value(item))
			continue
		}
		for tag := range strings.SplitSeq(text, ",") {
			if tag = strings.TrimSpace(tag); tag != "" {
				tags = append(tags, tag)
			}
		}
	}
	return tags
}

// collections reads the names of collections that are searched for what has no namespace.
func (l *loading) collections(n *yamlsrc.Node) []string {
	names := []string{}
	for _, item := range list(n) {
		name, ok := l.text("the name of a collection", item)
		switch {
		case !ok:
		case jinja.IsTemplate(name):
			l.warn(item.Pos, "collections cannot be templates: %q is taken as it is written", name)
		case strings.Count(name, ".") != 1:
			l.warn(item.Pos, "%q is not the name of a collection", name).WithHint("write it as NAMESPACE.NAME")
		default:
			names = append(names, name)
		}
	}
	return names
}

// debugger refuses Ansible's debugger, but for the word that asks for none.
func (l *loading) debugger(n *yamlsrc.Node) {
	switch {
	case n.Kind == yamlsrc.Null, n.Text == "never":
	case n.Kind == yamlsrc.String && !jinja.IsTemplate(n.Text) && !slices.Contains([]string{"always", "on_failed", "on_unreachable", "on_skipped"}, n.Text):
		l.fault(n.Pos, "there is no debugger %q", n.Text).WithHint("pfrun has none at all")
	default:
		l.fault(n.Pos, "debugger is not supported: pfrun has no debugger").At(diag.Lacking).WithHint("--step asks before each task, -vvv shows what tasks get and give")
	}
}

// names gives the words of a table, and more words.
func names[T any](table map[string]T, more ...[]string) []string {
	return slices.Concat(slices.Sorted(maps.Keys(table)), slices.Concat(more...))
}

// inherited are the words that tasks, blocks and roles have and hand down.
func inherited() []string { return names(commonKeywords, names(delegateKeywords)) }
