package yamlsrc

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/pfrun/pfrun/internal/diag"
)

// document is the tokens of one document, without its markers.
type document struct {
	tokens []scanToken
	base   int  // index of the first of them in the scanner's tokens
	marker int  // index of the --- that starts it, or -1
	ended  bool // a ... stands before it
}

// splitDocuments cuts the token stream at its markers. A stream without tokens holds no document.
func splitDocuments(all []scanToken) []document {
	var docs []document
	cur := document{marker: -1}
	flush := func(end int) {
		cur.tokens = all[cur.base:end]
		if len(cur.tokens) > 0 || cur.marker >= 0 {
			docs = append(docs, cur)
		}
	}
	for i, t := range all {
		switch t.kind {
		case tkDocStart:
			flush(i)
			cur = document{base: i + 1, marker: i}
		case tkDocEnd:
			flush(i)
			cur = document{base: i + 1, marker: -1, ended: true}
		}
	}
	flush(len(all))
	return docs
}

// composer turns goccy's AST of one document into Nodes.
type composer struct {
	*scanner
	diags   *diag.List
	props   map[int]properties
	anchors map[string]*Node // a nil node is an anchor whose value is still being read
	unsafe  bool             // inside !unsafe
	bad     bool
	copied  int // nodes copied for aliases inside !unsafe
}

// document gives a document's root, or nil after an error.
func (c *composer) document(d document) *Node {
	if len(d.tokens) == 0 {
		return &Node{Kind: Null, Pos: c.pos(c.tokens[d.marker].start), Plain: true, size: 1}
	}
	if d.ended {
		c.fail(d.tokens[0].start, "after ... a document starts with ---")
		return nil
	}
	b := bracket(d.tokens, d.base)
	c.props = b.props
	if b.bad >= 0 {
		c.refuse(b.bad)
		return nil
	}
	if b.crowded >= 0 {
		c.fail(c.tokens[b.crowded].start, "a mapping has more than %d keys", maxKeys)
		return nil
	}
	body, ok := c.parse(b.out)
	if !ok {
		return nil
	}
	n := c.node(body)
	if c.bad {
		return nil
	}
	return n
}

// tokenError is what goccy's syntax errors offer.
type tokenError interface {
	error
	GetToken() *token.Token
}

// parse has goccy check the grammar and build its AST.
func (c *composer) parse(tokens token.Tokens) (body ast.Node, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			c.fail(mark{}, "this YAML cannot be read: %v", r)
			ok = false
		}
	}()
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err == nil && len(file.Docs) == 1 && file.Docs[0].Body != nil {
		return file.Docs[0].Body, true
	}
	at := tokens[len(tokens)-1]
	var te tokenError
	if errors.As(err, &te) && te.GetToken() != nil {
		at = te.GetToken()
	}
	c.refuse(at.Position.Offset)
	return nil, false
}

// refuse tells of a token that the grammar cannot place.
func (c *composer) refuse(i int) {
	message, hint := c.unexpected(i)
	c.fail(c.tokens[i].start, "%s", message).WithHint("%s", hint)
}

func (c *composer) err(pos diag.Pos, format string, args ...any) *diag.Diagnostic {
	c.bad = true
	d := diag.Errorf(pos, format, args...)
	c.diags.Add(d)
	return d
}

// node turns an AST node into a Node, with its tag applied and its anchor defined.
func (c *composer) node(a ast.Node) *Node {
	i := a.GetToken().Position.Offset
	t := c.tokens[i]
	p, ok := c.props[i]
	if !ok {
		p = noProperties
	}
	tag := ""
	if p.tag >= 0 {
		tag = c.tokens[p.tag].text
	}
	if t.kind == tkAlias {
		return c.alias(t)
	}
	anchor := ""
	if p.anchor >= 0 {
		anchor = c.tokens[p.anchor].text
		c.anchors[anchor] = nil
	}
	n := c.content(a, t, tag)
	c.count(n)
	if anchor != "" {
		c.anchors[anchor] = n
	}
	return n
}

func (c *composer) content(a ast.Node, t scanToken, tag string) *Node {
	outer := c.unsafe
	c.unsafe = c.unsafe || tag == TagUnsafe
	defer func() { c.unsafe = outer }()
	n := &Node{Pos: c.pos(t.start), size: 1}
	switch a := a.(type) {
	case *ast.MappingNode:
		n.Kind = Mapping
		c.mapping(n, a)
	case *ast.SequenceNode:
		n.Kind = Sequence
		for _, item := range a.Values {
			child := c.node(item)
			n.Items = append(n.Items, child)
			n.size += child.size
		}
	case *ast.NullNode:
		n.Plain = true
		c.scalar(n, "", tag)
		return n
	case *ast.StringNode:
		c.scalarToken(n, t, tag)
		return n
	default:
		c.err(n.Pos, "unexpected %s", a.Type())
	}
	c.collectionTag(n, tag)
	return n
}

func (c *composer) scalarToken(n *Node, t scanToken, tag string) {
	n.Plain, n.style = t.style == 0, t.style
	from := t.start
	if t.style == '|' || t.style == '>' {
		from = t.raw
	}
	n.raw, n.rawAt = c.text[from.off:max(from.off, t.end.off)], c.pos(from)
	c.scalar(n, t.text, tag)
}

func (c *composer) collectionTag(n *Node, tag string) {
	switch tag {
	case "", "!", TagUnsafe:
	case "!!map":
		if n.Kind != Mapping {
			c.err(n.Pos, "!!map stands before %s", n.Kind.WithArticle())
		}
	case "!!seq":
		if n.Kind != Sequence {
			c.err(n.Pos, "!!seq stands before %s", n.Kind.WithArticle())
		}
	case TagVault, "!vault-encrypted":
		c.err(n.Pos, "!vault needs an encrypted block, not %s", n.Kind.WithArticle()).WithHint("write \"!vault |\" and the $ANSIBLE_VAULT text below it, indented")
	default:
		c.unknownTag(n.Pos, tag)
	}
}

func (c *composer) unknownTag(pos diag.Pos, tag string) {
	d := c.err(pos, "the tag %s is not supported", tag)
	d.Hint = diag.DidYouMean(tag, []string{TagVault, TagUnsafe, "!!str", "!!int", "!!float", "!!bool"})
	if d.Hint == "" {
		d.Hint = "put quotes around the value if the exclamation mark is part of it"
	}
}

// alias gives the node that an alias stands for.
func (c *composer) alias(t scanToken) *Node {
	n, ok := c.anchors[t.text]
	switch {
	case !ok:
		d := c.err(c.pos(t.start), "alias *%s: there is no anchor &%s above", t.text, t.text)
		var names []string
		for name := range c.anchors {
			names = append(names, name)
		}
		if d.Hint = diag.DidYouMean(t.text, names); d.Hint == "" {
			d.Hint = "put quotes around the value if the star is part of it: " + quote("*"+t.text)
		}
	case n == nil:
		c.err(c.pos(t.start), "alias *%s stands inside the very value that it names", t.text)
	default:
		if !c.unsafe || c.bad {
			return n
		}
		if c.copied += n.size; c.copied > maxExpanded {
			c.err(c.pos(t.start), "the aliases inside !unsafe stand for more than %d values", maxExpanded)
			return n
		}
		return markUnsafe(n)
	}
	return &Node{Pos: c.pos(t.start), size: 1}
}

// count bounds the size of a node with its aliases written out.
func (c *composer) count(n *Node) {
	if n.size > maxExpanded {
		n.size = maxExpanded + 1
		if !c.bad {
			c.err(n.Pos, "with its aliases written out this value holds more than %d values", maxExpanded)
		}
	}
}

// markUnsafe copies a tree with every string in it marked.
func markUnsafe(n *Node) *Node {
	m := *n
	if m.Kind == String && m.Tag == "" {
		m.Tag = TagUnsafe
	}
	m.Items = slices.Clone(n.Items)
	for i, item := range m.Items {
		m.Items[i] = markUnsafe(item)
	}
	m.Entries = slices.Clone(n.Entries)
	for i, e := range m.Entries {
		m.Entries[i] = Entry{markUnsafe(e.Key), markUnsafe(e.Value)}
	}
	return &m
}

// mapping fills a mapping: merge keys first, as PyYAML places them, then the entries; a key that comes again replaces the value and is warned about.
func (c *composer) mapping(n *Node, a *ast.MappingNode) {
	type pair struct{ key, value *Node }
	var own []pair
	m := newMapping(n)
	var merged []*Node
	for _, v := range a.Values {
		key := c.node(v.Key)
		value := c.node(v.Value)
		n.size += key.size + value.size
		if key.Plain && key.Text == "<<" && key.Kind == String {
			merged = append(merged, c.mergeSources(value)...)
			continue
		}
		if key.Kind == Sequence || key.Kind == Mapping {
			c.err(key.Pos, "%s cannot be a key", key.Kind.WithArticle())
		}
		own = append(own, pair{key, value})
	}
	for _, src := range merged {
		for _, e := range src.Entries {
			m.set(e.Key, e.Value)
		}
	}
	seen := map[string]diag.Pos{}
	for _, p := range own {
		id := keyID(p.key)
		if first, twice := seen[id]; twice {
			c.diags.Add(diag.Warnf(p.key.Pos, "the key %s is given twice in this mapping; the last value is used", p.key.Text).
				WithHint("the first one is in line %d", first.Line))
		}
		seen[id] = p.key.Pos
		m.set(p.key, p.value)
	}
}

// mergeSources gives the mappings that a merge key takes in, the weakest first.
func (c *composer) mergeSources(value *Node) []*Node {
	switch value.Kind {
	case Mapping:
		return []*Node{value}
	case Sequence:
		for _, item := range value.Items {
			if item.Kind != Mapping {
				c.err(item.Pos, "the merge key << takes mappings, not %s", item.Kind.WithArticle())
				return nil
			}
		}
		sources := slices.Clone(value.Items)
		slices.Reverse(sources)
		return sources
	}
	c.err(value.Pos, "the merge key << takes a mapping or a list of mappings, not %s", value.Kind.WithArticle())
	return nil
}

// mapBuilder adds entries to a mapping; setting a key again keeps its place, as in a Python dict: after 1 and true the key is 1.
type mapBuilder struct {
	n  *Node
	at map[string]int
}

func newMapping(n *Node) *mapBuilder { return &mapBuilder{n: n, at: map[string]int{}} }

func (m *mapBuilder) set(key, value *Node) {
	id := keyID(key)
	if i, ok := m.at[id]; ok {
		if m.n.Entries[i].Key.Kind != key.Kind {
			key = m.n.Entries[i].Key
		}
		m.n.Entries[i] = Entry{key, value}
		return
	}
	m.at[id] = len(m.n.Entries)
	m.n.Entries = append(m.n.Entries, Entry{key, value})
}

// keyID tells keys apart as a Python dict does: 1, 1.0 and true are one key, "1" is another.
func keyID(k *Node) string {
	switch v := k.Value.(type) {
	case bool:
		if v {
			return "n1"
		}
		return "n0"
	case float64:
		if v == float64(int64(v)) {
			return fmt.Sprintf("n%d", int64(v))
		}
		return fmt.Sprintf("n%g", v)
	case nil:
		return "null"
	case string:
		return "s" + strings.Clone(v)
	}
	return fmt.Sprintf("n%d", k.Value)
}
