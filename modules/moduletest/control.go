package moduletest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

// playbookDir is where the playbook of a fixture lies on its control node.
const playbookDir = "/playbook"

// controlFile puts a file of the control node. One whose name ends in " -> TARGET" is a link, one whose name ends in a slash a folder.
func controlFile(name, data string) mem.Option {
	if link, target, ok := strings.Cut(name, " -> "); ok {
		return mem.Link(playbookDir+link, target)
	}
	if strings.HasSuffix(name, "/") {
		return mem.Dir(playbookDir+strings.TrimSuffix(name, "/"), mem.Root(0o755))
	}
	if strings.HasSuffix(name, ".sh") {
		return mem.FileAs(playbookDir+name, data, mem.Root(0o755))
	}
	return mem.File(playbookDir+name, data)
}

// control is a control node in memory: modules.Control.
type control struct {
	*mem.Host
	vars map[string]any
}

func (r runner) controlNode() *control { return &control{mem.New(r.control...), r.vars} }

// Find looks beside the playbook.
func (c *control) Find(kind, name string) (string, error) {
	for _, p := range []string{path.Join(playbookDir, kind, name), path.Join(playbookDir, name)} {
		if st, err := c.Stat(context.Background(), p); err == nil && st.Kind != host.Absent {
			return p, nil
		}
	}
	return "", fmt.Errorf("Could not find or access '%s': %w", name, fs.ErrNotExist) //nolint:staticcheck // Ansible's words
}

// Unique gives the same word each time, so that plans can be compared.
func (c *control) Unique() string { return "unique" }

const maxControl = 1 << 20

// Open opens a file.
func (c *control) Open(name string, _ bool) (io.ReadCloser, error) {
	f, err := c.ReadFile(context.Background(), name, maxControl)
	if err != nil {
		return nil, err
	}
	data, _ := f.Content.Data()
	return io.NopCloser(bytes.NewReader(data)), nil
}

// Render renders a template with the variables of the fixture. The variable "unknown" is what only a real run can tell.
func (c *control) Render(ctx context.Context, r modules.Rendering) (string, error) {
	s := r.TemplateSyntax
	t, err := jinja.New().CompileTemplate(r.Text, diag.Pos{}, jinja.Syntax{
		BlockStart: s.BlockStart, BlockEnd: s.BlockEnd, VariableStart: s.VariableStart, VariableEnd: s.VariableEnd, CommentStart: s.CommentStart, CommentEnd: s.CommentEnd,
		TrimBlocks: s.TrimBlocks, LstripBlocks: s.LstripBlocks, Newline: s.Newline,
	})
	if err != nil {
		return "", err
	}
	scope := jinja.MapScope{"unknown": jinja.Unknown{}}
	for _, vars := range []map[string]any{c.vars, r.Vars} {
		for name, v := range vars {
			scope[name] = jinja.FromGo(v)
		}
	}
	load := func(_ context.Context, name string, _ diag.Pos) (*diag.Source, error) {
		f, err := c.ReadFile(ctx, path.Join(path.Dir(r.Path), name), maxControl)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fs.ErrNotExist
		}
		if err != nil {
			return nil, err
		}
		data, _ := f.Content.Data()
		return &diag.Source{Name: name, Text: string(data)}, nil
	}
	v, err := t.Eval(jinja.ContextWithLoader(ctx, load), scope)
	if err == nil && jinja.HasUnknown(v) {
		err = fmt.Errorf("the template %s: %w", r.Path, host.ErrPlanned)
	}
	return jinja.Str(v), err
}
