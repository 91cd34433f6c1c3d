package lineinfile

import (
	"context"
	"fmt"
	"path"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

const attributesMessage = "ownership, perms or SE linux context changed"

// create plans a file that is not there: name is what the user calls it, target where the links in that lead.
func (t *Task) create(ctx context.Context, r host.Reader, name, target string) (*modules.Plan, error) {
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
	if folder, err := host.Follow(ctx, r, path.Dir(target)); err != nil {
		return nil, err
	} else if folder.Kind != host.Dir {
		return nil, fmt.Errorf("cannot create %s: its folder %s does not exist (make it in a task before)", name, path.Dir(target))
	}
	fresh, err := modules.NewFileMeta(ctx, r)
	if err != nil {
		return nil, err
	}
	meta, err := t.Apply(ctx, r, fresh, false)
	if err != nil {
		return nil, err
	}
	if !meta.Same(fresh) {
		p.Result["msg"] = msg + " and " + attributesMessage
	}
	step := change.WriteFile{Path: target, Content: change.Bytes([]byte(text)), Meta: meta}
	if step.Validate, err = t.validator(ctx, r); err != nil {
		return nil, err
	}
	p.Steps = []change.Change{step}
	return p, nil
}

// change plans the edit of a file that is there.
func (t *Task) change(ctx context.Context, r host.Reader, name, target string) (*modules.Plan, error) {
	file, err := r.ReadFile(ctx, target, maxSize)
	if err != nil {
		return nil, err
	}
	text, p, err := t.edited(file)
	if err != nil {
		return nil, err
	}
	meta, err := t.Apply(ctx, r, file.Meta, false)
	if err != nil {
		return nil, err
	}
	msg, _ := p.Result["msg"].(string)
	if !meta.Same(file.Meta) {
		if msg != "" {
			p.Result["msg"] = msg + " and " + attributesMessage
		} else {
			p.Result["msg"] = attributesMessage
		}
	}
	switch {
	case msg == "" && meta.Same(file.Meta):
		return p, nil
	case msg == "":
		p.Steps = []change.Change{change.SetMeta{Path: target, Meta: meta, Before: file.Meta}}
		return p, nil
	}
	if t.Backup {
		if err := t.backup(ctx, r, p, name, file); err != nil {
			return nil, err
		}
	}
	step := change.WriteFile{Path: target, Content: change.Bytes([]byte(text)), Meta: meta, Before: file}
	if step.Validate, err = t.validator(ctx, r); err != nil {
		return nil, err
	}
	p.Steps = append(p.Steps, step)
	return p, nil
}

// edited gives the new text, and a plan with the result that belongs to it.
func (t *Task) edited(file *change.File) (string, *modules.Plan, error) {
	data, ok := file.Content.Data()
	if !ok {
		return "", nil, change.ErrNotHeld
	}
	e, err := t.edit()
	if err != nil {
		return "", nil, err
	}
	p := &modules.Plan{Result: map[string]any{"backup": ""}, Note: t.warning()}
	if t.State == Absent {
		text, n, err := e.absent(string(data))
		p.Result["msg"], p.Result["found"] = removedMessage(n), int64(n)
		return text, p, err
	}
	text, msg, err := e.present(string(data))
	p.Result["msg"] = msg
	return text, p, err
}

// backup plans a copy of the file under a name made of its content, unless it is there from an earlier time.
func (t *Task) backup(ctx context.Context, r host.Reader, p *modules.Plan, name string, file *change.File) error {
	const digits = 16 // of the hash: no two versions of a file share them
	name = fmt.Sprintf("%s.%s~", name, file.Content.SHA256[:digits])
	p.Result["backup"] = name
	st, err := r.Stat(ctx, name)
	switch {
	case err != nil:
		return err
	case st.Kind == host.Absent:
		p.Steps = append(p.Steps, change.WriteFile{Path: name, Content: file.Content, Meta: file.Meta, Backup: true})
		return nil
	case st.Kind == host.Regular && st.Size == file.Content.Size:
		old, err := r.ReadFile(ctx, name, maxSize)
		if err != nil || old.Content.SHA256 == file.Content.SHA256 {
			return err
		}
	}
	return fmt.Errorf("cannot make the backup %s: something else is there", name)
}

// validator gives the words of validate, with variables and "~" expanded, as Ansible does before it runs the command.
//
// The command is the user's, and nobody knows what it does beside validating. It is therefore no probe, which check mode would run, but a part of the write: it sees the
// very bytes that are about to take their place, on the host as it is then, and what it refuses is not written.
func (t *Task) validator(ctx context.Context, r host.Reader) ([]string, error) {
	words, err := modules.SplitWords(t.ValidateWith)
	for i, w := range words {
		if words[i], err = modules.Expand(ctx, r, w); err != nil {
			return nil, err
		}
	}
	return words, err
}
