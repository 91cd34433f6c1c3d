package jinja

// expression reads an expression; conditional says that "a if b else c" may stand here.
func (p *parser) expression(conditional bool) (expr, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	if !conditional {
		return p.or()
	}
	x, err := p.or()
	for n := 0; err == nil && p.cur().word("if"); n++ {
		if err := p.long(n); err != nil {
			return nil, err
		}
		at := p.next().at
		c := &condNode{yes: x, at: at}
		if c.cond, err = p.or(); err != nil {
			return nil, err
		}
		if p.acceptWord("else") {
			if c.no, err = p.expression(true); err != nil {
				return nil, err
			}
		}
		x = c
	}
	return x, err
}

// tuple reads one expression, or several with commas as a tuple.
func (p *parser) tuple(conditional bool) (expr, error) {
	x, err := p.expression(conditional)
	if err != nil || !p.cur().is(",") {
		return x, err
	}
	items := []expr{x}
	for p.accept(",") {
		if p.endsTuple() {
			break
		}
		if x, err = p.expression(conditional); err != nil {
			return nil, err
		}
		items = append(items, x)
	}
	return &tupleNode{items}, nil
}

func (p *parser) endsTuple() bool {
	t := p.cur()
	return t.kind == tokVarEnd || t.kind == tokBlockEnd || t.kind == tokEOF || t.is(")") || t.is("]") || t.is("}") || t.word("in")
}

func (p *parser) or() (expr, error) {
	x, err := p.and()
	for n := 0; err == nil && p.acceptWord("or"); n++ {
		if err := p.long(n); err != nil {
			return nil, err
		}
		var y expr
		y, err = p.and()
		x = &orNode{x, y}
	}
	return x, err
}

func (p *parser) and() (expr, error) {
	x, err := p.not()
	for n := 0; err == nil && p.acceptWord("and"); n++ {
		if err := p.long(n); err != nil {
			return nil, err
		}
		var y expr
		y, err = p.not()
		x = &andNode{x, y}
	}
	return x, err
}

func (p *parser) not() (expr, error) {
	if !p.acceptWord("not") {
		return p.comparison()
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	x, err := p.not()
	return &notNode{x}, err
}

var comparisons = map[string]bool{"==": true, "!=": true, "<": true, "<=": true, ">": true, ">=": true}

func (p *parser) comparison() (expr, error) {
	x, err := p.sum()
	if err != nil {
		return nil, err
	}
	var rest []comparison
	for {
		t := p.cur()
		op := ""
		switch {
		case t.kind == tokOp && comparisons[t.text]:
			op = t.text
		case t.word("in"):
			op = "in"
		case t.word("not") && p.peek().word("in"):
			op = "not in"
			p.i++
		default:
			if len(rest) == 0 {
				return x, nil
			}
			return &compareNode{x, rest}, nil
		}
		p.i++
		if err := p.long(len(rest)); err != nil {
			return nil, err
		}
		y, err := p.sum()
		if err != nil {
			return nil, err
		}
		rest = append(rest, comparison{op, y, t.at})
	}
}

var sumOps = map[string]operator{"+": opAdd, "-": opSub}

var productOps = map[string]operator{"*": opMul, "/": opDiv, "//": opFloorDiv, "%": opMod}

var powerOps = map[string]operator{"**": opPow}

func (p *parser) sum() (expr, error) { return p.infix(sumOps, p.concat) }

func (p *parser) product() (expr, error) { return p.infix(productOps, p.power) }

func (p *parser) power() (expr, error) {
	return p.infix(powerOps, func() (expr, error) { return p.unary(true) })
}

// infix reads operands with operators of one rank between them, which bind to the left.
func (p *parser) infix(ops map[string]operator, operand func() (expr, error)) (expr, error) {
	x, err := operand()
	for n := 0; err == nil; n++ {
		t := p.cur()
		op, ok := ops[t.text]
		if t.kind != tokOp || !ok {
			break
		}
		if err := p.long(n); err != nil {
			return nil, err
		}
		p.i++
		var y expr
		y, err = operand()
		x = &binNode{op, x, y, t.at}
	}
	return x, err
}

// concat reads operands with ~ between them; it binds tighter than + and weaker than *.
func (p *parser) concat() (expr, error) {
	x, err := p.product()
	if err != nil || !p.cur().is("~") {
		return x, err
	}
	c := &concatNode{parts: []expr{x}, at: p.cur().at}
	for p.accept("~") {
		y, err := p.product()
		if err != nil {
			return nil, err
		}
		c.parts = append(c.parts, y)
	}
	return c, nil
}

// unary reads a sign and its operand. A filter after it applies to the signed number: -3 | abs is 3.
func (p *parser) unary(filters bool) (expr, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	t := p.cur()
	var x expr
	var err error
	if t.is("-") || t.is("+") {
		p.i++
		x, err = p.unary(false)
		x = &signNode{t.is("-"), x, t.at}
	} else {
		x, err = p.primary()
	}
	if err != nil {
		return nil, err
	}
	if x, err = p.postfix(x); err != nil || !filters {
		return x, err
	}
	return p.filters(x)
}

var constants = map[string]Value{"true": true, "True": true, "false": false, "False": false, "none": nil, "None": nil}

func (p *parser) primary() (expr, error) {
	t := p.cur()
	switch {
	case t.kind == tokName:
		p.i++
		if v, ok := constants[t.text]; ok {
			return &constNode{v}, nil
		}
		p.used |= special[t.text]
		return &nameNode{t.text, t.at}, nil
	case t.kind == tokString:
		s := ""
		for p.cur().kind == tokString {
			s += p.next().text
		}
		if p.t.kind == kindExpr && IsTemplate(s) {
			return p.inString(s, t.at)
		}
		return &constNode{s}, nil
	case t.kind == tokInt || t.kind == tokFloat:
		p.i++
		return &constNode{t.num}, nil
	case t.is("("):
		return p.parenthesised()
	case t.is("["):
		p.i++
		items, err := p.listOf("]")
		return &listNode{items}, err
	case t.is("{"):
		return p.dict()
	}
	return nil, p.unexpected("an expression")
}

// inString compiles a template that stands in a string of a condition: ansible-core computes it there.
func (p *parser) inString(s string, at int) (expr, error) {
	inner := &Template{env: p.t.env, src: s, pos: p.t.place(at), kind: kindArg}
	if err := inner.compile(); err != nil {
		return nil, err
	}
	p.t.mutates = p.t.mutates || inner.mutates
	return &stringNode{inner}, nil
}

// stringNode is a string of a condition that is a template.
type stringNode struct{ t *Template }

func (n *stringNode) eval(st *state) (Value, error) { return st.evalTemplate(n.t, "") }

func (p *parser) parenthesised() (expr, error) {
	p.i++
	if p.accept(")") {
		return &tupleNode{}, nil
	}
	x, err := p.tuple(true)
	if err != nil {
		return nil, err
	}
	return x, p.expect(")")
}

// listOf reads expressions with commas between them up to the closing bracket, which is consumed.
func (p *parser) listOf(end string) ([]expr, error) {
	var items []expr
	for !p.accept(end) {
		if len(items) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
			if p.accept(end) {
				break
			}
		}
		x, err := p.expression(true)
		if err != nil {
			return nil, err
		}
		items = append(items, x)
	}
	return items, nil
}

func (p *parser) dict() (expr, error) {
	n := &dictNode{at: p.next().at}
	for !p.accept("}") {
		if len(n.keys) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
			if p.accept("}") {
				break
			}
		}
		k, err := p.expression(true)
		if err != nil {
			return nil, err
		}
		if err := p.expect(":"); err != nil {
			return nil, err
		}
		v, err := p.expression(true)
		if err != nil {
			return nil, err
		}
		n.keys, n.values = append(n.keys, k), append(n.values, v)
	}
	return n, nil
}
