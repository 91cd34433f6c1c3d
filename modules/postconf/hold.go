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

// edit is main.cf as it shall be.
type edit struct {
	main    *postfix.Main
	text    string
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
	m, err := postfix.ParseMain(c.text)
	if err != nil {
		return nil, err
	}
	e := &edit{main: m}
	for _, name := range t.Parameters.names() {
		var changed bool
		if t.State == Absent {
			changed = m.Remove(name)
		} else if changed, err = m.Set(name, *t.Parameters[name]); err != nil {
			return nil, err
		}
		if changed {
			e.changed = append(e.changed, name)
		}
		if lines := m.Lines(name); len(lines) > 1 {
			e.notes = append(e.notes, fmt.Sprintf("%s is set %d times in %s/main.cf (lines %s); only the last one counts", name, len(lines), c.dir, numbers(lines)))
		}
	}
	e.text = m.String()
	return e, nil
}

func numbers(ns []int) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(ns)), ", "), "[]")
}

// result gives what register sees.
func (t *Task) result(c *config, e *edit) map[string]any {
	values, parameters, changed := map[string]any{}, map[string]any{}, []any{}
	for _, name := range t.Parameters.names() {
		value, set := e.main.Lookup(name)
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
	return map[string]any{
		"path": c.path, "values": values, "parameters": parameters, "changed_parameters": changed, "needs": need.String(), "needs_reason": reason,
	}
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

// backup copies main.cf to a name that tells what is in it, so that two plans give one name. There is no step where that copy is there already.
func backup(ctx context.Context, r host.Reader, c *config) (name string, step []change.Change, err error) {
	name = fmt.Sprintf("%s.%s~", c.path, c.file.Content.SHA256[:12])
	st, err := r.Stat(ctx, name)
	if err != nil {
		return "", nil, fmt.Errorf("backup of main.cf: %w", err)
	}
	w := change.WriteFile{Path: name, Content: c.file.Content, Meta: c.file.Meta, Backup: true}
	if st.Kind != host.Absent {
		if w.Before, _, err = read(ctx, r, name); err != nil {
			return "", nil, fmt.Errorf("backup of main.cf: %w", err)
		}
		if w.Before.Same(c.file) {
			return name, nil, nil
		}
	}
	return name, []change.Change{w}, nil
}
