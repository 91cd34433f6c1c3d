package argspec

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
)

// level is one mapping of arguments: the role's own, or what stands in one of its options.
type level struct {
	spec   jinja.Value
	rules  *jinja.Dict // the option, which may hold required_if and its like; nil for the role's own arguments
	within []string    // the options around it
}

// place says in which options a fault was found.
func (l level) place() string {
	if len(l.within) == 0 {
		return ""
	}
	return " found in " + strings.Join(l.within, " -> ")
}

// quotedPlace is place as faults of types write it.
func (l level) quotedPlace(end string) string {
	if len(l.within) == 0 {
		return ""
	}
	return " found in '" + strings.Join(l.within, " -> ") + "'" + end
}

func (l level) errorf(format string, args ...any) error {
	return errors.New(fmt.Sprintf(format, args...) + l.place())
}

// level holds the arguments of one level, and then those below it, against their specs.
func (v *validator) level(l level, args *jinja.Dict) {
	opts, err := options(l.spec)
	if err != nil {
		v.fault(err)
		return
	}
	aliases, broken := resolveAliases(opts, args)
	v.fault(broken)
	v.fault(v.collectSecrets(opts, args))
	if v.findUnsupported(l, opts, aliases, args) && broken != nil {
		v.fault(broken) // Ansible looks at the aliases again, and fails again
	}
	v.fault(l.mutuallyExclusive(args))
	v.setDefaults(opts, args, false)
	v.fault(l.required(opts, args))
	for _, o := range opts {
		v.convert(l, o, args)
	}
	for _, o := range opts {
		v.fault(l.choices(o, args))
	}
	for _, rule := range []func(*jinja.Dict) error{l.requiredTogether, l.requiredOneOf, l.requiredIf, l.requiredBy} {
		v.fault(rule(args))
	}
	v.setDefaults(opts, args, true)
	for _, o := range opts {
		v.below(l, o, args)
	}
}

// resolveAliases gives arguments that are named by an alias their own name too, and the aliases with what they stand for.
func resolveAliases(opts []option, args *jinja.Dict) (map[string]bool, error) {
	known := map[string]bool{}
	for _, o := range opts {
		if o.get("default") != nil && o.is("required") {
			return nil, fmt.Errorf("internal error: required and default are mutually exclusive for %s", o.name)
		}
		aliases := o.get("aliases")
		if aliases == nil {
			continue
		}
		list, ok := aliases.(*jinja.List)
		if !ok {
			return nil, errors.New("internal error: aliases must be a list or tuple")
		}
		for _, alias := range list.Items() {
			known[jinja.Str(alias)] = true
			if given, ok := args.Get(alias); ok {
				args.Set(o.key, given)
			}
		}
	}
	return known, nil
}

// collectSecrets gathers what nobody may see, here and in the options below.
func (v *validator) collectSecrets(opts []option, args *jinja.Dict) (first error) {
	for _, o := range opts {
		given, _ := args.Get(o.key)
		if o.is("no_log") && truth(given) {
			v.addSecrets(given)
		}
		if o.get("options") == nil || given == nil || !o.nests() {
			continue
		}
		sub, err := options(o.get("options"))
		if err != nil {
			continue // said when the level itself is looked at
		}
		for _, item := range itemsOf(given) {
			d, err := o.asDict(item)
			if err == nil && d != nil {
				err = v.collectSecrets(sub, d)
			}
			if first == nil {
				first = err
			}
		}
	}
	return first
}

// asDict gives the dict that an element is or says; nil where it is not known.
func (o option) asDict(item jinja.Value) (*jinja.Dict, error) {
	switch x := item.(type) {
	case *jinja.Dict:
		return x, nil
	case jinja.Unknown:
		return nil, nil
	case string:
		d, err := toDict(x)
		if err != nil {
			return nil, err
		}
		return d.(*jinja.Dict), nil
	}
	return nil, fmt.Errorf("Value '%s' in the sub parameter field '%s' must be a %s, not '%s'", jinja.Str(item), o.name, o.kind(), jinja.TypeName(item)) //nolint:staticcheck // Ansible's words
}

// itemsOf gives the elements of a list, or the value itself.
func itemsOf(v jinja.Value) []jinja.Value {
	if l, ok := v.(*jinja.List); ok {
		return l.Items()
	}
	return []jinja.Value{v}
}

// addSecrets adds the texts and numbers that a value holds.
func (v *validator) addSecrets(value jinja.Value) {
	switch x := value.(type) {
	case nil, bool, jinja.Unknown:
	case *jinja.Dict:
		for _, item := range x.Items {
			v.addSecrets(item)
		}
	case *jinja.List, jinja.Tuple:
		items, _ := iterate(x)
		for _, item := range items {
			v.addSecrets(item)
		}
	default:
		if text := jinja.Str(x); text != "" && !slices.Contains(v.secrets, text) {
			v.secrets = append(v.secrets, text)
		}
	}
}

// findUnsupported gathers the arguments that neither the spec nor an alias names, and reports whether there are any. They are told once, at the end, for all levels together;
// those of a level whose aliases are broken (nil) are not.
func (v *validator) findUnsupported(l level, opts []option, aliases map[string]bool, args *jinja.Dict) (found bool) {
	for key := range args.Items {
		name := jinja.Str(key)
		if aliases[name] || slices.ContainsFunc(opts, func(o option) bool { return jinja.Equal(o.key, key) }) {
			continue
		}
		if found = true; aliases == nil {
			continue
		}
		path := strings.Join(append(slices.Clone(l.within), name), ".")
		if !slices.Contains(v.unsupported, path) {
			v.unsupported = append(v.unsupported, path)
		}
		v.supported = supported(opts, aliases)
	}
	return found
}

func supported(opts []option, aliases map[string]bool) string {
	var names, others []string
	for _, o := range opts {
		if !aliases[o.name] {
			names = append(names, o.name)
		}
	}
	for alias := range aliases {
		others = append(others, alias)
	}
	slices.Sort(names)
	slices.Sort(others)
	text := strings.Join(names, ", ")
	if len(others) > 0 {
		text += " (" + strings.Join(others, ", ") + ")"
	}
	return text
}

// setDefaults gives arguments that are missing their default; with all those without one are null.
func (v *validator) setDefaults(opts []option, args *jinja.Dict, all bool) {
	for _, o := range opts {
		def := o.get("default")
		if _, ok := args.Get(o.key); ok || def == nil && !all {
			continue
		}
		if o.is("no_log") {
			v.addSecrets(def)
		}
		args.Set(o.key, copyValue(def))
	}
}

// convert makes an argument what its type says, element by element where the option has a type of elements.
func (v *validator) convert(l level, o option, args *jinja.Dict) {
	given, ok := args.Get(o.key)
	if !ok || isUnknown(given) || given == nil && !o.is("required") && o.get("default") == nil {
		return
	}
	value, err := convert(o.kind(), given)
	if err == nil {
		args.Set(o.key, value)
		if o.is("elements") {
			err = v.elements(l, o, value, args)
		}
	}
	if err != nil {
		v.fault(fmt.Errorf("argument '%s' is of type %s%s and we were unable to convert to %s: %w", o.name, jinja.TypeName(given), l.quotedPlace("."), o.kind(), err))
	}
}

func (v *validator) elements(l level, o option, value jinja.Value, args *jinja.Dict) error {
	if _, ok := value.(*jinja.List); !ok {
		v.fault(fmt.Errorf("Invalid type %s for option '%s'%s, elements value check is supported only with 'list' type", //nolint:staticcheck // Ansible's words
			o.kind(), jinja.Str(value), l.quotedPlace(".")))
	}
	items, err := iterate(value)
	if err != nil {
		return err
	}
	kind, good := jinja.Str(o.get("elements")), jinja.NewList()
	for _, item := range items {
		element, err := convert(kind, item)
		if err != nil {
			v.fault(fmt.Errorf("Elements value for option '%s'%s is of type %s and we were unable to convert to %s: %w", //nolint:staticcheck // Ansible's words
				o.name, l.quotedPlace(""), jinja.TypeName(item), kind, err))
			continue
		}
		good.Append(element)
	}
	args.Set(o.key, good)
	return nil
}

// iterate gives what Python's for goes over: the characters of a text, the keys of a dict.
func iterate(v jinja.Value) ([]jinja.Value, error) {
	switch x := v.(type) {
	case *jinja.List:
		return x.Items(), nil
	case jinja.Tuple:
		return x, nil
	case *jinja.Dict:
		return x.Keys(), nil
	case string:
		var chars []jinja.Value
		for _, c := range x {
			chars = append(chars, string(c))
		}
		return chars, nil
	}
	return nil, fmt.Errorf("'%s' object is not iterable", jinja.TypeName(v))
}

// below holds what stands in an option against the option's own options.
func (v *validator) below(l level, o option, args *jinja.Dict) {
	sub := o.get("options")
	if sub == nil || !o.nests() {
		return
	}
	given, _ := args.Get(o.key)
	if given == nil {
		if !o.is("apply_defaults") {
			return
		}
		given = jinja.NewDict()
		args.Set(o.key, given)
	}
	inner := level{spec: sub, rules: o.attrs, within: append(slices.Clone(l.within), o.name)}
	for _, item := range itemsOf(given) {
		switch x := item.(type) {
		case *jinja.Dict:
			v.level(inner, x)
		case jinja.Unknown:
		default:
			v.fault(fmt.Errorf("value of '%s' must be of type dict or list of dicts", o.name))
		}
	}
}
