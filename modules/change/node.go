package change

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
)

// NodeKind is a kind of thing that stands at a path.
type NodeKind string

// The kinds of nodes.
const (
	RegularNode NodeKind = "file"
	DirNode     NodeKind = "directory"
	LinkNode    NodeKind = "link"
	OtherNode   NodeKind = "other" // device, socket, pipe
)

// Node is what stands at a path.
type Node struct {
	Kind    NodeKind
	Meta    Meta
	Size    int64    `json:",omitempty"` // of a regular file whose content nobody has read
	Content *Content `json:",omitempty"` // of a regular file; nil: nobody has read it, and its size stands for it
	Target  string   `json:",omitempty"` // of a link, as it is written in it
	Below   *Below   `json:",omitempty"` // of a folder: what is in it; nil: nothing
}

// NodeOf gives a file as a node.
func NodeOf(f *File) Node {
	return Node{Kind: RegularNode, Meta: f.Meta, Size: f.Content.Size, Content: &f.Content}
}

// File gives a node as a file, or nil where it is none, or none whose content is known.
func (n *Node) File() *File {
	if n == nil || n.Kind != RegularNode || n.Content == nil {
		return nil
	}
	return &File{*n.Content, n.Meta}
}

// Below is what is in a folder.
type Below struct {
	Count int    // paths
	Size  int64  // bytes in regular files
	Sum   string // sha256 of Listing, which tells two of them apart
	// Contents is the sha256 of the sorted hashes of all contents; "": they were not read.
	Contents string `json:",omitempty"`
	// Entries are all paths with their contents, parents before children, where that is little enough to keep; nil, and what was removed cannot be made anew.
	Entries []Entry `json:",omitempty"`
}

// Entry is a path below a folder.
type Entry struct {
	Name string // the path from the folder on
	Node
}

// NewBelow makes of the paths of a folder what is known of it. Without hold the entries are not kept.
func NewBelow(entries []Entry, hold bool) *Below {
	b := &Below{Count: len(entries), Sum: sum(Listing(entries))}
	for _, e := range entries {
		b.Size += e.size()
	}
	if hold && len(entries) > 0 {
		b.Entries, b.Contents = entries, sum(contentList(entries))
	}
	return b
}

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// Listing says in sorted lines what can be seen of paths without reading a content: what find and stat tell on the host itself.
func Listing(entries []Entry) string {
	var b strings.Builder
	for _, e := range entries {
		switch e.Kind {
		case RegularNode:
			fmt.Fprintf(&b, "f ./%s %o %d %d %d\n", e.Name, e.Meta.Mode, e.Meta.UID, e.Meta.GID, e.size())
		case DirNode:
			fmt.Fprintf(&b, "d ./%s %o %d %d\n", e.Name, e.Meta.Mode, e.Meta.UID, e.Meta.GID)
		case LinkNode:
			fmt.Fprintf(&b, "l ./%s %d %d %d\n", e.Name, e.Meta.UID, e.Meta.GID, len(e.Target))
		default:
			fmt.Fprintf(&b, "o ./%s %o %d %d\n", e.Name, e.Meta.Mode, e.Meta.UID, e.Meta.GID)
		}
	}
	return sorted(b.String())
}

func contentList(entries []Entry) string {
	var b strings.Builder
	for _, e := range entries {
		if e.Kind == RegularNode && e.Content != nil {
			b.WriteString(e.Content.SHA256 + "  -\n")
		}
	}
	return sorted(b.String())
}

// sorted orders lines as sort does in the C locale.
func sorted(text string) string {
	lines := slices.Collect(strings.Lines(text))
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func (n Node) size() int64 {
	if n.Content != nil {
		return n.Content.Size
	}
	if n.Kind == RegularNode {
		return n.Size
	}
	return 0
}

// Empty reports whether nothing is in the folder.
func (b *Below) Empty() bool { return b == nil || b.Count == 0 }

// Held reports whether the folder can be made anew from what is known of it.
func (b *Below) Held() bool { return b.Empty() || b.Entries != nil }

// Same reports whether two folders hold the same, as far as both know it.
func (b *Below) Same(o *Below) bool {
	if b.Empty() || o.Empty() {
		return b.Empty() && o.Empty()
	}
	return b.Sum == o.Sum && (b.Contents == "" || o.Contents == "" || b.Contents == o.Contents)
}

// Same reports whether two nodes are the same, as far as both are known. The mode of a link is nobody's choice and not compared.
func (n *Node) Same(o *Node) bool {
	if n == nil || o == nil {
		return n == o
	}
	switch {
	case n.Kind != o.Kind:
		return false
	case n.Kind == LinkNode:
		return n.Target == o.Target && n.Meta.UID == o.Meta.UID && n.Meta.GID == o.Meta.GID
	case !n.Meta.Same(o.Meta):
		return false
	case n.Content != nil && o.Content != nil:
		return n.Content.SHA256 == o.Content.SHA256
	}
	return n.size() == o.size() && n.Below.Same(o.Below)
}

func (n *Node) contents() []Content {
	if n == nil {
		return nil
	}
	var all []Content
	if n.Content != nil {
		all = append(all, *n.Content)
	}
	return append(all, n.Below.contents()...)
}

func (b *Below) contents() []Content {
	if b == nil {
		return nil
	}
	var all []Content
	for _, e := range b.Entries {
		all = append(all, e.contents()...)
	}
	return all
}

// describe gives a node as a line of a diff.
func (n Node) describe(at string) string {
	switch n.Kind {
	case LinkNode:
		return fmt.Sprintf("%s -> %s\n", at, n.Target)
	case DirNode:
		return fmt.Sprintf("%s/ (folder, %s)\n", strings.TrimSuffix(at, "/"), n.Meta)
	case RegularNode:
		return fmt.Sprintf("%s (file, %d bytes, %s)\n", at, n.size(), n.Meta)
	}
	return fmt.Sprintf("%s (neither file, folder nor link, %s)\n", at, n.Meta)
}

// gone gives the lines of a diff for a node that goes away; nil gives none.
func (n *Node) gone(at string) string {
	if n == nil {
		return ""
	}
	return "- " + n.describe(at) + n.Below.lines("- ", at)
}

// lines gives a line of a diff for each path below a folder, or one for all where they are not known.
func (b *Below) lines(sign, dir string) string {
	switch {
	case b.Empty():
		return ""
	case b.Entries == nil:
		return fmt.Sprintf("%s%s/… (%d paths, %d bytes)\n", sign, strings.TrimSuffix(dir, "/"), b.Count, b.Size)
	}
	var out strings.Builder
	for _, e := range b.Entries {
		out.WriteString(sign + e.describe(path.Join(dir, e.Name)))
	}
	return out.String()
}
