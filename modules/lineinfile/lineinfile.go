// Package lineinfile is the module lineinfile: it holds a line in a text file, or keeps lines out of it, as Ansible's module does.
//
// What differs from Ansible: a backup is named after the hash of its content, so that check mode can name it and a second run makes no second one; no folder is made where
// backrefs leave nothing to write into it; `validate` must hold "%s" even where there is nothing to validate.
package lineinfile

import (
	"context"
	"errors"
	"fmt"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// State says whether the line should be there.
type State string

// The states.
const (
	Present State = "present"
	Absent  State = "absent"
)

// Enum gives the states.
func (State) Enum() []string { return []string{string(Present), string(Absent)} }

// Task is one use of the module.
type Task struct {
	Path         string  `arg:"path,required,alias=dest,alias=destfile,alias=name" doc:"File to edit."`
	Regexp       *string `arg:"regexp,alias=regex" doc:"Python regular expression. With state present the last line that it matches is replaced, with absent every one is removed. It should match the line both before and after the edit."`
	SearchString *string `arg:"search_string" doc:"Text to look for in place of regexp, taken as it is."`
	State        State   `arg:"state" doc:"Whether the line should be there."`
	Line         *string `arg:"line,alias=value" doc:"The line. Required with state present."`
	Backrefs     bool    `arg:"backrefs" doc:"Fill \\1, \\g<name> in line from the groups of regexp. Where regexp does not match, the file is left alone."`
	InsertAfter  *string `arg:"insertafter" doc:"Where the line goes that is not there yet: after the last line that this regular expression matches, or EOF. Without a match, at the end."`
	InsertBefore *string `arg:"insertbefore" doc:"Where the line goes that is not there yet: before the last line that this regular expression matches, or BOF. Without a match, at the end."`
	Create       bool    `arg:"create" doc:"Make the file where it is missing, and its folder."`
	FirstMatch   bool    `arg:"firstmatch" doc:"Take the first match of regexp, insertafter and insertbefore, not the last."`
	modules.Edit
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "lineinfile",
		Short: "hold a line in a text file",
		Long: "Makes sure that a line is in a file, or replaces one that a regular expression matches, or removes lines.\n\n" +
			"Bytes are edited, not characters: a file in any encoding keeps all else as it is. A line that is written ends in a newline; the other lines keep their ends.",
		New:    func() modules.Task { return &Task{State: Present} },
		Probes: modules.ExpandProbes(),
	}
}

// Validate checks the arguments against one another.
func (t *Task) Validate() error {
	if err := modules.CheckValidate(t.ValidateWith); err != nil {
		return err
	}
	switch {
	case t.InsertBefore != nil && t.InsertAfter != nil:
		return errors.New("parameters are mutually exclusive: insertbefore|insertafter")
	case t.Regexp != nil && t.SearchString != nil:
		return errors.New("parameters are mutually exclusive: regexp|search_string")
	case t.Backrefs && t.SearchString != nil:
		return errors.New("parameters are mutually exclusive: backrefs|search_string")
	case t.State == Present && t.Backrefs && t.Regexp == nil:
		return errors.New("regexp is required with backrefs=true")
	case t.State == Present && t.Line == nil:
		return errors.New("line is required with state=present")
	case t.State == Absent && t.Line == nil && t.Regexp == nil && t.SearchString == nil:
		return errors.New("one of line, search_string, or regexp is required with state=absent")
	}
	_, err := t.edit()
	return err
}

// edit makes the edit of the arguments.
func (t *Task) edit() (e edit, err error) {
	e = edit{backrefs: t.Backrefs, firstMatch: t.FirstMatch}
	if t.Line != nil {
		e.line = *t.Line
	}
	switch {
	case t.SearchString != nil:
		e.match = literal(*t.SearchString)
	case t.Regexp != nil:
		if e.match, err = compile(*t.Regexp); err != nil {
			return e, fmt.Errorf("regexp: %w", err)
		}
	}
	e.place, e.anchor, err = t.where()
	return e, err
}

func (t *Task) where() (place, pattern, error) {
	name, source, where := "insertafter", t.InsertAfter, after
	if t.InsertBefore != nil {
		name, source, where = "insertbefore", t.InsertBefore, before
	}
	switch {
	case source == nil, *source == "", where == after && *source == "EOF":
		return atEnd, nil, nil
	case *source == "BOF":
		return atStart, nil, nil
	}
	anchor, err := compile(*source)
	if err != nil {
		return where, nil, fmt.Errorf("%s: %w", name, err)
	}
	return where, anchor, nil
}

// Plan looks at the file and gives the edit of it.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	f, err := t.Open(ctx, r, t.Path, true)
	switch {
	case err != nil:
		return nil, err
	case f.File != nil:
		return t.change(ctx, r, f)
	case t.State == Absent:
		return t.warned(&modules.Plan{Result: map[string]any{"msg": "file not present"}}), nil
	case !t.Create:
		return nil, fmt.Errorf("Destination %s does not exist !", f.Name) //nolint:staticcheck // Ansible's words, which playbooks look for
	}
	return t.create(ctx, r, f)
}

// warned adds to a plan what there is to warn of.
func (t *Task) warned(p *modules.Plan) *modules.Plan {
	warn := func(what, more string) string {
		return fmt.Sprintf("The %s is an empty string, which will match every line in the file. "+
			"This may have unintended consequences, such as replacing the last line in the file rather than appending.%s", what, more)
	}
	switch {
	case t.Regexp != nil && *t.Regexp == "":
		p.Warn(warn("regular expression", " If this is desired, use '^' to match every line in the file and avoid this warning."))
	case t.SearchString != nil && *t.SearchString == "":
		p.Warn(warn("search string", ""))
	}
	return p
}
