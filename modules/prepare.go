package modules

import (
	"context"
	"io"
	"iter"

	"github.com/pfrun/pfrun/modules/host"
)

// Preparer is a Task that needs something of the control node before it is planned. What Prepare reads or renders it keeps in fields that travel (wire tag): Plan may run on
// the managed host. It is asked once, after the arguments were decoded; an error that wraps host.ErrPlanned defers the task.
type Preparer interface {
	Prepare(ctx context.Context, c Control) error
}

// Control is what a Preparer gets of the control node: looks, and no way to write. Paths that are not absolute are those of the process.
type Control interface {
	// Find gives the path of a file or folder that a task names, where Ansible searches for it; kind is the folder for such files: files, templates. fs.ErrNotExist is wrapped.
	Find(kind, name string) (string, error)
	// Stat describes a path as host.Reader does.
	Stat(ctx context.Context, path string) (host.Stat, error)
	// Walk gives everything below a folder as host.Reader does.
	Walk(ctx context.Context, dir string) iter.Seq2[host.Stat, error]
	// Open opens a file; with decrypt its plain text where it is encrypted with ansible-vault.
	Open(path string, decrypt bool) (io.ReadCloser, error)
	// Unique gives a word of small letters and digits that no other task gets.
	Unique() string
	// Render renders a template with the variables of the task. host.ErrPlanned is wrapped where it depends on what only a real run can tell.
	Render(ctx context.Context, r Rendering) (string, error)
}

// Rendering is a template and how it is read.
type Rendering struct {
	Path string         // of the file: what it includes is searched beside it first
	Text string         // of the file
	Vars map[string]any // variables beside those of the task
	TemplateSyntax
}

// TemplateSyntax is how a template is read. Empty texts stand for those of Jinja2.
type TemplateSyntax struct {
	BlockStart, BlockEnd       string
	VariableStart, VariableEnd string
	CommentStart, CommentEnd   string
	TrimBlocks, LstripBlocks   bool
	Newline                    string
}

// RawSetter is a Setter that wants the value as the expressions of the playbook have it, beside the plain one.
type RawSetter interface {
	Setter
	SetRaw(value, raw any) error
}
