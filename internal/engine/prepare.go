package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// ControlNode is what tasks read of the machine that pfrun runs on.
type ControlNode interface {
	// Stat, Walk and Open are those of modules.Control.
	Stat(ctx context.Context, path string) (host.Stat, error)
	Walk(ctx context.Context, dir string) iter.Seq2[host.Stat, error]
	Open(path string, decrypt bool) (io.ReadCloser, error)
	// Env compiles templates.
	Env() *jinja.Env
	// Hostname is what this machine calls itself.
	Hostname() string
}

// prepare lets a task read what it needs of the control node. The event is set where that ends the matter.
func (ht *hostTask) prepare(task modules.Task, scope jinja.Scope) *event.TaskResult {
	p, ok := task.(modules.Preparer)
	if !ok {
		return nil
	}
	var node ControlNode = noControl{}
	if ht.Control != nil {
		node = ht.Control
	}
	err := p.Prepare(ht.looking, &control{node, ht, ht.searchPath(scope)})
	if errors.Is(err, host.ErrPlanned) {
		res := ht.result(event.Deferred)
		res.Message = err.Error()
		return res
	}
	if err != nil {
		return ht.failed(ht.t.Pos, err)
	}
	return nil
}

// control is the control node as a task on a host sees it.
type control struct {
	ControlNode
	ht    *hostTask
	paths []string
}

// searchPath gives the folders where the files of a task are searched, the nearest first: those of the roles that it belongs to, and that of the playbook.
func (ht *hostTask) searchPath(scope jinja.Scope) []string {
	var dirs []string
	for _, name := range []string{"ansible_search_path", "playbook_dir"} {
		v, ok := scope.Lookup(name)
		if !ok {
			continue
		}
		v, err := jinja.Force(ht.looking, v, scope)
		if err != nil {
			continue
		}
		switch v := v.(type) {
		case string:
			dirs = append(dirs, v)
		case *jinja.List:
			for _, item := range v.Items() {
				dirs = append(dirs, jinja.Str(item))
			}
		}
	}
	var out []string
	for _, d := range dirs {
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

// candidates gives where a file may be: in the folder for its kind of each folder, and in the folder itself.
func (c *control) candidates(kind, name string) []string {
	if filepath.IsAbs(name) {
		return []string{name}
	}
	var out []string
	for _, dir := range c.paths {
		if first, _, _ := strings.Cut(name, "/"); first != kind {
			out = append(out, filepath.Join(dir, kind, name))
		}
		out = append(out, filepath.Join(dir, name))
	}
	return out
}

// Find gives the first path that is there.
func (c *control) Find(kind, name string) (string, error) {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		if home, known := c.home(); known {
			name = filepath.Join(home, rest)
		}
	}
	where := c.candidates(kind, name)
	for _, path := range where {
		st, err := host.Follow(c.ht.looking, c, path)
		if err == nil && st.Kind != host.Absent {
			return path, nil
		}
	}
	return "", &notFound{name, where}
}

// notFound says, in Ansible's words, that a file is not on the control node.
type notFound struct {
	name  string
	where []string
}

func (e *notFound) Error() string {
	return fmt.Sprintf("Could not find or access '%s'\nSearched in:\n\t%s on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option",
		e.name, strings.Join(e.where, "\n\t"))
}

func (e *notFound) Unwrap() error { return fs.ErrNotExist }

// home gives the home of the user that pfrun runs as.
func (c *control) home() (string, bool) {
	h, ok := c.ControlNode.(interface{ Home() (string, bool) })
	if !ok {
		return "", false
	}
	return h.Home()
}

// Unique gives a word that no other task gets.
func (c *control) Unique() string {
	const length = 8 // as Python's tempfile has it
	return strings.ToLower(rand.Text()[:length])
}

// Render renders a template with the variables of the task.
func (c *control) Render(ctx context.Context, r modules.Rendering) (string, error) {
	s := r.TemplateSyntax
	src := &diag.Source{Name: r.Path, Text: r.Text}
	t, err := c.Env().CompileTemplate(r.Text, diag.Pos{Source: src, Line: 1, Column: 1}, jinja.Syntax{
		BlockStart: s.BlockStart, BlockEnd: s.BlockEnd, VariableStart: s.VariableStart, VariableEnd: s.VariableEnd, CommentStart: s.CommentStart, CommentEnd: s.CommentEnd,
		TrimBlocks: s.TrimBlocks, LstripBlocks: s.LstripBlocks, Newline: s.Newline,
	})
	if err != nil {
		return "", err
	}
	own := *c.ht
	own.local = jinja.NewDict()
	if c.ht.local != nil {
		own.local = c.ht.local.Copy()
	}
	if _, ok := own.scope().Lookup("ansible_managed"); !ok {
		own.local.Set("ansible_managed", cmp.Or(own.Settings.Managed, "Ansible managed"))
	}
	own.local.Set("template_host", c.Hostname())
	own.local.Set("template_run_date", time.Now().Format("2006-01-02 15:04:05.000000"))
	for name, v := range r.Vars {
		own.local.Set(name, jinja.FromGo(v))
	}
	v, err := t.Eval(jinja.ContextWithLoader(ctx, c.loader(filepath.Dir(r.Path))), own.scope())
	if err != nil {
		return "", err
	}
	if jinja.HasUnknown(v) {
		return "", fmt.Errorf("the template %s depends on what only a real run can tell: %w", r.Path, host.ErrPlanned)
	}
	return jinja.Str(v), nil
}

// loader reads what templates include: where templates are searched, then beside the template that includes.
func (c *control) loader(dir string) jinja.Loader {
	return func(ctx context.Context, name string, from diag.Pos) (*diag.Source, error) {
		where := c.candidates("templates", name)
		if !filepath.IsAbs(name) {
			where = append(where, filepath.Join(dir, "templates", name), filepath.Join(dir, name))
			if from.Source != nil {
				where = append(where, filepath.Join(filepath.Dir(from.Source.Name), name))
			}
		}
		for _, path := range where {
			text, err := c.read(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			return &diag.Source{Name: path, Text: text}, nil
		}
		return nil, fs.ErrNotExist
	}
}

// maxTemplate is how large a file may be that a template includes.
const maxTemplate = 64 << 20

func (c *control) read(path string) (string, error) {
	r, err := c.Open(path, true)
	if err != nil {
		return "", err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxTemplate))
	return string(data), err
}

// noControl is a control node of which nothing can be read.
type noControl struct{}

var errNoControl = errors.New("files of the control node cannot be read here")

func (noControl) Stat(context.Context, string) (host.Stat, error) {
	return host.Stat{}, errNoControl
}
func (noControl) Walk(context.Context, string) iter.Seq2[host.Stat, error] {
	return func(yield func(host.Stat, error) bool) { yield(host.Stat{}, errNoControl) }
}
func (noControl) Open(string, bool) (io.ReadCloser, error) { return nil, errNoControl }
func (noControl) Hostname() string                         { return "" }
func (noControl) Env() *jinja.Env                          { return jinja.New() }
