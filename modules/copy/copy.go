// Package copy is the module copy: it brings files and folders of the control node to the host, or texts, or copies what is on the host.
//
// What differs from Ansible: a backup is named after the hash of its content; src in the result is the path on the control node; with remote_src a file of more than 8 MiB is
// refused.
package copy

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// Task is one use of the module.
type Task struct {
	Src           string           `arg:"src" doc:"File or folder of the control node, searched in files/ beside the playbook or role first. With a slash at the end, only what is in the folder is copied."`
	Content       *modules.Content `arg:"content" doc:"Text of the file, in place of src. A dict or list is written as JSON."`
	Dest          string           `arg:"dest,required" doc:"Path on the host. A folder, or a path that ends in a slash, gets the file under its own name."`
	RemoteSrc     bool             `arg:"remote_src" doc:"Take src from the host itself."`
	Force         bool             `arg:"force,alias=thirsty" doc:"Replace a file that is there. With no it is left alone."`
	Backup        bool             `arg:"backup" doc:"Keep a copy of the file beside it before it is replaced; the result names it."`
	ValidateWith  string           `arg:"validate" doc:"Command that must accept the new content before it takes its place; %s in it stands for the file that holds it. It is not run in check mode."`
	DirectoryMode *modules.Mode    `arg:"directory_mode" doc:"Permissions of folders that are copied, or made for a path that ends in a slash."`
	Follow        bool             `arg:"follow" doc:"Replace what a link leads to that is at dest, not the link."`
	LocalFollow   *bool            `arg:"local_follow" doc:"Copy what links in src lead to, not the links. Without it, yes; with remote_src, no."`
	Checksum      string           `arg:"checksum" doc:"SHA-1 that the file must have."`
	Decrypt       bool             `arg:"decrypt" doc:"Decrypt a file that is encrypted with ansible-vault."`
	modules.SourceAttributes
	Sources []modules.Source `wire:"what was read of the control node: files by hash where they are large"`
	From    string           `wire:"the path of src on the control node"`
	Tree    bool             `wire:"whether that is a folder"`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "copy",
		Short: "bring files and folders to the host",
		Long: "Copies a file, a folder with all that is in it, or a text to the host. A file is written only where its content differs, in one step; large files are compared by " +
			"their hash before anything is sent.",
		New:    func() modules.Task { return &Task{Force: true, Decrypt: true} },
		Probes: modules.DeliverProbes(),
	}
}

// Validate checks the arguments against one another.
func (t *Task) Validate() error {
	switch {
	case t.Src == "" && t.Content == nil:
		return errors.New("src (or content) is required")
	case t.Src != "" && t.Content != nil:
		return errors.New("src and content are mutually exclusive")
	case t.Content != nil && strings.HasSuffix(t.Dest, "/"):
		return errors.New("can not use content with a dir as dest")
	case t.Dest == "":
		return errors.New("dest is required")
	}
	return modules.CheckValidate(t.ValidateWith)
}

// Prepare reads what is copied.
func (t *Task) Prepare(ctx context.Context, c modules.Control) error {
	switch {
	case t.Content != nil:
		t.Sources = []modules.Source{modules.TextSource(t.Content.String())}
		return nil
	case t.RemoteSrc:
		return nil
	}
	from, err := c.Find("files", t.Src)
	if err != nil {
		return err
	}
	st, err := host.Follow(ctx, c, path.Clean(from))
	if err != nil {
		return err
	}
	t.From = from
	switch st.Kind {
	case host.Dir:
		return t.readTree(ctx, c, st.Path)
	case host.Regular:
		s, err := modules.ReadSource(ctx, c, st, path.Base(from), t.Decrypt)
		t.Sources = []modules.Source{s}
		return err
	}
	return fmt.Errorf("%s is no file or folder but a %s, and cannot be copied", from, st.Kind)
}

// readTree reads a folder. Without a slash at the end of src the folder itself is part of what is copied.
func (t *Task) readTree(ctx context.Context, c modules.Control, dir string) error {
	base := ""
	if !strings.HasSuffix(t.Src, "/") {
		base = path.Base(t.Src)
	} else {
		t.From = strings.TrimSuffix(t.From, "/") + "/"
	}
	t.Sources, t.Tree = []modules.Source{}, true
	w := &walker{Task: t, c: c}
	return w.walk(ctx, dir, base, []string{dir})
}

// walker reads a folder of the control node.
type walker struct {
	*Task
	c modules.Control
}

func (w *walker) add(s modules.Source) { w.Sources = append(w.Sources, s) }

// walk reads what is below a folder that goes to rel. above are the folders that lead here: a link to one of them is copied as a link.
func (w *walker) walk(ctx context.Context, dir, rel string, above []string) error {
	follow := w.LocalFollow == nil || *w.LocalFollow
	for st, err := range w.c.Walk(ctx, dir) {
		if err != nil {
			return err
		}
		to := path.Join(rel, strings.TrimPrefix(st.Path, dir))
		switch {
		case st.Kind == host.Link && follow:
			err = w.through(ctx, st, to, above)
		case st.Kind == host.Link:
			w.add(modules.Source{Rel: to, Kind: host.Link, Target: st.Target})
		case st.Kind == host.Dir:
			w.add(modules.Source{Rel: to, Kind: host.Dir, Mode: st.Meta.Mode})
		default:
			err = w.file(ctx, st, to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) file(ctx context.Context, st host.Stat, to string) error {
	if st.Kind != host.Regular {
		return fmt.Errorf("%s is no file or folder but a %s, and cannot be copied", st.Path, st.Kind)
	}
	s, err := modules.ReadSource(ctx, w.c, st, to, w.Decrypt)
	w.add(s)
	return err
}

// through reads what a link leads to.
func (w *walker) through(ctx context.Context, link host.Stat, to string, above []string) error {
	end, err := host.Follow(ctx, w.c, link.Path)
	if err != nil {
		return err
	}
	inside := false
	for _, dir := range append(above, path.Dir(link.Path)) {
		inside = inside || dir == end.Path || strings.HasPrefix(dir, end.Path+"/")
	}
	switch {
	case end.Kind == host.Absent, inside:
		w.add(modules.Source{Rel: to, Kind: host.Link, Target: link.Target})
		return nil
	case end.Kind == host.Dir:
		w.add(modules.Source{Rel: to, Kind: host.Dir, Mode: end.Meta.Mode})
		return w.walk(ctx, end.Path, to, append(above[:len(above):len(above)], end.Path))
	}
	return w.file(ctx, end, to)
}
