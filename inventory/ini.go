package inventory

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

var (
	sectionLine = regexp.MustCompile(`^\[([^:\]\s]+)(?::([\p{L}\p{N}_]+))?\]\s*(?:#.*)?$`)
	childLine   = regexp.MustCompile(`^([^:\]\s]+)\s*(?:#.*)?$`)
)

// pending is a group that is spoken of and not yet declared.
type pending struct {
	vars []diag.Pos // [group:vars] sections
	in   []mention  // [parent:children] sections
}

type mention struct {
	parent *Group
	pos    diag.Pos
}

// iniReader reads one INI file, line by line.
type iniReader struct {
	*Inventory
	src     *diag.Source
	group   *Group
	state   string // hosts, vars or children; "" after a section that is not understood
	pending map[string]*pending
	line    string // the line without white space around it
	at      diag.Pos
}

// readINI reads a file in Ansible's INI format.
func (inv *Inventory) readINI(src *diag.Source) {
	r := &iniReader{Inventory: inv, src: src, group: inv.groups[ungroupedGroup], state: "hosts", pending: map[string]*pending{}}
	for i, line := range strings.Split(src.Text, "\n") {
		r.line = strings.TrimSpace(line)
		r.at = diag.Pos{Source: src, Line: i + 1, Column: utf8.RuneCountInString(line[:strings.Index(line, r.line)]) + 1}
		if i == 0 {
			r.line = strings.TrimPrefix(r.line, "\uFEFF")
		}
		if r.line == "" || r.line[0] == '#' || r.line[0] == ';' {
			continue
		}
		if !utf8.ValidString(r.line) {
			r.errorf(r.at, "the line is not UTF-8 text").WithHint("save the file as UTF-8")
			continue
		}
		r.readLine()
	}
	r.unresolved()
}

// pos is the place of a byte of the current line.
func (r *iniReader) pos(offset int) diag.Pos {
	p := r.at
	p.Column += utf8.RuneCountInString(r.line[:min(offset, len(r.line))])
	return p
}

func (r *iniReader) readLine() {
	if m := sectionLine.FindStringSubmatch(r.line); m != nil {
		r.section(m[1], m[2])
		return
	}
	if r.line[0] == '[' && (strings.HasSuffix(r.line, "]") || strings.ContainsAny(r.line, ";")) {
		r.state = ""
		r.errorf(r.at, "%q is no section: a section is [group], [group:vars] or [group:children]", r.line).
			WithHint("no spaces inside the brackets; a comment after it starts with #")
		return
	}
	switch r.state {
	case "hosts":
		r.hostLine()
	case "vars":
		r.varLine()
	case "children":
		r.childLine()
	}
}

var sectionKinds = []string{"hosts", "vars", "children"}

func (r *iniReader) section(name, kind string) {
	r.state = cmp.Or(kind, "hosts")
	if !slices.Contains(sectionKinds, r.state) {
		r.state = ""
		r.errorf(r.pos(len(name)+2), "section [%s:%s]: %q is neither vars nor children", name, kind, kind).Hint = diag.DidYouMean(kind, sectionKinds)
		return
	}
	known := r.groups[name] != nil
	r.group = r.addGroup(name, r.at)
	p := r.pending[name]
	switch {
	case r.state == "vars" && p != nil && len(p.in) == 0, r.state == "vars" && !known && p == nil:
		if p == nil {
			p = &pending{}
			r.pending[name] = p
		}
		p.vars = append(p.vars, r.at)
	case r.state != "vars" && p != nil:
		for _, m := range p.in {
			r.addChild(m.parent, r.group, m.pos)
		}
		delete(r.pending, name)
	}
}

func (r *iniReader) childLine() {
	m := childLine.FindStringSubmatch(r.line)
	if m == nil {
		r.errorf(r.at, "expected the name of a group, found %q", r.line).WithHint("variables of a group go into [%s:vars], hosts into [%s]", r.group.Name, r.group.Name)
		return
	}
	name := m[1]
	if child := r.groups[name]; child != nil && r.pending[name] == nil {
		r.addChild(r.group, child, r.at)
		return
	}
	p := r.pending[name]
	if p == nil {
		p = &pending{}
		r.pending[name] = p
	}
	p.in = append(p.in, mention{r.group, r.at})
}

func (r *iniReader) varLine() {
	name, value, ok := strings.Cut(r.line, "=")
	if !ok {
		d := r.errorf(r.at, "expected name=value, found %q", r.line)
		if k, v, colon := strings.Cut(r.line, ":"); colon {
			_ = d.WithHint("INI files use an equals sign: %s=%s", strings.TrimSpace(k), strings.TrimSpace(v))
		}
		return
	}
	at := len(name) + 1 + len(value) - len(strings.TrimLeft(value, " \t"))
	r.setVariable(r.group.Name, Var{Name: strings.TrimSpace(name), Pos: r.at, Node: r.value(strings.TrimSpace(value), r.pos(at))})
}

func (r *iniReader) hostLine() {
	words, err := splitLine(r.line)
	if err != nil {
		r.errorf(r.at, "%v", err).WithHint("put quotes around the whole value: name='it is'; an apostrophe inside double quotes is safe")
		return
	}
	if len(words) == 0 || words[0].text == "" {
		r.errorf(r.at, "a host name is empty")
		return
	}
	pattern := words[0].text
	if pattern == "---" {
		r.state = ""
		r.errorf(r.at, "\"---\" starts a YAML file, and this file is read as INI").WithHint("name a YAML inventory *.yml")
		return
	}
	names, port, err := expandPattern(pattern)
	if err != nil {
		r.errorf(r.at, "%v", err)
		return
	}
	vars, ok := r.hostVars(words[1:])
	if !ok {
		return
	}
	for _, name := range names {
		r.addHost(specOf(name, port, r.at), r.group)
		for _, v := range vars {
			r.setVariable(name, v)
		}
	}
}

func (r *iniReader) hostVars(words []word) (vars []Var, ok bool) {
	ok = true
	for _, w := range words {
		name, value, isPair := strings.Cut(w.text, "=")
		if !isPair {
			ok = false
			hint := "a value with spaces needs quotes; one line names one host"
			if w.text == "=" || name == "" {
				hint = "no spaces around the equals sign"
			}
			r.errorf(r.pos(w.at), "expected name=value after the host, found %q", w.text).Hint = hint
			continue
		}
		vars = append(vars, Var{Name: name, Pos: r.pos(w.at), Node: r.value(value, r.pos(w.at+len(name)+1))})
	}
	return vars, ok
}

// value reads the value of a variable: a Python literal where it is one, else the text.
func (r *iniReader) value(text string, pos diag.Pos) *yamlsrc.Node {
	n, err := literal(text, pos)
	if err != nil {
		r.errorf(pos, "%v", err)
	}
	if n == nil {
		n = stringNode(text, pos)
	}
	return n
}

// unresolved reports every group that is used and nowhere declared.
func (r *iniReader) unresolved() {
	var known []string
	for _, g := range r.Groups {
		if r.pending[g.Name] == nil && g.Name != allGroup && g.Name != ungroupedGroup {
			known = append(known, g.Name)
		}
	}
	for name, p := range r.pending {
		for _, pos := range p.vars {
			r.undeclared(pos, fmt.Sprintf("[%s:vars]: there is no group %s", name, name), name, known)
		}
		for _, m := range p.in {
			others := slices.DeleteFunc(slices.Clone(known), func(n string) bool { return n == m.parent.Name })
			r.undeclared(m.pos, fmt.Sprintf("[%s:children]: there is no group %s", m.parent.Name, name), name, others)
		}
	}
}

func (r *iniReader) undeclared(pos diag.Pos, message, name string, known []string) {
	d := r.errorf(pos, "%s", message)
	if d.Hint = diag.DidYouMean(name, known); d.Hint == "" {
		d.Hint = fmt.Sprintf("declare it with a section [%s]", name)
	}
}
