package jinja

import (
	"fmt"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// WithStrictNames refuses, when a template is compiled, the filters, tests and lookups of collections that pfrun does not have. Without it they are warned of, and fail when
// they are reached: real roles carry branches for other systems.
func WithStrictNames() Option {
	return func(e *Env) { e.strict = true }
}

// isForeign reports whether a name belongs to a collection other than Ansible's own.
func isForeign(name string) bool {
	return strings.Count(name, ".") >= 2 && !strings.HasPrefix(name, "ansible.builtin.") && !strings.HasPrefix(name, "ansible.legacy.")
}

// foreign warns of a name of a collection; ok is false where it is to be refused.
func (p *parser) foreign(what, name string, at int) (ok bool) {
	if !isForeign(name) || p.t.env.strict || notSupported[what+" "+name] != "" {
		return false
	}
	if warn := p.t.env.warn; warn != nil {
		warn(diag.Warnf(p.t.place(at), "pfrun does not have the %s %s: what uses it fails when it is reached", what, name))
	}
	return true
}

func foreignError(what, name string) error {
	if why := notSupported[what+" "+name[strings.LastIndexByte(name, '.')+1:]]; why != "" {
		return fmt.Errorf("the %s %s is not supported: %s", what, name, why)
	}
	return fmt.Errorf("the %s belongs to a collection, and pfrun does not have it: %s", what, name)
}

// foreignFilter and foreignTest stand for what a collection has.
func foreignFilter(name string) *filterDef {
	fn := func(*Call) (Value, error) { return nil, foreignError("filter", name) }
	return &filterDef{name: name, signature: loose("*args, **kw"), fn: fn, takesUnset: true, takesUnknown: true}
}

func foreignTest(name string) *testDef {
	fn := func(*Call) (bool, error) { return false, foreignError("test", name) }
	return &testDef{name: name, signature: loose("*args, **kw"), fn: fn, takesUnset: true, takesUnknown: true}
}
