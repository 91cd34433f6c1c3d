// Package template is the module template: it renders a template of the control node and brings the text to the host.
//
// What differs from Ansible: a backup is named after the hash of its content; src in the result is the template's path.
package template

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// Task is one use of the module.
type Task struct {
	Src                 string              `arg:"src,required" doc:"Template of the control node, searched in templates/ beside the playbook or role first."`
	Dest                string              `arg:"dest,required" doc:"Path on the host. A folder, or a path that ends in a slash, gets the file under its own name."`
	Backup              bool                `arg:"backup" doc:"Keep a copy of the file beside it before it is replaced; the result names it."`
	Force               bool                `arg:"force" doc:"Replace a file that is there. With no it is left alone."`
	Follow              bool                `arg:"follow" doc:"Replace what a link leads to that is at dest, not the link."`
	ValidateWith        string              `arg:"validate" doc:"Command that must accept the new content before it takes its place; %s in it stands for the file that holds it. It is not run in check mode."`
	NewlineSequence     string              `arg:"newline_sequence" doc:"What ends the lines of the template: \\n, \\r or \\r\\n."`
	BlockStartString    string              `arg:"block_start_string" doc:"What begins a block."`
	BlockEndString      string              `arg:"block_end_string" doc:"What ends a block."`
	VariableStartString string              `arg:"variable_start_string" doc:"What begins an expression."`
	VariableEndString   string              `arg:"variable_end_string" doc:"What ends an expression."`
	CommentStartString  string              `arg:"comment_start_string" doc:"What begins a comment."`
	CommentEndString    string              `arg:"comment_end_string" doc:"What ends a comment."`
	TrimBlocks          bool                `arg:"trim_blocks" doc:"Drop the newline after a block."`
	LstripBlocks        bool                `arg:"lstrip_blocks" doc:"Drop blanks between the beginning of a line and a block."`
	OutputEncoding      string              `arg:"output_encoding" doc:"Encoding of the file: utf-8, ascii, latin-1, utf-16, utf-16-le or utf-16-be."`
	State               modules.Unsupported `arg:"state" doc:"Not supported: a template has no state."`
	modules.SourceAttributes
	Source modules.Source `wire:"the rendered text"`
	From   string         `wire:"the path of the template on the control node"`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:  "template",
		Short: "render a template and bring the text to the host",
		Long: "Renders a template with the variables of the task, and writes the text to the host where it differs from what is there, in one step.\n\n" +
			"Beside them a template sees ansible_managed, template_host, template_uid, template_path, template_fullpath, template_destpath, template_mtime and template_run_date. Its " +
			"first line may change how it is read: #jinja2: trim_blocks: False.",
		New: func() modules.Task {
			return &Task{
				Force: true, NewlineSequence: "\n", TrimBlocks: true, OutputEncoding: "utf-8", BlockStartString: "{%", BlockEndString: "%}", VariableStartString: "{{",
				VariableEndString: "}}", CommentStartString: "{#", CommentEndString: "#}",
			}
		},
		Probes: modules.DeliverProbes(),
	}
}

// newlines gives what the words for line ends mean; the backslashes may have been kept by YAML.
var newlines = map[string]string{"\n": "\n", "\r": "\r", "\r\n": "\r\n", `\n`: "\n", `\r`: "\r", `\r\n`: "\r\n"}

// Validate checks the arguments against one another.
func (t *Task) Validate() error {
	if newlines[t.NewlineSequence] == "" {
		return errors.New(`newline_sequence needs to be one of: \n, \r or \r\n`)
	}
	if _, err := encode("", t.OutputEncoding); err != nil {
		return err
	}
	return modules.CheckValidate(t.ValidateWith)
}

// maxTemplate is how large a template may be.
const maxTemplate = 64 << 20

// Prepare renders the template.
func (t *Task) Prepare(ctx context.Context, c modules.Control) error {
	from, err := c.Find("templates", t.Src)
	if err != nil {
		return err
	}
	st, err := host.Follow(ctx, c, from)
	if err != nil {
		return err
	}
	if st.Kind != host.Regular {
		return fmt.Errorf("%s is no file but a %s, and cannot be rendered", from, st.Kind)
	}
	text, err := read(c, from)
	if err != nil {
		return err
	}
	rendered, err := c.Render(ctx, modules.Rendering{Path: from, Text: text, Vars: t.vars(from, st), TemplateSyntax: modules.TemplateSyntax{
		BlockStart: t.BlockStartString, BlockEnd: t.BlockEndString, VariableStart: t.VariableStartString, VariableEnd: t.VariableEndString,
		CommentStart: t.CommentStartString, CommentEnd: t.CommentEndString, TrimBlocks: t.TrimBlocks, LstripBlocks: t.LstripBlocks, Newline: newlines[t.NewlineSequence],
	}})
	if err != nil {
		return err
	}
	out, err := encode(rendered, t.OutputEncoding)
	if err != nil {
		return err
	}
	t.Source, t.From = modules.TextSource(out), from
	t.Source.Rel, t.Source.Mode = path.Base(from), st.Meta.Mode
	return nil
}

func read(c modules.Control, name string) (string, error) {
	r, err := c.Open(name, true)
	if err != nil {
		return "", err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxTemplate+1))
	switch {
	case err != nil:
		return "", err
	case len(data) > maxTemplate:
		return "", fmt.Errorf("the template %s is larger than %d MiB", name, maxTemplate>>20)
	case !utf8.Valid(data):
		return "", errors.New("Template source files must be utf-8 encoded") //nolint:staticcheck // Ansible's words
	}
	return string(data), nil
}

// vars are those that a template sees of itself.
func (t *Task) vars(from string, st host.Stat) map[string]any {
	owner := st.Meta.Owner
	if owner == "" {
		owner = fmt.Sprint(st.Meta.UID)
	}
	return map[string]any{
		"template_path": t.Src, "template_fullpath": from, "template_destpath": t.Dest, "template_uid": owner, "template_mtime": st.ModTime.Format(time.DateTime),
	}
}

// Plan compares the text with what is there.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	p := modules.NewPlacer(r)
	name, err := p.Place(ctx, t.Dest, t.Source.Rel, modules.FileAttributes{Owner: t.Owner, Group: t.Group})
	if err != nil {
		return nil, err
	}
	d, err := p.Deliver(ctx, modules.Delivery{
		Content: t.Source.Content, Attributes: t.With(t.Source.Mode), Follow: t.Follow, Force: t.Force, Backup: t.Backup, Validate: t.ValidateWith,
	}, name)
	if err != nil {
		return nil, err
	}
	plan := &modules.Plan{Steps: p.Steps, Result: map[string]any{}}
	if d.Kept {
		plan.Result["dest"], plan.Result["src"] = name, t.From
		return plan, nil
	}
	return plan, d.Result(ctx, r, plan.Result, t.Source, t.From)
}

// encode gives a text in an encoding, by Python's names for it.
func encode(text, encoding string) (string, error) {
	var b strings.Builder
	wide := func(little bool) string {
		for _, u := range utf16.Encode([]rune(text)) {
			if little {
				b.Write([]byte{byte(u), byte(u >> 8)})
			} else {
				b.Write([]byte{byte(u >> 8), byte(u)})
			}
		}
		return b.String()
	}
	switch name := strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(encoding)); name {
	case "", "utf-8", "utf8":
		return text, nil
	case "ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1", "iso8859-1", "l1":
		limit := rune(0x100)
		if strings.HasSuffix(name, "ascii") {
			limit = 0x80
		}
		for _, r := range text {
			if r >= limit {
				return "", fmt.Errorf("%q cannot be written in %s", r, encoding)
			}
			b.WriteByte(byte(r))
		}
		return b.String(), nil
	case "utf-16":
		b.WriteString("\xff\xfe")
		return wide(true), nil
	case "utf-16-le", "utf-16le":
		return wide(true), nil
	case "utf-16-be", "utf-16be":
		return wide(false), nil
	}
	return "", fmt.Errorf("output_encoding %q is not supported: utf-8, ascii, latin-1, utf-16, utf-16-le and utf-16-be are", encoding)
}
