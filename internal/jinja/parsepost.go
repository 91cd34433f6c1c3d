package jinja

import (
	"maps"
	"slices"
	"strings"
)

// postfix reads what follows an operand: attributes, items, calls.
func (p *parser) postfix(x expr) (expr, error) {
	var err error
	for n := 0; err == nil; n++ {
		if err := p.long(n); err != nil {
			return nil, err
		}
		t := p.cur()
		switch {
		case t.is("."):
			x, err = p.attribute(x)
		case t.is("["):
			x, err = p.subscript(x)
		case t.is("("):
			x, err = p.call(x)
		default:
			return x, nil
		}
	}
	return x, err
}

// filters reads filters, tests and calls of what they give.
func (p *parser) filters(x expr) (expr, error) {
	var err error
	for n := 0; err == nil; n++ {
		if err := p.long(n); err != nil {
			return nil, err
		}
		t := p.cur()
		switch {
		case t.is("|"):
			p.i++
			x, err = p.filter(x)
		case t.word("is"):
			x, err = p.test(x)
		case t.is("("):
			x, err = p.call(x)
		default:
			return x, nil
		}
	}
	return x, err
}

func (p *parser) attribute(x expr) (expr, error) {
	p.i++
	t := p.next()
	switch t.kind {
	case tokName:
		return &attrNode{x, t.text, t.at}, nil
	case tokInt:
		return &itemNode{x, &constNode{t.num}, t.at}, nil
	}
	p.i--
	return nil, p.unexpected("a name or a number after the dot")
}

func (p *parser) subscript(x expr) (expr, error) {
	at := p.next().at
	var keys []expr
	for !p.accept("]") {
		if len(keys) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		k, err := p.subscribed()
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	switch len(keys) {
	case 0:
		return nil, p.errorf(at, "the brackets are empty")
	case 1:
		return &itemNode{x, keys[0], at}, nil
	}
	return &itemNode{x, &tupleNode{keys}, at}, nil
}

// subscribed reads a key or a slice.
func (p *parser) subscribed() (expr, error) {
	s := &sliceNode{at: p.cur().at}
	if !p.cur().is(":") {
		x, err := p.expression(true)
		if err != nil || !p.cur().is(":") {
			return x, err
		}
		s.from = x
	}
	for _, part := range []*expr{&s.to, &s.step} {
		if !p.accept(":") {
			break
		}
		if t := p.cur(); t.is(":") || t.is("]") || t.is(",") {
			continue
		}
		x, err := p.expression(true)
		if err != nil {
			return nil, err
		}
		*part = x
	}
	return s, nil
}

// changing are the methods that change the list or the dict they are called on.
var changing = map[string]bool{
	"append": true, "extend": true, "insert": true, "remove": true, "sort": true, "reverse": true,
	"pop": true, "popitem": true, "clear": true, "update": true, "setdefault": true,
}

func (p *parser) call(fn expr) (expr, error) {
	at := p.cur().at
	if a, ok := fn.(*attrNode); ok {
		at = a.at
		p.t.mutates = p.t.mutates || changing[a.name]
	}
	if i, ok := fn.(*itemNode); ok {
		if k, ok := i.key.(*constNode); ok {
			s, _ := k.v.(string)
			p.t.mutates = p.t.mutates || changing[s]
		}
	}
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	if n, ok := fn.(*nameNode); ok {
		if err := p.checkLookup(n, args); err != nil {
			return nil, err
		}
		at = n.at
	}
	return &callNode{fn, args, at}, nil
}

// checkLookup refuses a lookup that does not exist, where its name is written out.
func (p *parser) checkLookup(fn *nameNode, a arguments) error {
	if fn.name != "lookup" && fn.name != "query" && fn.name != "q" || len(a.pos) == 0 {
		return nil
	}
	c, ok := a.pos[0].(*constNode)
	if !ok {
		return nil
	}
	name, ok := c.v.(string)
	if !ok || p.t.env.lookups[plainName(name)] != nil || p.foreign("lookup", name, fn.at) {
		return nil
	}
	return unknownName(p.t, fn.at, "lookup", name, p.t.env.Lookups())
}

// arguments reads the arguments of a call in parentheses.
func (p *parser) arguments() (arguments, error) {
	var a arguments
	if err := p.expect("("); err != nil {
		return a, err
	}
	for first := true; !p.accept(")"); first = false {
		if !first {
			if err := p.expect(","); err != nil {
				return a, err
			}
			if p.accept(")") {
				break
			}
		}
		if err := p.argument(&a); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (p *parser) argument(a *arguments) (err error) {
	t := p.cur()
	switch {
	case t.is("**") && a.stars == nil:
		p.i++
		a.stars, err = p.expression(true)
		return err
	case t.is("*") && a.star == nil && a.stars == nil:
		p.i++
		a.star, err = p.expression(true)
		return err
	case t.kind == tokName && p.peek().is("=") && a.stars == nil:
		p.i += 2
		if slices.Contains(a.names, t.text) {
			return p.errorf(t.at, "keyword argument repeated: '%s' is given twice", t.text)
		}
		x, err := p.expression(true)
		a.names, a.kw = append(a.names, t.text), append(a.kw, x)
		return err
	}
	if len(a.names) > 0 || a.star != nil || a.stars != nil {
		return p.errorf(t.at, "a positional argument cannot follow a named one")
	}
	x, err := p.expression(true)
	a.pos = append(a.pos, x)
	return err
}

// dotted reads the name of a filter or a test, which may have dots.
func (p *parser) dotted() (string, int, error) {
	at := p.cur().at
	name, err := p.expectName()
	for err == nil && p.accept(".") {
		var part string
		part, err = p.expectName()
		name += "." + part
	}
	return name, at, err
}

// plainName takes away the collection of what Ansible itself provides.
func plainName(name string) string {
	name = strings.TrimPrefix(name, "ansible.builtin.")
	return strings.TrimPrefix(name, "ansible.legacy.")
}

func (p *parser) filter(in expr) (expr, error) {
	name, at, err := p.dotted()
	if err != nil {
		return nil, err
	}
	def := p.t.env.filters[plainName(name)]
	switch {
	case def == nil && p.foreign("filter", name, at):
		def = foreignFilter(name)
	case def == nil:
		return nil, unknownName(p.t, at, "filter", name, p.t.env.Filters())
	}
	n := &filterNode{in: in, def: def, at: at}
	if p.cur().is("(") {
		if n.args, err = p.arguments(); err != nil {
			return nil, err
		}
	}
	return n, p.checkNamed(def.name, n.args, at)
}

// checkNamed refuses map('nosuch') and select('nosuch') where the name is written out.
func (p *parser) checkNamed(filter string, a arguments, at int) error {
	i, tests := 0, true
	switch filter {
	case "map":
		tests = false
	case "select", "reject":
	case "selectattr", "rejectattr":
		i = 1
	default:
		return nil
	}
	if len(a.pos) <= i {
		return nil
	}
	c, ok := a.pos[i].(*constNode)
	if !ok {
		return nil
	}
	name, ok := c.v.(string)
	switch {
	case !ok:
		return nil
	case tests && p.t.env.tests[plainName(name)] == nil && !p.foreign("test", name, at):
		return unknownName(p.t, at, "test", name, p.t.env.Tests())
	case !tests && p.t.env.filters[plainName(name)] == nil && !p.foreign("filter", name, at):
		return unknownName(p.t, at, "filter", name, p.t.env.Filters())
	}
	return nil
}

func (p *parser) test(in expr) (expr, error) {
	p.i++
	negated := p.acceptWord("not")
	name, at, err := p.dotted()
	if err != nil {
		return nil, err
	}
	def := p.t.env.tests[plainName(name)]
	switch {
	case def == nil && p.foreign("test", name, at):
		def = foreignTest(name)
	case def == nil:
		return nil, unknownName(p.t, at, "test", name, slices.Collect(maps.Keys(p.t.env.tests)))
	}
	n := &testNode{in: in, def: def, at: at}
	switch t := p.cur(); {
	case t.is("("):
		n.args, err = p.arguments()
	case p.startsArgument(t):
		var x expr
		if x, err = p.primary(); err == nil {
			x, err = p.postfix(x)
		}
		n.args.pos = []expr{x}
	}
	if err != nil {
		return nil, err
	}
	if negated {
		return &notNode{n}, nil
	}
	return n, nil
}

// startsArgument reports whether a test's one argument without parentheses begins here.
func (p *parser) startsArgument(t token) bool {
	switch t.kind {
	case tokName:
		return !slices.Contains([]string{"else", "or", "and", "if", "is", "in", "not"}, t.text)
	case tokString, tokInt, tokFloat:
		return true
	}
	return t.is("[") || t.is("{")
}
