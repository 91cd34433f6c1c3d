package jinja

import (
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// Syntax is how a template file is read. Empty texts stand for those of Jinja2.
type Syntax struct {
	BlockStart, BlockEnd       string
	VariableStart, VariableEnd string
	CommentStart, CommentEnd   string
	TrimBlocks                 bool   // the newline after a block tag is dropped
	LstripBlocks               bool   // blanks between the beginning of a line and a block tag are dropped
	Newline                    string // what ends the lines of the text of the file; "": a newline
}

// CompileTemplate compiles a template file as CompileFile does, in a syntax of its own. What it includes is read in the same.
func (e *Env) CompileTemplate(src string, pos diag.Pos, s Syntax) (*Template, error) {
	ws := whitespace{
		set: true, trim: s.TrimBlocks, lstrip: s.LstripBlocks,
		delims: delimiters{s.BlockStart, s.BlockEnd, s.VariableStart, s.VariableEnd, s.CommentStart, s.CommentEnd},
	}
	if s.Newline != "\n" {
		ws.newline = s.Newline
	}
	return e.cached(cacheKey{kind: kindFile, src: src, pos: pos, ws: ws}, pos)
}

const headerMark = "#jinja2:"

// header reads the line "#jinja2: trim_blocks:False" with which a template changes how it is read.
func (t *Template) header(src string, ws *whitespace) (string, error) {
	if !strings.HasPrefix(src, headerMark) {
		return src, nil
	}
	line, rest, ok := strings.Cut(src, "\n")
	if !ok {
		return "", t.errorf(0, "there is no newline after the settings of %s", headerMark)
	}
	for o := range strings.SplitSeq(strings.TrimPrefix(line, headerMark), ",") {
		name, value, _ := strings.Cut(o, ":")
		if err := t.override(ws, strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return "", err
		}
	}
	t.skipped = len(src) - len(rest)
	return rest, nil
}

// override takes one setting of the line.
func (t *Template) override(ws *whitespace, name, value string) error {
	flags := map[string]*bool{"trim_blocks": &ws.trim, "lstrip_blocks": &ws.lstrip}
	texts := map[string]*string{
		"block_start_string": &ws.delims.blockStart, "block_end_string": &ws.delims.blockEnd, "variable_start_string": &ws.delims.varStart,
		"variable_end_string": &ws.delims.varEnd, "comment_start_string": &ws.delims.commentStart, "comment_end_string": &ws.delims.commentEnd,
		"newline_sequence": &ws.newline,
	}
	if flag := flags[name]; flag != nil {
		on := strings.EqualFold(value, "true")
		if !on && !strings.EqualFold(value, "false") {
			return t.errorf(0, "#jinja2: %s must be True or False, not %q", name, value)
		}
		*flag = on
		return nil
	}
	text := texts[name]
	if text == nil {
		return t.errorf(0, "#jinja2: %q is not supported", name).WithHint("trim_blocks, lstrip_blocks, newline_sequence and the strings that begin and end blocks, variables and comments are")
	}
	*text = unquoted(value)
	if *text == "" {
		return t.errorf(0, "#jinja2: %s must be a text in quotes", name)
	}
	return nil
}

// unquoted reads a string literal of Python, as far as such settings need it; what is in no quotes is taken as it is.
func unquoted(s string) string {
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '\'' && s[0] != '"' {
		return s
	}
	inner := s[1 : len(s)-1]
	if text, err := strconv.Unquote(`"` + strings.ReplaceAll(inner, `"`, `\"`) + `"`); err == nil {
		return text
	}
	return inner
}
