package change

import "fmt"

// Invert gives the change that undoes c, and false where there is none. Applying c and then its inverse leaves the host as it was.
func Invert(c Change) (Change, bool) {
	switch c := c.(type) {
	case WriteFile:
		after := &File{c.Content, c.Meta}
		if c.Before == nil {
			return Remove{Path: c.Path, Before: after}, true
		}
		return WriteFile{Path: c.Path, Content: c.Before.Content, Meta: c.Before.Meta, Before: after}, true
	case Remove:
		if c.Before == nil {
			return nil, false
		}
		return WriteFile{Path: c.Path, Content: c.Before.Content, Meta: c.Before.Meta}, true
	case SetMeta:
		return SetMeta{Path: c.Path, Meta: c.Before, Before: c.Meta}, true
	case Service:
		return invertService(c)
	case Exec:
		return nil, false
	}
	panic(fmt.Sprintf("change.Invert: unknown kind %T", c))
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
