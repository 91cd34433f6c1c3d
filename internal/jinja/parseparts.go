package jinja

import "strings"

// macroTag reads {% macro name(a, b=1) %} … {% endmacro %}.
func (p *parser) macroTag() (stmt, error) {
	m := &macroStmt{at: p.next().at}
	var err error
	if m.name, err = p.expectName(); err != nil {
		return nil, err
	}
	if err := p.parameters(m); err != nil {
		return nil, err
	}
	if err := p.macroBody(m, "endmacro"); err != nil {
		return nil, err
	}
	return m, p.endTag()
}

// macroBody reads the body of a macro, and what it uses.
func (p *parser) macroBody(m *macroStmt, end string) error {
	loops := p.loops
	p.loops = 0
	used, err := p.counted(func() (err error) {
		m.body, _, err = p.bodyTo(end)
		return err
	})
	p.loops = loops
	p.used |= captures
	m.caller, m.varargs, m.kwargs = used&usesCaller != 0, used&usesVarargs != 0, used&usesKwargs != 0
	return err
}

// parameters reads the parameters of a macro in parentheses.
func (p *parser) parameters(m *macroStmt) error {
	if err := p.expect("("); err != nil {
		return err
	}
	for !p.accept(")") {
		if len(m.params) > 0 {
			if err := p.expect(","); err != nil {
				return err
			}
		}
		at := p.cur().at
		name, err := p.expectName()
		if err != nil {
			return err
		}
		if _, ok := constants[name]; ok {
			return p.errorf(at, "a parameter cannot be called '%s'", name)
		}
		var def expr
		if p.accept("=") {
			if def, err = p.expression(true); err != nil {
				return err
			}
		} else if name == "caller" {
			return p.errorf(at, "the parameter 'caller' must have a default")
		} else if n := len(m.defaults); n > 0 && m.defaults[n-1] != nil {
			return p.errorf(at, "the parameter '%s' has no default, but follows one that has", name)
		}
		m.params, m.defaults = append(m.params, name), append(m.defaults, def)
	}
	return nil
}

// callTag reads {% call(x) macro(…) %} … {% endcall %}.
func (p *parser) callTag() (stmt, error) {
	s := &callStmt{at: p.next().at, body: &macroStmt{name: "caller"}}
	s.body.at = s.at
	if p.cur().is("(") {
		if err := p.parameters(s.body); err != nil {
			return nil, err
		}
	}
	at := p.cur().at
	x, err := p.expression(true)
	if err != nil {
		return nil, err
	}
	call, ok := x.(*callNode)
	if !ok {
		return nil, p.errorf(at, "the call of a macro is expected here")
	}
	s.call = call
	if err := p.macroBody(s.body, "endcall"); err != nil {
		return nil, err
	}
	return s, p.endTag()
}

// withContext reads "with context" or "without context".
func (p *parser) withContext(def bool) bool {
	if c := p.cur(); (c.word("with") || c.word("without")) && p.peek().word("context") {
		p.i += 2
		return c.text == "with"
	}
	return def
}

func (p *parser) includeTag() (stmt, error) {
	s := &includeStmt{at: p.next().at}
	p.used |= captures
	var err error
	if s.name, err = p.expression(true); err != nil {
		return nil, err
	}
	if p.cur().word("ignore") && p.peek().word("missing") {
		p.i += 2
		s.ignore = true
	}
	s.context = p.withContext(true)
	return s, p.endTag()
}

// importTag reads {% import 'file' as name %}.
func (p *parser) importTag() (stmt, error) {
	s := &importStmt{at: p.next().at}
	p.used |= captures
	var err error
	if s.name, err = p.expression(true); err != nil {
		return nil, err
	}
	if !p.acceptWord("as") {
		return nil, p.unexpected("'as'")
	}
	if s.as, err = p.assignable(); err != nil {
		return nil, err
	}
	s.context = p.withContext(false)
	return s, p.endTag()
}

// assignable reads a name that may be given a value.
func (p *parser) assignable() (string, error) {
	at := p.cur().at
	name, err := p.expectName()
	if _, ok := constants[name]; ok && err == nil {
		return "", p.errorf(at, "cannot assign to '%s'", name)
	}
	return name, err
}

// fromTag reads {% from 'file' import a, b as c %}.
func (p *parser) fromTag() (stmt, error) {
	s := &importStmt{at: p.next().at}
	p.used |= captures
	var err error
	if s.name, err = p.expression(true); err != nil {
		return nil, err
	}
	if !p.acceptWord("import") {
		return nil, p.unexpected("'import'")
	}
	for p.cur().kind == tokName {
		if c := p.cur(); (c.word("with") || c.word("without")) && p.peek().word("context") {
			break
		}
		if err := p.importedName(s); err != nil {
			return nil, err
		}
		if !p.accept(",") {
			break
		}
	}
	s.context = p.withContext(false)
	if len(s.names) == 0 {
		return nil, p.unexpected("a name to import")
	}
	return s, p.endTag()
}

func (p *parser) importedName(s *importStmt) error {
	at := p.cur().at
	name, err := p.assignable()
	if err != nil {
		return err
	}
	if strings.HasPrefix(name, "_") {
		return p.errorf(at, "'%s' cannot be imported: names that begin with an underscore are private to their file", name)
	}
	alias := name
	if p.acceptWord("as") {
		if alias, err = p.assignable(); err != nil {
			return err
		}
	}
	s.names = append(s.names, importedName{name, alias, at})
	return nil
}

func (p *parser) extendsTag() (stmt, error) {
	s := &extendsStmt{at: p.next().at}
	p.t.extends = true
	var err error
	if s.name, err = p.expression(true); err != nil {
		return nil, err
	}
	return s, p.endTag()
}

// blockTag reads {% block name scoped required %} … {% endblock name %}.
func (p *parser) blockTag() (stmt, error) {
	s := &blockStmt{at: p.next().at}
	at := p.cur().at
	var err error
	if s.name, err = p.assignable(); err != nil {
		return nil, err
	}
	if p.t.blocks[s.name] != nil {
		return nil, p.errorf(at, "the block '%s' is defined twice", s.name)
	}
	s.scoped = p.acceptWord("scoped")
	s.required = p.acceptWord("required")
	if p.t.blocks == nil {
		p.t.blocks = map[string]*blockStmt{}
	}
	p.t.blocks[s.name] = s
	outer, loops := p.used, p.loops
	p.loops = 0
	if s.body, _, err = p.bodyTo("endblock"); err != nil {
		return nil, err
	}
	p.used, p.loops = outer|captures, loops
	if s.scoped {
		p.used |= usesLoop
	}
	if c := p.cur(); c.kind == tokName {
		if c.text != s.name {
			return nil, p.errorf(c.at, "the block that ends here is '%s', not '%s'", s.name, c.text)
		}
		p.i++
	}
	if s.required && !isBlank(s.body) {
		return nil, p.errorf(at, "a required block can only hold white space and comments")
	}
	return s, p.endTag()
}

func isBlank(body []stmt) bool {
	for _, s := range body {
		if t, ok := s.(*textStmt); !ok || strings.TrimSpace(Str(t.text)) != "" {
			return false
		}
	}
	return true
}

// autoescapeTag reads a block that escapes nothing: in Ansible values stay what they are, whatever it says.
func (p *parser) autoescapeTag() (stmt, error) {
	at := p.next().at
	if _, err := p.expression(true); err != nil {
		return nil, err
	}
	body, _, err := p.bodyTo("endautoescape")
	if err != nil {
		return nil, err
	}
	return &withStmt{body: body, at: at}, p.endTag()
}

func (p *parser) doTag() (stmt, error) {
	p.i++
	x, err := p.tuple(true)
	if err != nil {
		return nil, err
	}
	return &doStmt{x}, p.endTag()
}

func (p *parser) jumpTag() (stmt, error) {
	t := p.next()
	if p.loops == 0 {
		return nil, p.errorf(t.at, "{%% %s %%} stands in no loop", t.text)
	}
	s := jumpStmt{errBreak}
	if t.text == "continue" {
		s.err = errContinue
	}
	return &s, p.endTag()
}
