package lineinfile

import (
	"context"

	"github.com/pfrun/pfrun/modules"
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
	if msg == "" { // backrefs, and nothing to fill them with
		return t.warned(&modules.Plan{Result: map[string]any{"msg": "", "backup": ""}}), nil
	}
	p, err := t.Save(ctx, r, f, text, msg)
	if err != nil {
		return nil, err
	}
	p.Result["backup"] = ""
	return t.warned(p), nil
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
	p.Result["backup"] = backup
	if t.State == Absent {
		p.Result["found"] = int64(removed)
	}
	return t.warned(p), nil
}
