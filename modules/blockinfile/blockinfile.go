// Package blockinfile is the module blockinfile: it holds a block of lines between two marker lines in a text file, or keeps it out.
//
// What differs from Ansible: a backup is named after the hash of its content.
package blockinfile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// State says whether the block should be there.
type State string

// The states.
const (
	Present State = "present"
	Absent  State = "absent"
)

// Enum gives the states.
func (State) Enum() []string { return []string{string(Absent), string(Present)} }

// Task is one use of the module.
type Task struct {
	Path           string  `arg:"path,required,alias=dest,alias=destfile,alias=name" doc:"File to edit."`
	State          State   `arg:"state" doc:"Whether the block should be there."`
	Marker         string  `arg:"marker" doc:"Line before and after the block; {mark} in it stands for marker_begin and marker_end."`
	Block          string  `arg:"block,alias=content" doc:"Lines of the block. Without any it is removed."`
	InsertAfter    *string `arg:"insertafter" doc:"Where the block goes that is not there yet: after the last line that this regular expression matches, or EOF. Without a match, at the end."`
	InsertBefore   *string `arg:"insertbefore" doc:"Where the block goes that is not there yet: before the last line that this regular expression matches, or BOF. Without a match, at the end."`
	Create         bool    `arg:"create" doc:"Make the file where it is missing, and its folder."`
	MarkerBegin    string  `arg:"marker_begin" doc:"What stands for {mark} in the line before the block."`
	MarkerEnd      string  `arg:"marker_end" doc:"What stands for {mark} in the line after the block."`
	AppendNewline  bool    `arg:"append_newline" doc:"Keep an empty line after the block, unless it is at the end."`
	PrependNewline bool    `arg:"prepend_newline" doc:"Keep an empty line before the block, unless it is at the beginning."`
	modules.Edit
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "blockinfile",
		Short: "hold a block of lines in a text file",
		Long:  "Holds lines between two marker lines, by which the block is found again. Two blocks in one file need markers of their own.",
		New: func() modules.Task {
			return &Task{State: Present, Marker: "# {mark} ANSIBLE MANAGED BLOCK", MarkerBegin: "BEGIN", MarkerEnd: "END"}
		},
		Probes: modules.DeliverProbes(),
	}
}

// Validate checks the arguments against one another.
func (t *Task) Validate() error {
	if t.InsertAfter != nil && t.InsertBefore != nil {
		return errors.New("parameters are mutually exclusive: insertbefore|insertafter")
	}
	if _, err := t.anchor(); err != nil {
		return err
	}
	return modules.CheckValidate(t.ValidateWith)
}

// anchor gives the expression that says where a new block goes; nil: at an end of the file.
func (t *Task) anchor() (*pyre.Regexp, error) {
	for name, source := range map[string]*string{"insertafter": t.InsertAfter, "insertbefore": t.InsertBefore} {
		if source == nil || *source == "EOF" && name == "insertafter" || *source == "BOF" && name == "insertbefore" {
			continue
		}
		re, err := pyre.Compile(*source, 0)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return re, nil
	}
	return nil, nil
}

// Plan looks at the file and gives the edit of it.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	f, err := t.Open(ctx, r, t.Path, t.Create)
	if err != nil {
		return nil, err
	}
	if f.File == nil && t.State == Absent {
		return &modules.Plan{Result: map[string]any{"msg": fmt.Sprintf("File %s not present", f.Name)}}, nil
	}
	old := f.Text()
	text, err := t.edit(old)
	if err != nil {
		return nil, err
	}
	msg := ""
	switch {
	case f.File == nil:
		msg = "File created"
	case text == old:
	case t.lines() == nil:
		msg = "Block removed"
	default:
		msg = "Block inserted"
	}
	return t.Save(ctx, r, f, text, msg)
}

func (t *Task) markers() (begin, end string) {
	return strings.ReplaceAll(t.Marker, "{mark}", t.MarkerBegin) + "\n", strings.ReplaceAll(t.Marker, "{mark}", t.MarkerEnd) + "\n"
}

// lines gives the block with its markers; nil: there is to be none.
func (t *Task) lines() []string {
	if t.State == Absent || t.Block == "" {
		return nil
	}
	begin, end := t.markers()
	block := t.Block
	if !strings.HasSuffix(block, "\n") {
		block += "\n"
	}
	return slices.Concat([]string{begin}, split(block), []string{end})
}

// split gives the lines of a text with their ends, as Python's bytes.splitlines(True) does.
func split(text string) []string {
	var lines []string
	for text != "" {
		i := strings.IndexAny(text, "\r\n")
		switch {
		case i < 0:
			return append(lines, text)
		case strings.HasPrefix(text[i:], "\r\n"):
			i++
		}
		lines, text = append(lines, text[:i+1]), text[i+1:]
	}
	return lines
}

// edit gives the new text.
func (t *Task) edit(text string) (string, error) {
	lines, block := split(text), t.lines()
	begin, end := t.markers()
	from, to := last(lines, begin), last(lines, end)
	at := 0
	switch {
	case from < 0 || to < 0:
		var err error
		if at, err = t.place(text, lines); err != nil {
			return "", err
		}
	case from < to:
		at = from
		lines = slices.Delete(lines, from, to+1)
	default:
		at = to
		lines = slices.Delete(lines, to, from+1)
	}
	if at > 0 && !strings.HasSuffix(lines[at-1], "\n") {
		lines[at-1] += "\n"
	}
	if t.PrependNewline && t.State == Present && at != 0 && lines[at-1] != "\n" {
		lines = slices.Insert(lines, at, "\n")
		at++
	}
	lines = slices.Insert(lines, at, block...)
	if next := at + len(block); t.AppendNewline && t.State == Present && next < len(lines) && lines[next] != "\n" {
		lines = slices.Insert(lines, next, "\n")
	}
	return strings.Join(lines, ""), nil
}

func last(lines []string, line string) int {
	for i, l := range slices.Backward(lines) {
		if l == line {
			return i
		}
	}
	return -1
}

// multiline finds the flag m at the beginning of an expression: such a one is matched with the whole text.
var multiline = pyre.Must(`^\(\?[a-zA-Z]*m[a-zA-Z]*\)`, 0)

// place gives the line before which a new block goes.
func (t *Task) place(text string, lines []string) (int, error) {
	re, err := t.anchor()
	switch {
	case err != nil:
		return 0, err
	case re == nil && t.InsertBefore != nil:
		return 0, nil
	case re == nil:
		return len(lines), nil
	}
	source := t.InsertAfter
	if source == nil {
		source = t.InsertBefore
	}
	at := -1
	if multiline.In(*source) {
		at, err = inText(re, text, t.InsertAfter != nil)
	} else {
		at, err = inLines(re, lines)
	}
	switch {
	case err != nil:
		return 0, err
	case at < 0:
		return len(lines), nil
	case t.InsertAfter != nil:
		at++
	}
	return min(at, len(lines)), nil
}

func inLines(re *pyre.Regexp, lines []string) (int, error) {
	for i, l := range slices.Backward(lines) {
		if m, err := re.Search(l); m != nil || err != nil {
			return i, err
		}
	}
	return -1, nil
}

// inText gives the number of the line where a match ends, or begins.
func inText(re *pyre.Regexp, text string, end bool) (int, error) {
	m, err := re.Search(text)
	if m == nil || err != nil {
		return -1, err
	}
	at := m.Start
	if end {
		at = m.End
	}
	n := 0
	for i := range text {
		if at == 0 {
			break
		}
		if text[i] == '\n' {
			n++
		}
		at--
	}
	return n, nil
}
