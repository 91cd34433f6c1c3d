package jinja

// notThere are the tags of Jinja2's extensions that pfrun does not have.
var notThere = map[string]bool{"trans": true, "pluralize": true, "debug": true}

// extensionOf names the extension of a tag.
var extensionOf = map[string]string{"do": "jinja2.ext.do", "break": "jinja2.ext.loopcontrols", "continue": "jinja2.ext.loopcontrols"}

// statements reads the tags; set in init because bodies hold statements.
var statements map[string]func(*parser) (stmt, error)

func init() {
	statements = map[string]func(*parser) (stmt, error){
		"if": (*parser).ifTag, "for": (*parser).forTag, "set": (*parser).setTag, "filter": (*parser).filterTag, "with": (*parser).withTag,
		"macro": (*parser).macroTag, "call": (*parser).callTag, "include": (*parser).includeTag, "import": (*parser).importTag, "from": (*parser).fromTag,
		"extends": (*parser).extendsTag, "block": (*parser).blockTag, "autoescape": (*parser).autoescapeTag,
		"do": (*parser).doTag, "break": (*parser).jumpTag, "continue": (*parser).jumpTag,
	}
}

// statement reads the block tag whose {% was consumed, with its body and its end.
func (p *parser) statement() (stmt, error) {
	t := p.cur()
	if t.kind != tokName {
		return nil, p.unexpected("the name of a tag")
	}
	read := statements[t.text]
	ext := extensionOf[t.text]
	switch {
	case notThere[t.text]:
		return nil, p.errorf(t.at, "the tag {%% %s %%} is not supported", t.text)
	case read == nil:
		return nil, p.unknownTag()
	case ext != "" && !p.t.env.tags[t.text]:
		return nil, p.errorf(t.at, "the tag {%% %s %%} belongs to the extension %s, which is not on, as in Ansible's defaults", t.text, ext)
	}
	p.blocks = append(p.blocks, t.text)
	defer func() { p.blocks = p.blocks[:len(p.blocks)-1] }()
	return read(p)
}

// counted runs read and gives which special variables it used.
func (p *parser) counted(read func() error) (uses, error) {
	outer := p.used
	p.used = 0
	err := read()
	mine := p.used
	p.used |= outer
	return mine, err
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
	word := ""
	used, err := p.counted(func() (err error) {
		p.loops++
		s.body, word, err = p.bodyTo("else", "endfor")
		p.loops--
		return err
	})
	if err != nil {
		return nil, err
	}
	s.showLoop, s.fresh = s.recursive || used&usesLoop != 0, used&captures != 0
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
