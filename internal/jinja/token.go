package jinja

// tokenKind is what a token is.
type tokenKind byte

const (
	tokEOF tokenKind = iota
	tokText
	tokVarBegin
	tokVarEnd
	tokBlockBegin
	tokBlockEnd
	tokName
	tokString
	tokInt
	tokFloat
	tokOp
)

// token is one word of the source. Text holds the name, the operator, the value of a string or the text outside of tags.
type token struct {
	kind tokenKind
	text string
	num  Value // of tokInt and tokFloat
	at   int   // byte offset in the source
}

// is reports whether the token is the operator.
func (t token) is(op string) bool { return t.kind == tokOp && t.text == op }

// word reports whether the token is the name.
func (t token) word(name string) bool { return t.kind == tokName && t.text == name }

// describe names the token for "unexpected …".
func (t token) describe() string {
	switch t.kind {
	case tokEOF:
		return "end of template"
	case tokVarEnd:
		return "'}}'"
	case tokBlockEnd:
		return "'%}'"
	case tokString:
		return "a string"
	case tokInt, tokFloat:
		return "the number " + Repr(t.num)
	case tokText:
		return "text"
	}
	return "'" + t.text + "'"
}
