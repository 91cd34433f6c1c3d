package postconf

import (
	"context"
	"fmt"
	"strings"

	"github.com/pfrun/pfrun/internal/postfix"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// edit is the file as it shall be.
type edit struct {
	text    string
	run     *postfix.Main // main.cf as the service, or Postfix, will read it
	lookup  func(name string) (value string, set bool)
	changed []string // the parameters whose setting is another now, in order
	notes   []string
}

// hold plans the edit for present and absent.
func (t *Task) hold(ctx context.Context, r host.Reader, c *config) (*modules.Plan, error) {
	e, err := t.edit(c)
	if err != nil {
		return nil, err
	}
	if err := t.refuse(ctx, r, c, e); err != nil {
		return nil, err
	}
	p := &modules.Plan{Result: t.result(c, e), Note: strings.Join(e.notes, "; ")}
	if e.text == c.text {
		return p, nil
	}
	if t.Backup {
		name, steps, err := backup(ctx, r, c)
		if err != nil {
			return nil, err
		}
		p.Steps = append(p.Steps, steps...)
		p.Result["backup_file"] = name
	}
	p.Steps = append(p.Steps, change.WriteFile{Path: c.path, Content: change.Bytes([]byte(e.text)), Meta: c.file.Meta, Before: c.file})
	return p, nil
}

// edit sets or removes the parameters in a copy of the text.
func (t *Task) edit(c *config) (*edit, error) {
	if c.service != nil {
		return t.editMaster(c)
	}
	m, err := postfix.ParseMain(c.text)
	if err != nil {
		return nil, err
	}
	remove := func(name string) (bool, error) { return m.Remove(name), nil }
	e := &edit{run: m, lookup: m.Lookup}
	if e.changed, err = t.each(m.Set, remove); err != nil {
		return nil, err
	}
	for _, name := range t.Parameters.names() {
		if lines := m.Lines(name); len(lines) > 1 {
			e.notes = append(e.notes, fmt.Sprintf("%s is set %d times in %s/main.cf (lines %s); only the last one counts", name, len(lines), c.dir, numbers(lines)))
		}
	}
	e.text = m.String()
	return e, nil
}

// editMaster does the same for the -o settings of a service.
func (t *Task) editMaster(c *config) (*edit, error) {
	m, id := postfix.ParseMaster(c.text), c.service.ID()
	set := func(name, value string) (bool, error) { return m.Set(id, name, value) }
	remove := func(name string) (bool, error) { return m.Remove(id, name) }
	e := &edit{lookup: func(name string) (string, bool) { return m.Lookup(id, name) }}
	var err error
	if e.changed, err = t.each(set, remove); err != nil {
		return nil, err
	}
	s, err := m.Service(id)
	if err != nil {
		return nil, err
	}
	e.run, e.text = c.main.For(s), m.String()
	e.notes = t.warn(s, m.Services())
	return e, nil
}

// each sets or removes every parameter and gives the names of those that had to be.
func (t *Task) each(set func(name, value string) (bool, error), remove func(name string) (bool, error)) (changed []string, err error) {
	for _, name := range t.Parameters.names() {
		var edited bool
		if t.State == Absent {
			edited, err = remove(name)
		} else {
			edited, err = set(name, *t.Parameters[name])
		}
		if err != nil {
			return nil, err
		}
		if edited {
			changed = append(changed, name)
		}
	}
	return changed, nil
}

// warn tells what is allowed in master.cf and seldom meant.
func (t *Task) warn(s postfix.Service, all []postfix.Service) (notes []string) {
	same := 0
	for _, other := range all {
		if other.ID() == s.ID() {
			same++
		}
	}
	if same > 1 {
		notes = append(notes, fmt.Sprintf("master.cf has %d services %s; only the last one counts", same, s.ID()))
	}
	for _, name := range []string{"inet_protocols", "inet_interfaces"} {
		if _, set := s.Lookup(name); set && t.State == Present && t.Parameters[name] != nil && s.Type == "inet" {
			notes = append(notes, fmt.Sprintf("%s of %s does not alter what the master listens on, that is for main.cf; %s may stop at a client of another family", name, s.ID(), s.Command))
		}
	}
	return notes
}

func numbers(ns []int) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(ns)), ", "), "[]")
}

// result gives what register sees.
func (t *Task) result(c *config, e *edit) map[string]any {
	values, parameters, changed := map[string]any{}, map[string]any{}, []any{}
	for _, name := range t.Parameters.names() {
		value, set := e.lookup(name)
		value = postfix.Fold(value)
		parameters[name] = map[string]any{"value": value, "set": set}
		if set {
			values[name] = value
		}
	}
	for _, name := range e.changed {
		changed = append(changed, name)
	}
	need, reason := needs(e.changed)
	master := c.master
	if c.service != nil {
		if master = e.text; len(e.changed) > 0 {
			need, reason = postfix.NeedsOf(c.service.ID())
		}
	}
	return t.returned(c, master, map[string]any{
		"values": values, "parameters": parameters, "changed_parameters": changed, "needs": need.String(), "needs_reason": reason,
	})
}

// returned adds what every state returns.
func (t *Task) returned(c *config, master string, out map[string]any) map[string]any {
	out["path"] = c.path
	if c.service != nil {
		out["service"] = c.service.ID()
	}
	if t.Services {
		out["services"] = services(master)
	}
	return out
}

// services describes the services of a master.cf.
func services(master string) []any {
	list := []any{}
	for _, s := range postfix.ParseMaster(master).Services() {
		overrides := map[string]any{}
		for _, p := range s.Overrides {
			overrides[p.Name] = postfix.Fold(p.Value)
		}
		list = append(list, map[string]any{"service": s.ID(), "name": s.Name, "type": s.Type, "command": s.Command, "overrides": overrides})
	}
	return list
}

// needs gives the most that one of the changed parameters needs, and why.
func needs(changed []string) (postfix.Need, string) {
	most := postfix.NeedNothing
	var reasons []string
	for _, name := range changed {
		need, reason := postfix.Needs(name)
		if need > most {
			most, reasons = need, nil
		}
		if need == most {
			reasons = append(reasons, name+": "+reason)
		}
	}
	return most, strings.Join(reasons, "; ")
}

// backup copies the file to a name that tells what is in it, so that two plans give one name. There is no step where that copy is there already.
func backup(ctx context.Context, r host.Reader, c *config) (name string, step []change.Change, err error) {
	name = fmt.Sprintf("%s.%s~", c.path, c.file.Content.SHA256[:12])
	st, err := r.Stat(ctx, name)
	if err != nil {
		return "", nil, fmt.Errorf("backup of %s: %w", c.path, err)
	}
	w := change.WriteFile{Path: name, Content: c.file.Content, Meta: c.file.Meta, Backup: true}
	if st.Kind != host.Absent {
		if w.Before, _, err = read(ctx, r, name); err != nil {
			return "", nil, fmt.Errorf("backup of %s: %w", c.path, err)
		}
		if w.Before.Same(c.file) {
			return name, nil, nil
		}
	}
	return name, []change.Change{w}, nil
}
