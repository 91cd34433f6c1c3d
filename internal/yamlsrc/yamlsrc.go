// Package yamlsrc reads YAML as PyYAML (on libyaml) reads it for Ansible, into trees whose every node knows its place in the source.
//
// The scanner is pfrun's own and follows libyaml's: simple keys, indentation, folding and escapes are read to the letter, and errors are told in the
// words of the person who wrote the file. It hands goccy/go-yaml's parser a token stream in which blocks are already bracketed; goccy's AST is then
// turned into Nodes: YAML 1.1 scalars, merge keys, aliases, tags. goccy's own lexer is not used: it drops tabs inside plain values, reads {a:1} as
// YAML 1.2 does, and its parser needs time quadratic in the number of keys of a block mapping, which the bracketed form avoids.
//
// What would cost memory or time without bound (size, depth, node count, aliases of aliases) is refused with its place.
package yamlsrc

import (
	"encoding/json"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// Kind says what a node is, after YAML 1.1's implicit types.
type Kind int

// The kinds. A Timestamp (2024-01-31, 2024-01-31 10:00:00) is a date or datetime in Ansible; its Value is the text that Python prints for it.
const (
	Null Kind = iota
	Bool
	Int
	Float
	String
	Timestamp
	Sequence
	Mapping
)

var kindNames = [...]string{"null", "boolean", "integer", "float", "string", "timestamp", "list", "mapping"}

// String gives the word that an error message uses for the kind.
func (k Kind) String() string { return kindNames[k] }

// WithArticle gives the word as it stands in a sentence: "a list", "an integer".
func (k Kind) WithArticle() string {
	switch k {
	case Null:
		return "null"
	case Int:
		return "an integer"
	}
	return "a " + kindNames[k]
}

// TagVault and TagUnsafe are the tags that Ansible adds to YAML. A vault node is a String whose Text is the encrypted block; every string inside an
// unsafe node carries TagUnsafe: it is never a template.
const (
	TagVault  = "!vault"
	TagUnsafe = "!unsafe"
)

// Node is one value of a YAML file. Nodes reached through an alias or a merge key are shared: do not change them.
type Node struct {
	Kind    Kind
	Tag     string   // TagVault, TagUnsafe or ""
	Pos     diag.Pos // of the first character of the value (the opening quote, the | of a block)
	Text    string   // a string's content; the text as written of any other scalar
	Value   any      // nil, bool, int64 or *big.Int, float64, string (String and Timestamp); nil for collections
	Plain   bool     // a scalar without quotes
	Items   []*Node  // of a Sequence
	Entries []Entry  // of a Mapping, in order; keys are unique

	raw   string // a scalar as written, quotes included; a block scalar from its first content line
	rawAt diag.Pos
	style byte // 0 plain, or one of ' " | >
	size  int  // nodes in this tree with every alias written out
}

// Entry is a key and its value in a Mapping. Keys are scalars of any kind.
type Entry struct{ Key, Value *Node }

// Get gives the value under a string key of a mapping, or nil where n is nil, no mapping, or has no such key.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Mapping {
		return nil
	}
	for _, e := range n.Entries {
		if e.Key.Kind == String && e.Key.Text == key {
			return e.Value
		}
	}
	return nil
}

// IsNull reports whether there is no value: a nil node, or a null.
func (n *Node) IsNull() bool { return n == nil || n.Kind == Null }

// Parse reads all documents of a source. A document without content is a Null node. Where the list holds errors the trees are incomplete and are not
// to be used; duplicate keys are warnings (the last value wins).
func Parse(src *diag.Source) ([]*Node, diag.List) {
	var ds diag.List
	if !checkText(src, &ds) {
		return nil, ds
	}
	s := newScanner(src, &ds)
	s.json = isJSON(src.Text)
	if !s.run() {
		return nil, ds
	}
	var docs []*Node
	for _, doc := range splitDocuments(s.tokens) {
		c := &composer{scanner: s, diags: &ds, anchors: map[string]*Node{}}
		n := c.document(doc)
		if n == nil {
			return nil, ds
		}
		docs = append(docs, n)
	}
	return docs, ds
}

// isJSON reports whether the text is a JSON object or array, which Ansible reads as JSON: 1e3 is a number there.
func isJSON(text string) bool {
	t := strings.TrimLeft(text, " \t\r\n")
	return t != "" && (t[0] == '{' || t[0] == '[') && json.Valid([]byte(t))
}

// ParseOne reads the single document that an Ansible file holds. The node is nil where the file has no content. A second document is an error.
func ParseOne(src *diag.Source) (*Node, diag.List) {
	docs, ds := Parse(src)
	if len(docs) == 0 {
		return nil, ds
	}
	if len(docs) > 1 {
		ds.Add(diag.Errorf(docs[1].Pos, "a second document starts here; this file can hold only one").WithHint("remove the --- line, or move what follows to a file of its own"))
		return nil, ds
	}
	n := docs[0]
	if n.Kind == Null && n.Text == "" {
		return nil, ds
	}
	return n, ds
}
