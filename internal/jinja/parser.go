package jinja

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

const (
	maxParse = 1000   // how deep rules may stand in one another; a pair of parentheses takes two
	maxChain = 10_000 // how many operators, filters or attributes may follow one another
)

// parser makes the tree of a template.
type parser struct {
	t      *Template
	tokens []token
	i      int
	depth  int
	blocks []string // the open block tags, for errors
	loops  int      // open loops
	used   uses     // by what was read since the innermost body that counts began
}

// uses says which special variables a body reads, and whether something in it keeps hold of its variables.
type uses uint8

const (
	usesLoop uses = 1 << iota
	usesCaller
	usesVarargs
	usesKwargs
	captures // a macro, or what may hold one
)

var special = map[string]uses{"loop": usesLoop, "caller": usesCaller, "varargs": usesVarargs, "kwargs": usesKwargs}

func (p *parser) cur() token  { return p.tokens[p.i] }
func (p *parser) peek() token { return p.tokens[min(p.i+1, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.i]
	if t.kind != tokEOF {
		p.i++
	}
	return t
}

func (p *parser) errorf(at int, format string, args ...any) *diag.Diagnostic {
	return p.t.errorf(at, format, args...)
}

// unexpected is the error of a token that cannot stand here.
func (p *parser) unexpected(want string) error {
	t := p.cur()
	msg := "unexpected " + t.describe()
	if want != "" {
		msg += ", expected " + want
	}
	d := p.errorf(t.at, "%s", msg)
	switch {
	case t.is("="):
		d.Hint = "a comparison is written =="
	case p.i > 0 && p.tokens[p.i-1].kind == tokName && statements[p.tokens[p.i-1].text] != nil:
		d.Hint = fmt.Sprintf("a tag is written {%% %s … %%}", p.tokens[p.i-1].text)
	}
	return d
}

func (p *parser) accept(op string) bool {
	if p.cur().is(op) {
		p.i++
		return true
	}
	return false
}

func (p *parser) expect(op string) error {
	if !p.accept(op) {
		return p.unexpected("'" + op + "'")
	}
	return nil
}

func (p *parser) acceptWord(w string) bool {
	if p.cur().word(w) {
		p.i++
		return true
	}
	return false
}

func (p *parser) expectName() (string, error) {
	if p.cur().kind != tokName {
		return "", p.unexpected("a name")
	}
	return p.next().text, nil
}

// deeper counts one level of nesting; the caller ends it with p.depth--.
func (p *parser) deeper() error {
	if p.depth++; p.depth > maxParse {
		return p.errorf(p.cur().at, "the expression is nested too deeply: more than %d levels", maxParse/2)
	}
	return nil
}

func (p *parser) long(n int) error {
	if n > maxChain {
		return p.errorf(p.cur().at, "the expression is too long: more than %d operators in a row", maxChain)
	}
	return nil
}

// compile makes the tree of the template's source.
func (t *Template) compile() (err error) {
	defer recovered(&err)
	defer func() {
		var d *diag.Diagnostic
		if err != nil && !errors.As(err, &d) {
			err = t.errorf(0, "%s", err)
		}
	}()
	if t.kind == kindExpr {
		return t.compileExpr()
	}
	src := t.src
	if strings.ContainsRune(src, '\r') {
		src = strings.ReplaceAll(strings.ReplaceAll(src, "\r\n", "\n"), "\r", "\n")
		t.src = src
	}
	if t.kind != kindPart {
		if !t.ws.set {
			t.ws = whitespace{trim: true}
		}
		if src, err = t.header(src, &t.ws); err != nil {
			return err
		}
	}
	tokens, err := lexTemplate(t, strings.TrimSuffix(src, "\n"), t.ws)
	if err != nil {
		return err
	}
	p := &parser{t: t, tokens: tokens}
	if t.body, err = p.body(); err != nil {
		return err
	}
	if p.cur().kind != tokEOF {
		return p.unknownTag()
	}
	if o, ok := single(t.body); ok && t.kind != kindPart && !strings.HasSuffix(t.src, "\n") {
		t.expr = o.x
	}
	return nil
}

// single gives the one output of a body that has nothing else.
func single(body []stmt) (*printStmt, bool) {
	if len(body) != 1 {
		return nil, false
	}
	o, ok := body[0].(*printStmt)
	return o, ok
}

// compileExpr compiles a bare expression. One in {{ }}, as older playbooks have them, is taken by its value. Any other template in it is refused, as in ansible-core 2.19: older
// releases took its text as an expression.
func (t *Template) compileExpr() error {
	src := strings.TrimSpace(t.src)
	if (strings.HasPrefix(src, "{{") || strings.HasPrefix(src, "{%")) && (strings.HasSuffix(src, "}}") || strings.HasSuffix(src, "%}")) {
		inner := &Template{env: t.env, src: t.src, pos: t.pos, kind: kindArg}
		if err := inner.compile(); err != nil {
			return err
		}
		if _, ok := single(inner.body); !ok {
			return t.delimiters("the text that it gives is not evaluated")
		}
		t.expr, t.mutates = &wordNode{inner}, inner.mutates
		return nil
	}
	tokens, err := lexExpr(t, t.src)
	if err == nil {
		p := &parser{t: t, tokens: tokens}
		if t.expr, err = p.expression(true); err == nil && p.cur().kind != tokEOF {
			err = p.unexpected("the end of the expression")
		}
	}
	if err != nil && (strings.Contains(src, "{{") || strings.Contains(src, "{%")) {
		return t.delimiters(firstLine(err))
	}
	return err
}

// delimiters is the error of an expression with a template in it.
func (t *Template) delimiters(why string) error {
	return t.errorf(0, "Syntax error in expression. Template delimiters are not supported in expressions: %s", why).WithHint("write it as one expression, with names in place of {{ name }}")
}

func firstLine(err error) string {
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		return d.Message
	}
	return err.Error()
}

// wordNode is a condition that is one template. A text that it gives is an expression to ansible-core where it comes from a playbook, and refused where it does not. Here no text is
// evaluated; one that is a literal is that.
type wordNode struct{ t *Template }

func (n *wordNode) eval(st *state) (Value, error) {
	v, err := n.t.result(st)
	s, ok := v.(string)
	if err != nil || !ok {
		return v, err
	}
	if v, ok := literal(s); ok {
		return v, nil
	}
	return nil, n.t.errorf(0, "the condition gives a text, which is not evaluated: %s", Repr(s)).WithHint("write the expression itself, without {{ }}")
}

// literal gives the value of a text that is a boolean, a number, nothing, or a string in quotes.
func literal(s string) (Value, bool) {
	s = strings.TrimSpace(s)
	switch s {
	case "True", "true":
		return true, true
	case "False", "false", "None", "none", "":
		return false, true
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i, true
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && strings.Trim(s, "+-0123456789.e") == "" {
		return f, true
	}
	if n := len(s); n > 1 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] && !strings.ContainsAny(s[1:n-1], `"'\`) {
		return s[1 : n-1], true
	}
	return nil, false
}

// body reads statements up to a block tag with one of the names, which is not consumed (but its {% is), or the end.
func (p *parser) body(ends ...string) ([]stmt, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	var body []stmt
	for {
		t := p.next()
		switch t.kind {
		case tokEOF:
			if len(ends) > 0 {
				return nil, p.endMissing(ends)
			}
			return body, nil
		case tokText:
			body = append(body, &textStmt{t.text})
		case tokVarBegin:
			x, err := p.tuple(true)
			if err != nil {
				return nil, err
			}
			if p.cur().kind != tokVarEnd {
				return nil, p.unexpected("'}}'")
			}
			p.i++
			body = append(body, &printStmt{x, t.at})
		case tokBlockBegin:
			if c := p.cur(); c.kind == tokName && slices.Contains(ends, c.text) {
				return body, nil
			}
			s, err := p.statement()
			if err != nil {
				return nil, err
			}
			if s != nil {
				body = append(body, s)
			}
		}
	}
}

func (p *parser) endMissing(ends []string) error {
	d := p.errorf(p.cur().at, "unexpected end of template, expected {%% %s %%}", strings.Join(ends, " %} or {% "))
	if n := len(p.blocks); n > 0 {
		d.Hint = "the innermost block that is open is " + p.blocks[n-1]
	}
	return d
}

func (p *parser) unknownTag() error {
	t := p.cur()
	if strings.HasPrefix(t.text, "end") || t.word("else") || t.word("elif") {
		return p.errorf(t.at, "unexpected {%% %s %%}: no block is open that it could end", t.text)
	}
	d := p.errorf(t.at, "unknown tag %s", t.describe())
	if t.kind == tokName {
		d.Hint = diag.DidYouMean(t.text, []string{"if", "for", "set", "filter", "with", "raw", "elif", "else", "endif", "endfor", "endset", "macro", "call", "include", "import", "from",
			"extends", "block", "autoescape", "do", "break", "continue"})
	}
	return d
}
