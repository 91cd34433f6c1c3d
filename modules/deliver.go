package modules

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// DeliverProbes are the probes of Deliver, Existing, Backup and Validator, for the Spec of a module that uses them.
func DeliverProbes() []host.Probe {
	return append(ExpandProbes(), host.Probe{Argv: []string{"sha256sum", "--", "*"}})
}

// MaxHeld is how large a file may be that is read whole, for its diff and so that it can be put back.
const MaxHeld = 4 << 20

// Existing gives the regular file that Stat has described as a change expects it: with its content, or where that is large with its hash.
func Existing(ctx context.Context, r host.Reader, st host.Stat) (*change.File, error) {
	if st.Size <= MaxHeld {
		return r.ReadFile(ctx, st.Path, MaxHeld)
	}
	out, err := r.Probe(ctx, host.Probe{Argv: []string{"sha256sum", "--", st.Path}, Reads: []change.Ref{change.Path(st.Path)}})
	if err != nil {
		return nil, err
	}
	sum, _, _ := strings.Cut(strings.TrimPrefix(out.Stdout, `\`), " ") // a backslash stands before names that are escaped
	if out.Status != 0 || len(sum) != 64 {
		return nil, fmt.Errorf("%s cannot be read: %s", st.Path, strings.TrimSpace(out.Stderr))
	}
	return &change.File{Content: change.Reference(st.Size, sum, nil), Meta: st.Meta}, nil
}

// Backup gives the name of a copy of a file, which is made of its content, and the change that makes it; nil where it is there from an earlier time.
func Backup(ctx context.Context, r host.Reader, name string, file *change.File) (string, change.Change, error) {
	const digits = 16 // of the hash: no two versions of a file share them
	name = fmt.Sprintf("%s.%s~", name, file.Content.SHA256[:digits])
	if _, held := file.Content.Data(); !held {
		return name, nil, fmt.Errorf("cannot make the backup %s: the file is larger than %d MiB", name, MaxHeld>>20)
	}
	st, err := r.Stat(ctx, name)
	switch {
	case err != nil:
		return name, nil, err
	case st.Kind == host.Absent:
		return name, change.WriteFile{Path: name, Content: file.Content, Meta: file.Meta, Backup: true}, nil
	case st.Kind == host.Regular && st.Size == file.Content.Size:
		old, err := r.ReadFile(ctx, name, st.Size)
		if err != nil || old.Content.SHA256 == file.Content.SHA256 {
			return name, nil, err
		}
	}
	return name, nil, fmt.Errorf("cannot make the backup %s: something else is there", name)
}

// CheckValidate checks a validate argument.
func CheckValidate(command string) error {
	if command != "" && !strings.Contains(command, "%s") {
		return fmt.Errorf("validate must contain %%s: %s", command)
	}
	_, err := SplitWords(command)
	if err != nil {
		return fmt.Errorf("validate: %w", err)
	}
	return nil
}

// ValidateWords gives the words of a validate argument, with variables and "~" expanded, as Ansible does before it runs the command. Nobody knows what it does beside validating: it
// is no probe, which check mode would run, but a part of the write.
func ValidateWords(ctx context.Context, r host.Reader, command string) ([]string, error) {
	words, err := SplitWords(command)
	for i, w := range words {
		if words[i], err = Expand(ctx, r, w); err != nil {
			return nil, err
		}
	}
	return words, err
}

// Delivery is a file that a task brings to the host.
type Delivery struct {
	Content    change.Content
	Attributes FileAttributes
	Follow     bool // what a link at the end of the path leads to is replaced, not the link
	Force      bool // a file that is there is replaced
	Backup     bool
	Validate   string
}

// Delivered is what comes of a delivery.
type Delivered struct {
	Steps   []change.Change
	Stat    host.Stat // of the file afterwards; its Path is where it is
	Written bool      // its content changes
	Kept    bool      // it is left alone, because it is there and not to be replaced
	Backup  string
	Before  *change.File // what was there; nil: no file
}

// Deliver plans a file at a path that is no folder. above is the folder that it goes to, as it is or will be.
func (d Delivery) Deliver(ctx context.Context, r host.Reader, name string, st, above host.Stat) (*Delivered, error) {
	if st.Kind == host.Link && d.Follow {
		end, err := host.Follow(ctx, r, name)
		if err != nil {
			return nil, err
		}
		st = end
	}
	out := &Delivered{Stat: st}
	switch {
	case st.Kind == host.Other || st.Kind == host.Dir:
		return nil, fmt.Errorf("%s is no file but a %s, and is not replaced", st.Path, st.Kind)
	case st.Kind != host.Absent && !d.Force:
		out.Kept = true
		return out, nil
	case st.Kind == host.Absent && above.Kind != host.Dir:
		return nil, fmt.Errorf("Destination directory %s does not exist", path.Dir(st.Path)) //nolint:staticcheck // Ansible's words
	}
	write := change.WriteFile{Path: st.Path, Content: d.Content}
	if st.Kind == host.Regular {
		file, err := Existing(ctx, r, st)
		if err != nil {
			return nil, err
		}
		out.Before, write.Before = file, file
		write.Meta = file.Meta
	} else {
		if st.Kind == host.Link {
			write.Replaces = &change.Node{Kind: change.LinkNode, Meta: st.Meta, Target: st.Target}
		}
		fresh, err := NewPathMeta(ctx, r, above, false)
		if err != nil {
			return nil, err
		}
		write.Meta = fresh
	}
	return out, d.plan(ctx, r, write, out)
}

// plan plans the write, or what is left of it.
func (d Delivery) plan(ctx context.Context, r host.Reader, write change.WriteFile, out *Delivered) (err error) {
	if write.Meta, err = d.Attributes.Apply(ctx, r, write.Meta, false); err != nil {
		return err
	}
	out.Stat = host.Stat{Path: write.Path, Kind: host.Regular, Meta: write.Meta, Size: d.Content.Size}
	if b := write.Before; b != nil && b.Content.SHA256 == d.Content.SHA256 {
		if !b.Meta.Same(write.Meta) {
			out.Steps = append(out.Steps, change.SetMeta{Path: write.Path, Meta: write.Meta, Before: b.Meta})
		}
		return nil
	}
	out.Written = true
	if d.Backup && write.Before != nil {
		name, step, err := Backup(ctx, r, write.Path, write.Before)
		if err != nil {
			return err
		}
		if out.Backup = name; step != nil {
			out.Steps = append(out.Steps, step)
		}
	}
	if write.Validate, err = ValidateWords(ctx, r, d.Validate); err != nil {
		return err
	}
	out.Steps = append(out.Steps, write)
	return nil
}

// SourceMode is a mode argument that may be "preserve": the mode of the source.
type SourceMode struct {
	preserve bool
	mode     Mode
}

// Set takes a mode of a playbook.
func (m *SourceMode) Set(value any) error {
	if s, ok := value.(string); ok && strings.TrimSpace(s) == "preserve" {
		*m = SourceMode{preserve: true}
		return nil
	}
	return m.mode.Set(value)
}

// Of gives the mode that is meant, for a source with this one; nil where there is none.
func (m *SourceMode) Of(source uint32) *Mode {
	switch {
	case m == nil:
		return nil
	case m.preserve:
		return PlainMode(source)
	}
	return &m.mode
}

// WireText gives the mode as it was given.
func (m SourceMode) WireText() string {
	if m.preserve {
		return "preserve"
	}
	return m.mode.WireText()
}

// SetWireText reads what WireText gave.
func (m *SourceMode) SetWireText(text string) error { return m.Set(text) }

// SourceAttributes are FileAttributes of a module whose files have a source that has a mode.
type SourceAttributes struct {
	Mode         *SourceMode `arg:"mode" doc:"Permissions of the file: octal in quotes (\"0644\"), symbolic (u=rw,g=r,o=), or preserve for those of the source. Without it an existing file keeps its own, and a new one gets what the umask leaves (mostly 0644)."`
	Owner        *string     `arg:"owner" doc:"User that owns the file, by name or number. Without it an existing file keeps its own, and a new one belongs to the user of the task."`
	Group        *string     `arg:"group" doc:"Group that owns the file, by name or number. Without it an existing file keeps its own, and a new one gets the first group of the user of the task."`
	Attributes   Unsupported `arg:"attributes,alias=attr" doc:"Not supported: attributes as chattr sets them."`
	SELevel      Unsupported `arg:"selevel" doc:"Not supported: the level of the SELinux context."`
	SERole       Unsupported `arg:"serole" doc:"Not supported: the role of the SELinux context."`
	SEType       Unsupported `arg:"setype" doc:"Not supported: the type of the SELinux context."`
	SEUser       Unsupported `arg:"seuser" doc:"Not supported: the user of the SELinux context."`
	UnsafeWrites Never       `arg:"unsafe_writes" doc:"Only no: pfrun writes files atomically or not at all."`
}

// With gives the attributes of a file whose source has this mode.
func (a SourceAttributes) With(source uint32) FileAttributes {
	return FileAttributes{Mode: a.Mode.Of(source), Owner: a.Owner, Group: a.Group}
}
