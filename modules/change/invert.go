package change

import "fmt"

// Invert gives the change that undoes c, and false where there is none. Applying c and then its inverse leaves the host as it was.
func Invert(c Change) (Change, bool) {
	switch c := c.(type) {
	case WriteFile:
		return invertWrite(c)
	case Remove:
		if c.Before == nil {
			return remake(c.Path, c.Node)
		}
		return WriteFile{Path: c.Path, Content: c.Before.Content, Meta: c.Before.Meta}, true
	case Mkdir:
		return Remove{Path: c.Path, Node: &Node{Kind: DirNode, Meta: c.Meta, Below: c.Below}}, true
	case Symlink:
		return putBack(c.Path, Node{Kind: LinkNode, Meta: c.Meta, Target: c.Target}, c.Before)
	case Hardlink:
		return putBack(c.Path, c.Node, c.Before)
	case SetMeta:
		return SetMeta{Path: c.Path, Meta: c.Before, Before: c.Meta, Link: c.Link, Times: c.Times.inverse()}, true
	case Service:
		return invertService(c)
	case User:
		return invertUser(c)
	case Group:
		return Group{Name: c.Name, Before: c.After, After: c.Before, System: c.System, NonUnique: c.NonUnique, Force: c.Force, Local: c.Local}, true
	case Exec:
		return nil, false
	}
	panic(fmt.Sprintf("change.Invert: unknown kind %T", c))
}

func invertWrite(c WriteFile) (Change, bool) {
	after := &File{c.Content, c.Meta}
	switch {
	case c.Replaces != nil:
		return putBack(c.Path, NodeOf(after), c.Replaces)
	case c.Before == nil:
		return Remove{Path: c.Path, Before: after}, true
	}
	return WriteFile{Path: c.Path, Content: c.Before.Content, Meta: c.Before.Meta, Before: after}, true
}

// putBack gives the change that leads from the link or file that is there to what was there before it, nil being nothing.
func putBack(path string, now Node, before *Node) (Change, bool) {
	if before == nil {
		return Remove{Path: path, Node: &now}, true
	}
	file := before.File()
	switch {
	case before.Kind == LinkNode:
		return Symlink{Path: path, Target: before.Target, Meta: before.Meta, Before: &now}, true
	case file == nil:
		return nil, false
	case now.Kind == LinkNode:
		return WriteFile{Path: path, Content: file.Content, Meta: file.Meta, Replaces: &now}, true
	case now.File() == nil:
		return nil, false
	}
	return WriteFile{Path: path, Content: file.Content, Meta: file.Meta, Before: now.File()}, true
}

// remake gives the change that makes anew what was removed.
func remake(path string, n *Node) (Change, bool) {
	switch {
	case n == nil:
	case n.Kind == LinkNode:
		return Symlink{Path: path, Target: n.Target, Meta: n.Meta}, true
	case n.Kind == DirNode && n.Below.Held():
		return Mkdir{Path: path, Meta: n.Meta, Below: n.Below}, true
	case n.File() != nil:
		return WriteFile{Path: path, Content: *n.Content, Meta: n.Meta}, true
	}
	return nil, false
}

// inverse sets the times back, as far as they were known.
func (t *Times) inverse() *Times {
	if t == nil {
		return nil
	}
	back := &Times{BeforeAccess: t.Access.At, BeforeModify: t.Modify.At}
	if !t.Access.Zero() {
		back.Access.At = t.BeforeAccess
	}
	if !t.Modify.Zero() {
		back.Modify.At = t.BeforeModify
	}
	return back
}

// invertService undoes an action. A restart and a reload are undone by themselves: the service reads again what the undoing of earlier steps left it.
func invertService(c Service) (Change, bool) {
	inverse := Service{Name: c.Name, Before: c.After(), Arguments: c.Arguments, Sleep: c.Sleep, Runlevel: c.Runlevel}
	switch c.Action {
	case Start:
		inverse.Action = Stop
	case Stop:
		inverse.Action = Start
	case Enable:
		inverse.Action = Disable
	case Disable:
		inverse.Action = Enable
	case Restart:
		inverse.Action = Restart
		if !c.Before.Running {
			inverse.Action = Stop
		}
	case Reload:
		inverse.Action = Reload
	default:
		return nil, false
	}
	return inverse, true
}
