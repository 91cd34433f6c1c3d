package lineinfile

import (
	"context"
	"fmt"
	"path"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// create plans a file that is not there.
func (t *Task) create(ctx context.Context, r host.Reader, f *modules.Editing) (*modules.Plan, error) {
	e, err := t.edit()
	if err != nil {
		return nil, err
	}
	text, msg, err := e.present("")
	if err != nil {
		return nil, err
	}
	p := &modules.Plan{Result: map[string]any{"msg": msg, "backup": ""}, Note: t.warning()}
	if msg == "" {
		return p, nil // backrefs, and nothing to fill them with
	}
	if folder, err := host.Follow(ctx, r, path.Dir(f.At)); err != nil {
		return nil, err
	} else if folder.Kind != host.Dir {
		return nil, fmt.Errorf("cannot create %s: its folder %s does not exist (make it in a task before)", f.Name, path.Dir(f.At))
	}
	fresh, err := modules.NewFileMeta(ctx, r)
	if err != nil {
		return nil, err
	}
	meta, err := t.Apply(ctx, r, fresh, false)
	if err != nil {
		return nil, err
	}
	p.Result["msg"] = modules.EditMessage(msg, !meta.Same(fresh))
	step := change.WriteFile{Path: f.At, Content: change.Bytes([]byte(text)), Meta: meta}
	if step.Validate, err = modules.ValidateWords(ctx, r, t.ValidateWith); err != nil {
		return nil, err
	}
	p.Steps = []change.Change{step}
	return p, nil
}

// change plans the edit of a file that is there.
func (t *Task) change(ctx context.Context, r host.Reader, f *modules.Editing) (*modules.Plan, error) {
	e, err := t.edit()
	if err != nil {
		return nil, err
	}
	var text, msg string
	removed := 0
	if t.State == Absent {
		text, removed, err = e.absent(f.Text())
		msg = removedMessage(removed)
	} else {
		text, msg, err = e.present(f.Text())
	}
	if err != nil {
		return nil, err
	}
	p, err := t.Save(ctx, r, f, text, msg)
	if err != nil {
		return nil, err
	}
	backup, _ := p.Result["backup_file"].(string) // Ansible's module calls it otherwise than its neighbours do
	delete(p.Result, "backup_file")
	p.Result["backup"], p.Note = backup, t.warning()
	if t.State == Absent {
		p.Result["found"] = int64(removed)
	}
	return p, nil
}
