package yamlsrc

import (
	"github.com/goccy/go-yaml/token"
)

// properties are what may stand before a node.
type properties struct{ tag, anchor int } // indexes of tokens, -1 where there is none

var noProperties = properties{-1, -1}

// level is a collection that is open while tokens are bracketed.
type level struct {
	kind   tokenKind // tkBlockMap, tkBlockSeq, tkFlowMap, tkFlowSeq, levelIndentless or levelPair
	count  int       // entries begun
	keyed  bool      // of a mapping: a KEY token began the entry
	node   bool      // … the entry has its key
	colon  bool      // … its colon
	filled bool      // … its value
}

// levelIndentless is a block sequence in the column of its key, which the scanner does not announce; levelPair a lone "key: value" in a flow sequence.
const (
	levelIndentless tokenKind = 100 + iota
	levelPair
)

// bracketer writes the scanner's tokens in flow form for goccy's parser: blocks get brackets and commas, what is left out becomes an explicit null.
// What does not fit is left for the parser to refuse.
type bracketer struct {
	in      []scanToken
	base    int // index of in[0] in the scanner's tokens; each token given to goccy carries its origin's index as Position.Offset
	out     token.Tokens
	slab    []emitted // has room for further tokens; those in it are never moved
	levels  []level
	pending properties
	props   map[int]properties // by index of the token that starts the node
	bad     int                // index of a token that cannot stand where it does, or -1
	crowded int                // index of a token where a mapping begins to have too many keys, or -1
}

func bracket(in []scanToken, base int) *bracketer {
	b := &bracketer{in: in, base: base, pending: noProperties, props: map[int]properties{}, bad: -1, crowded: -1, out: make(token.Tokens, 0, len(in)+len(in)/4)}
	for i := range in {
		b.token(i)
	}
	return b
}

// refuse notes the first token that cannot stand where it does and that goccy's parser might let pass.
func (b *bracketer) refuse(i int) {
	if b.bad < 0 {
		b.bad = b.base + i
	}
}

func (b *bracketer) top() *level {
	if len(b.levels) == 0 {
		return &level{}
	}
	return &b.levels[len(b.levels)-1]
}

func (b *bracketer) emit(i int, typ token.Type, value string) {
	m := b.in[i].start
	if len(b.slab) == cap(b.slab) {
		b.slab = make([]emitted, 0, 256)
	}
	b.slab = append(b.slab, emitted{})
	e := &b.slab[len(b.slab)-1]
	e.position = token.Position{Line: m.line + 1, Column: m.col + 1, Offset: b.base + i}
	e.token = token.Token{Type: typ, Value: value, Position: &e.position}
	b.out = append(b.out, &e.token)
}

// emitted is a token for goccy's parser with its place; there are so many that they are made in slabs.
type emitted struct {
	token    token.Token
	position token.Position
}

// begin emits the first token of a node, which takes the pending properties.
func (b *bracketer) begin(i int, typ token.Type, value string) {
	if b.pending != noProperties {
		b.props[b.base+i] = b.pending
		b.pending = noProperties
	}
	if t := b.top(); t.colon {
		t.filled = true
	} else {
		t.node = true
	}
	b.emit(i, typ, value)
}

func (b *bracketer) null(i int) { b.begin(i, token.NullType, "null") }

// colon emits the colon of an entry on the line of its key, where goccy wants it.
func (b *bracketer) colon(i int) {
	b.top().colon = true
	b.emit(i, token.MappingValueType, ":")
	if n := len(b.out); n > 1 {
		b.out[n-1].Position.Line = b.out[n-2].Position.Line
	}
}

func (b *bracketer) open(i int, kind tokenKind) {
	typ, text := token.SequenceStartType, "["
	if isMap(kind) {
		typ, text = token.MappingStartType, "{"
	}
	b.begin(i, typ, text)
	b.levels = append(b.levels, level{kind: kind})
}

func isMap(kind tokenKind) bool { return kind == tkBlockMap || kind == tkFlowMap || kind == levelPair }

// finish completes an entry that is a key alone.
func (b *bracketer) finish(i int) {
	if t := b.top(); isMap(t.kind) && t.node && !t.colon {
		b.colon(i)
		b.null(i)
	}
}

func (b *bracketer) close(i int) {
	if len(b.levels) == 0 {
		return
	}
	b.finish(i)
	typ, text := token.SequenceEndType, "]"
	if isMap(b.top().kind) {
		typ, text = token.MappingEndType, "}"
	}
	b.levels = b.levels[:len(b.levels)-1]
	b.emit(i, typ, text)
}

// entry begins an entry of the innermost collection.
func (b *bracketer) entry(i int) {
	b.finish(i)
	t := b.top()
	if t.count > 0 {
		b.emit(i, token.CollectEntryType, ",")
	}
	if t.count++; t.count > maxKeys && b.crowded < 0 && isMap(t.kind) {
		b.crowded = b.base + i
	}
	t.keyed, t.node, t.colon, t.filled = false, false, false, false
}

// nodeFollows reports whether the token after i can start a node.
func (b *bracketer) nodeFollows(i int) bool {
	if i+1 >= len(b.in) {
		return false
	}
	switch b.in[i+1].kind {
	case tkBlockSeq, tkBlockMap, tkFlowSeq, tkFlowMap, tkAlias, tkAnchor, tkTag, tkScalar:
		return true
	case tkBlockEntry:
		return b.top().kind == tkBlockMap && b.top().colon && !b.top().filled
	}
	return false
}

func (b *bracketer) closeIf(i int, kind tokenKind) {
	if b.top().kind == kind {
		b.close(i)
	}
}

func (b *bracketer) token(i int) {
	t := b.in[i]
	switch t.kind {
	case tkBlockMap, tkBlockSeq, tkFlowMap, tkFlowSeq:
		b.open(i, t.kind)
	case tkBlockEnd:
		b.closeIf(i, levelIndentless)
		b.close(i)
	case tkFlowMapEnd, tkFlowSeqEnd:
		b.closeIf(i, levelPair)
		b.close(i)
	case tkFlowEntry:
		b.flowEntry(i)
	case tkBlockEntry:
		if b.top().kind != tkBlockSeq && b.top().kind != levelIndentless {
			b.open(i, levelIndentless)
		}
		b.entry(i)
		b.nullUnless(i)
	case tkKey:
		b.key(i)
		b.nullUnless(i)
	case tkValue:
		b.closeIf(i, levelIndentless)
		if top := b.top(); !top.keyed || !top.node || top.colon {
			b.refuse(i)
			return
		}
		b.colon(i)
		b.nullUnless(i)
	case tkAnchor, tkTag:
		b.property(i)
	case tkAlias:
		if b.pending != noProperties {
			b.refuse(i)
		}
		b.begin(i, token.StringType, "a")
	case tkScalar:
		b.begin(i, token.StringType, "s")
	}
}

func (b *bracketer) nullUnless(i int) {
	if !b.nodeFollows(i) {
		b.null(i)
	}
}

// key begins an entry of a mapping; in a flow sequence it begins a mapping of one pair.
func (b *bracketer) key(i int) {
	b.closeIf(i, levelIndentless)
	switch t := b.top(); {
	case t.kind == tkFlowSeq:
		b.open(i, levelPair)
		b.entry(i)
	case t.kind == tkBlockMap:
		b.entry(i)
	case t.kind != tkFlowMap:
		b.refuse(i)
	}
	b.top().keyed = true
}

func (b *bracketer) flowEntry(i int) {
	b.closeIf(i, levelPair)
	switch t := b.top(); t.kind {
	case tkFlowMap:
		b.finish(i)
		t.keyed, t.node, t.colon, t.filled = false, false, false, false
	case tkFlowSeq:
	default:
		b.refuse(i)
	}
	b.emit(i, token.CollectEntryType, ",")
}

func (b *bracketer) property(i int) {
	slot := &b.pending.tag
	if b.in[i].kind == tkAnchor {
		slot = &b.pending.anchor
	}
	if *slot >= 0 {
		b.refuse(i)
	}
	*slot = b.base + i
	b.nullUnless(i)
}
