package modules

import (
	"context"
	"fmt"
	"path"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Edit is the arguments that every module has which edits a text file: embed it. Its Spec must list ExpandProbes.
type Edit struct {
	Backup       bool   `arg:"backup" doc:"Keep a copy of the file beside it before it is changed; the result names it."`
	ValidateWith string `arg:"validate" doc:"Command that must accept the new content before it takes its place; %s in it stands for the file that holds it. It is not run in check mode."`
	FileAttributes
}

// maxEdited is how large a file may be that is edited.
const maxEdited = 64 << 20

const attributesMessage = "ownership, perms or SE linux context changed"

// Editing is a file that is about to be edited.
type Editing struct {
	Name string       // as results call it
	File *change.File // nil: it is not there
	At   string       // where the links in its name lead
}

// Open looks at the file, or says in Ansible's words why it cannot be edited. create says that it may be missing.
func (e Edit) Open(ctx context.Context, r host.Reader, name string, create bool) (*Editing, error) {
	name, err := Path(ctx, r, name)
	if err != nil {
		return nil, err
	}
	st, err := host.Follow(ctx, r, name)
	switch {
	case err != nil:
		return nil, err
	case st.Kind == host.Dir:
		return nil, fmt.Errorf("Path %s is a directory !", name) //nolint:staticcheck // Ansible's words
	case st.Kind == host.Absent && !create:
		return nil, fmt.Errorf("Path %s does not exist !", name) //nolint:staticcheck // Ansible's words
	case st.Kind == host.Absent:
		return &Editing{Name: name, At: st.Path}, nil
	case st.Kind != host.Regular:
		return nil, fmt.Errorf("%s is no regular file, and cannot be edited", name)
	}
	f, err := r.ReadFile(ctx, st.Path, maxEdited)
	if err != nil {
		return nil, err
	}
	if _, held := f.Content.Data(); !held {
		return nil, change.ErrNotHeld
	}
	return &Editing{name, f, st.Path}, nil
}

// Text gives what is in the file.
func (f *Editing) Text() string {
	if f.File == nil {
		return ""
	}
	data, _ := f.File.Content.Data()
	return string(data)
}

// Save plans the new text, or what is left of the edit. msg says what was done to the text; the result gets it, with what is done to the attributes.
func (e Edit) Save(ctx context.Context, r host.Reader, f *Editing, text, msg string) (*Plan, error) {
	p := &Plan{Result: map[string]any{}}
	if f.File == nil {
		return p, e.create(ctx, r, f, text, msg, p)
	}
	meta, err := e.Apply(ctx, r, f.File.Meta, false)
	if err != nil {
		return nil, err
	}
	p.Result["msg"] = EditMessage(msg, !meta.Same(f.File.Meta))
	if text == f.Text() {
		if !meta.Same(f.File.Meta) {
			p.Steps = append(p.Steps, change.SetMeta{Path: f.At, Meta: meta, Before: f.File.Meta})
		}
		return p, nil
	}
	if e.Backup {
		name, step, err := Backup(ctx, r, f.Name, f.File)
		if err != nil {
			return nil, err
		}
		if p.Result["backup_file"] = name; step != nil {
			p.Steps = append(p.Steps, step)
		}
	}
	write := change.WriteFile{Path: f.At, Content: change.Bytes([]byte(text)), Meta: meta, Before: f.File}
	if write.Validate, err = ValidateWords(ctx, r, e.ValidateWith); err != nil {
		return nil, err
	}
	p.Steps = append(p.Steps, write)
	return p, nil
}

// create plans a new file, and its folder where that is missing.
func (e Edit) create(ctx context.Context, r host.Reader, f *Editing, text, msg string, p *Plan) error {
	placer := NewPlacer(r)
	if err := placer.Folders(ctx, path.Dir(f.At), FileAttributes{}); err != nil {
		return err
	}
	above, err := placer.Folder(ctx, path.Dir(f.At))
	if err != nil {
		return err
	}
	fresh, err := NewPathMeta(ctx, r, above, false)
	if err != nil {
		return err
	}
	write := change.WriteFile{Path: f.At, Content: change.Bytes([]byte(text))}
	if write.Meta, err = e.Apply(ctx, r, fresh, false); err != nil {
		return err
	}
	if write.Validate, err = ValidateWords(ctx, r, e.ValidateWith); err != nil {
		return err
	}
	p.Result["msg"] = EditMessage(msg, !write.Meta.Same(fresh))
	p.Steps = append(placer.Steps, write)
	return nil
}

// EditMessage adds to what was done to a text that its attributes changed.
func EditMessage(msg string, attributes bool) string {
	switch {
	case !attributes:
		return msg
	case msg == "":
		return attributesMessage
	}
	return msg + " and " + attributesMessage
}
