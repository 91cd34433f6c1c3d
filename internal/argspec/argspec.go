// Package argspec holds the arguments of a role against its argument specification, as the action ansible.builtin.validate_argument_spec does: the same conversions, and the
// same faults in the same words and order.
//
// It follows ansible-core 2.19. Where a message names a Python type, it is the plain one (<class 'str'>), not the class by which 2.19 tags a value that comes of a file.
// Values that are only planned (jinja.Unknown) are taken for good: nothing is said of them, and nothing is made of them.
package argspec

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
)

// Arguments gives the values that are held against a specification: those that the scope has by the names of the spec, evaluated, overlaid by what is provided, which may be nil.
// A name's aliases are not looked up in the scope.
func Arguments(ctx context.Context, spec, provided *jinja.Dict, scope jinja.Scope) (*jinja.Dict, error) {
	args := jinja.NewDict()
	for key := range spec.Items {
		name, ok := key.(string)
		if !ok {
			continue
		}
		v, ok := scope.Lookup(name)
		if !ok {
			continue
		}
		v, err := jinja.Force(ctx, v, scope)
		if err != nil {
			return nil, err
		}
		if _, omitted := v.(jinja.Omit); !omitted {
			args.Set(name, v)
		}
	}
	if provided != nil {
		for key, v := range provided.Items {
			args.Set(key, v)
		}
	}
	return args, nil
}

// Validate checks arguments against a spec (the mapping below options of a role's argument_specs) and gives every fault in Ansible's words and order. The arguments come back as
// a copy with defaults and conversions applied; one that fits nothing stays as it was. A path is a text: neither ~ nor variables of the environment are replaced in it.
// Secrets are the texts that arguments with no_log hold, defaults too: nobody may see them, and faults may quote them.
func Validate(spec, args *jinja.Dict) (out *jinja.Dict, faults, secrets []string) {
	v := &validator{}
	out = jinja.NewDict()
	if args != nil {
		out = copyDict(args)
	}
	v.level(level{spec: spec}, out)
	if len(v.unsupported) > 0 {
		slices.Sort(v.unsupported)
		v.faults = append(v.faults, fmt.Sprintf("%s. Supported parameters include: %s.", strings.Join(v.unsupported, ", "), v.supported))
	}
	return out, v.faults, v.secrets
}

// validator gathers what is found.
type validator struct {
	faults      []string
	secrets     []string
	unsupported []string // arguments that no spec names, with the options they stand in: a.b
	supported   string   // what could stand in place of the last of them
}

// fault adds what an error says.
func (v *validator) fault(err error) {
	if err != nil {
		v.faults = append(v.faults, err.Error())
	}
}

// option is one entry of a spec.
type option struct {
	key   jinja.Value
	name  string
	attrs *jinja.Dict
}

// options gives the entries of a spec in its order.
func options(spec jinja.Value) ([]option, error) {
	d, ok := spec.(*jinja.Dict)
	if !ok {
		return nil, fmt.Errorf("internal error: the argument spec is no mapping but of type %s", jinja.TypeName(spec))
	}
	list := make([]option, 0, d.Len())
	for key, v := range d.Items {
		attrs, ok := v.(*jinja.Dict)
		if !ok {
			return nil, fmt.Errorf("internal error: what the argument spec says of %s is no mapping but of type %s", jinja.Str(key), jinja.TypeName(v))
		}
		list = append(list, option{key, jinja.Str(key), attrs})
	}
	return list, nil
}

// get gives an attribute of the option; nil: it has none.
func (o option) get(name string) jinja.Value {
	v, _ := o.attrs.GetString(name)
	return v
}

// is reports whether an attribute is set to something true.
func (o option) is(name string) bool { return truth(o.get(name)) }

// kind is the name of the option's type.
func (o option) kind() string {
	if t := o.get("type"); t != nil {
		return jinja.Str(t)
	}
	return "str"
}

// nests reports whether the option may have options of its own.
func (o option) nests() bool {
	return o.get("type") == "dict" || o.get("type") == "list" && o.get("elements") == "dict"
}

func truth(v jinja.Value) bool {
	t, known, err := jinja.Truth(v)
	return t && known && err == nil
}

func isUnknown(v jinja.Value) bool {
	_, ok := v.(jinja.Unknown)
	return ok
}

// copyValue gives a value whose lists and dicts are its own: conversions are made in place.
func copyValue(v jinja.Value) jinja.Value {
	switch x := v.(type) {
	case *jinja.Dict:
		return copyDict(x)
	case *jinja.List:
		items := make([]jinja.Value, x.Len())
		for i, item := range x.Items() {
			items[i] = copyValue(item)
		}
		return jinja.NewList(items...)
	}
	return v
}

func copyDict(d *jinja.Dict) *jinja.Dict {
	c := jinja.NewDict()
	for key, v := range d.Items {
		c.Set(key, copyValue(v))
	}
	return c
}
