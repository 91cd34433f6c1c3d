package jinja_test

import (
	"testing"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
)

func TestSyntax(t *testing.T) {
	vars := jinja.MapScope{"a": "x\ny"}
	for name, tt := range map[string]struct {
		src, want string
		syntax    jinja.Syntax
	}{
		"usual":                     {"{{ a }}\n", "x\ny\n", jinja.Syntax{TrimBlocks: true}},
		"delimiters":                {"[% a %] {{ a }} <# no #><% if true %>z<% endif %>\n", "x\ny {{ a }} z\n", jinja.Syntax{VariableStart: "[%", VariableEnd: "%]", BlockStart: "<%", BlockEnd: "%>", CommentStart: "<#", CommentEnd: "#>"}},
		"one begins with the other": {"{ a } {{ no }}", "x\ny ", jinja.Syntax{VariableStart: "{", VariableEnd: "}", CommentStart: "{{", CommentEnd: "}}"}},
		"raw":                       {"<% raw %>[% a %]<% endraw %>", "[% a %]", jinja.Syntax{VariableStart: "[%", VariableEnd: "%]", BlockStart: "<%", BlockEnd: "%>"}},
		"not trimmed":               {"{% if true %}\nz\n{% endif %}\n", "\nz\n", jinja.Syntax{}},
		"lstripped":                 {"  {% if true %}\nz\n  {% endif %}\nb", "z\nb", jinja.Syntax{TrimBlocks: true, LstripBlocks: true}},
		"newlines":                  {"l\n{{ a }}\n\n", "l\r\nx\ny\r\n\r\n", jinja.Syntax{Newline: "\r\n", TrimBlocks: true}},
		"header":                    {"#jinja2: variable_start_string: '[%', variable_end_string: '%]', trim_blocks: False\n[% a %]\n", "x\ny\n", jinja.Syntax{TrimBlocks: true}},
		"header of newlines":        {"#jinja2: newline_sequence:'\\r\\n'\nb\nc\n", "b\r\nc\r\n", jinja.Syntax{TrimBlocks: true}},
	} {
		tpl, err := jinja.New().CompileTemplate(tt.src, diag.Pos{}, tt.syntax)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := tpl.Eval(t.Context(), vars)
		if err != nil || got != tt.want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, tt.want)
		}
	}
	if _, err := jinja.New().CompileTemplate("#jinja2: line_statement_prefix: '%'\n", diag.Pos{}, jinja.Syntax{}); err == nil {
		t.Error("a setting that is not supported was taken")
	}
}
