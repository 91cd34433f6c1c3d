package host

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/pfrun/pfrun/modules/change"
)

// Keep bounds what NodeAt reads of contents, so that what is removed can be put back.
type Keep struct {
	File  int64 // how large a file may be that is read
	Paths int   // how many paths a folder may hold whose contents are read
	Bytes int64 // and how much in its files
}

// NodeAt gives what stands at a path that Stat has described, as a change expects it; nil where nothing is there. What is larger than keep allows is described without its contents.
func NodeAt(ctx context.Context, r Reader, st Stat, keep Keep) (*change.Node, error) {
	n := &change.Node{Kind: change.NodeKind(st.Kind), Meta: st.Meta, Target: st.Target}
	var err error
	switch st.Kind {
	case Absent:
		return nil, nil
	case Regular:
		n.Size = st.Size
		if st.Size <= keep.File {
			err = readNode(ctx, r, st.Path, keep.File, n)
		}
	case Dir:
		n.Below, err = belowOf(ctx, r, st.Path, keep)
	}
	return n, err
}

func readNode(ctx context.Context, r Reader, name string, limit int64, n *change.Node) error {
	f, err := r.ReadFile(ctx, name, limit)
	if err == nil {
		n.Size, n.Content = f.Content.Size, &f.Content
	}
	return err
}

func belowOf(ctx context.Context, r Reader, dir string, keep Keep) (*change.Below, error) {
	var entries []change.Entry
	var bytes int64
	odd := false
	for st, err := range r.Walk(ctx, dir) {
		if err != nil {
			return nil, err
		}
		e := change.Entry{Name: strings.TrimPrefix(strings.TrimPrefix(st.Path, dir), "/"), Node: change.Node{Kind: change.NodeKind(st.Kind), Meta: st.Meta, Target: st.Target}}
		if st.Kind == Regular {
			e.Size = st.Size
			bytes += st.Size
		}
		odd = odd || st.Kind == Other
		entries = append(entries, e)
	}
	if len(entries) == 0 {
		return nil, nil
	}
	if odd || len(entries) > keep.Paths || bytes > keep.Bytes {
		return change.NewBelow(entries, false), nil
	}
	for i := range entries {
		if e := &entries[i]; e.Kind == change.RegularNode {
			err := readNode(ctx, r, dir+"/"+e.Name, keep.Bytes, &e.Node)
			if errors.Is(err, fs.ErrPermission) {
				return change.NewBelow(entries, false), nil
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return change.NewBelow(entries, true), nil
}

// keepFor bounds reading to what has to be compared with a node.
func keepFor(n *change.Node) Keep {
	k := Keep{File: -1, Paths: -1}
	if n.Content != nil {
		k.File = n.Content.Size
	}
	if b := n.Below; b != nil && b.Contents != "" {
		k.Paths, k.Bytes = b.Count, b.Size
	}
	return k
}
