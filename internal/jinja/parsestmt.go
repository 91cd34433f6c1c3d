package jinja

import "slices"

// later are the tags of the language that are not there yet.
var later = []string{"macro", "call", "include", "import", "from", "extends", "block", "do", "break", "continue", "trans", "autoescape", "debug"}

// statement reads the block tag whose {% was consumed, with its body and its end.
func (p *parser) statement() (stmt, error) {
	t := p.cur()
	if t.kind != tokName {
		return nil, p.unexpected("the name of a tag")
	}
	p.blocks = append(p.blocks, t.text)
	defer func() { p.blocks = p.blocks[:len(p.blocks)-1] }()
	switch t.text {
	case "if":
		return p.ifTag()
	case "for":
		return p.forTag()
	case "set":
		return p.setTag()
	case "filter":
		return p.filterTag()
	case "with":
		return p.withTag()
	}
	if slices.Contains(later, t.text) {
		return nil, p.errorf(t.at, "the tag {%% %s %%} is not supported", t.text)
	}
	return nil, p.unknownTag()
}

// endTag consumes %}.
func (p *parser) endTag() error {
	if p.cur().kind != tokBlockEnd {
		return p.unexpected("the end of the tag")
	}
	p.i++
	return nil
}

// bodyTo reads a body after %} up to one of the tags, whose name it consumes and gives.
func (p *parser) bodyTo(ends ...string) ([]stmt, string, error) {
	if err := p.endTag(); err != nil {
		return nil, "", err
	}
	body, err := p.body(ends...)
	if err != nil {
		return nil, "", err
	}
	return body, p.next().text, nil
}

func (p *parser) ifTag() (stmt, error) {
	s := &ifStmt{}
	word := p.next().text
	for word != "endif" {
		if word == "else" {
			body, _, err := p.bodyTo("endif")
			if err != nil {
				return nil, err
			}
			s.otherwise = body
			break
		}
		cond, err := p.tuple(false)
		if err != nil {
			return nil, err
		}
		body, next, err := p.bodyTo("elif", "else", "endif")
		if err != nil {
			return nil, err
		}
		s.branches = append(s.branches, branch{cond, body})
		word = next
	}
	return s, p.endTag()
}

func (p *parser) forTag() (stmt, error) {
	s := &forStmt{at: p.next().at}
	var err error
	if s.target, err = p.targets(); err != nil {
		return nil, err
	}
	if !p.acceptWord("in") {
		return nil, p.unexpected("'in'")
	}
	if s.over, err = p.tuple(false); err != nil {
		return nil, err
	}
	if p.acceptWord("if") {
		if s.filter, err = p.expression(true); err != nil {
			return nil, err
		}
	}
	s.recursive = p.acceptWord("recursive")
	body, word, err := p.bodyTo("else", "endfor")
	if err != nil {
		return nil, err
	}
	s.body = body
	if word == "else" {
		if s.otherwise, _, err = p.bodyTo("endfor"); err != nil {
			return nil, err
		}
	}
	return s, p.endTag()
}

// target is what a loop or a set assigns to: a name, an attribute of a namespace, or several of them.
type target struct {
	name string
	attr string   // of a namespace
	list []target // where it is several
	at   int
}

// targets reads a target, or several with commas.
func (p *parser) targets() (target, error) {
	first, err := p.target()
	if err != nil || !p.cur().is(",") {
		return first, err
	}
	t := target{list: []target{first}, at: first.at}
	for p.accept(",") {
		if c := p.cur(); c.kind != tokName && !c.is("(") || c.word("in") {
			break
		}
		next, err := p.target()
		if err != nil {
			return t, err
		}
		t.list = append(t.list, next)
	}
	return t, nil
}

func (p *parser) target() (target, error) {
	at := p.cur().at
	if p.accept("(") {
		if err := p.deeper(); err != nil {
			return target{}, err
		}
		defer func() { p.depth-- }()
		t, err := p.targets()
		if err != nil {
			return t, err
		}
		return t, p.expect(")")
	}
	name, err := p.expectName()
	if err != nil {
		return target{}, err
	}
	if _, ok := constants[name]; ok {
		return target{}, p.errorf(at, "cannot assign to '%s'", name)
	}
	t := target{name: name, at: at}
	if p.accept(".") {
		t.attr, err = p.expectName()
	}
	return t, err
}

func (p *parser) setTag() (stmt, error) {
	at := p.next().at
	t, err := p.targets()
	if err != nil {
		return nil, err
	}
	if p.accept("=") {
		x, err := p.tuple(true)
		if err != nil {
			return nil, err
		}
		return &setStmt{t, x, at}, p.endTag()
	}
	s := &setBlock{target: t, at: at}
	if p.cur().is("|") {
		if s.filter, err = p.filters(&pieceNode{}); err != nil {
			return nil, err
		}
	}
	if s.body, _, err = p.bodyTo("endset"); err != nil {
		return nil, err
	}
	return s, p.endTag()
}

func (p *parser) filterTag() (stmt, error) {
	at := p.next().at
	x, err := p.filter(&pieceNode{})
	if err != nil {
		return nil, err
	}
	if x, err = p.filters(x); err != nil {
		return nil, err
	}
	body, _, err := p.bodyTo("endfilter")
	if err != nil {
		return nil, err
	}
	return &filterStmt{body, x, at}, p.endTag()
}

func (p *parser) withTag() (stmt, error) {
	s := &withStmt{at: p.next().at}
	for p.cur().kind != tokBlockEnd {
		if len(s.targets) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		t, err := p.target()
		if err != nil {
			return nil, err
		}
		if err := p.expect("="); err != nil {
			return nil, err
		}
		x, err := p.expression(true)
		if err != nil {
			return nil, err
		}
		s.targets, s.values = append(s.targets, t), append(s.values, x)
	}
	body, _, err := p.bodyTo("endwith")
	if err != nil {
		return nil, err
	}
	s.body = body
	return s, p.endTag()
}
