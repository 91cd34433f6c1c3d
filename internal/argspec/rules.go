package argspec

import (
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
)

// rule gives the entries of one of the option's lists of rules.
func (l level) rule(name string) ([]jinja.Value, error) {
	if l.rules == nil {
		return nil, nil
	}
	v, _ := l.rules.GetString(name)
	if v == nil {
		return nil, nil
	}
	list, ok := v.(*jinja.List)
	if !ok {
		return nil, l.errorf("internal error: %s must be a list", name)
	}
	return list.Items(), nil
}

// count is how many of the names are given; a name alone counts as a list of one.
func count(names jinja.Value, args *jinja.Dict) int {
	var seen []jinja.Value
	for _, name := range itemsOf(names) {
		_, given := args.Get(name)
		if given && !slices.ContainsFunc(seen, func(s jinja.Value) bool { return jinja.Equal(s, name) }) {
			seen = append(seen, name)
		}
	}
	return len(seen)
}

// join writes names one after another; those of a text are its characters.
func join(names jinja.Value, sep string) string {
	items, err := iterate(names)
	if err != nil {
		return jinja.Str(names)
	}
	return joinItems(items, sep)
}

func joinItems(items []jinja.Value, sep string) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = jinja.Str(item)
	}
	return strings.Join(texts, sep)
}

func (l level) mutuallyExclusive(args *jinja.Dict) error {
	groups, err := l.rule("mutually_exclusive")
	if err != nil {
		return err
	}
	var clashes []string
	for _, names := range groups {
		if count(names, args) > 1 {
			clashes = append(clashes, join(names, "|"))
		}
	}
	if len(clashes) == 0 {
		return nil
	}
	return l.errorf("parameters are mutually exclusive: %s", strings.Join(clashes, ", "))
}

func (l level) required(opts []option, args *jinja.Dict) error {
	var missing []string
	for _, o := range opts {
		if _, given := args.Get(o.key); !given && o.is("required") {
			missing = append(missing, o.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return l.errorf("missing required arguments: %s", strings.Join(missing, ", "))
}

func (l level) requiredTogether(args *jinja.Dict) error {
	groups, err := l.rule("required_together")
	if err != nil {
		return err
	}
	for _, names := range groups {
		fields, err := iterate(names)
		if err != nil {
			return l.errorf("internal error: required_together must be a list of lists")
		}
		given := 0
		for _, field := range fields {
			if count(field, args) > 0 {
				given++
			}
		}
		if given > 0 && given < len(fields) {
			return l.errorf("parameters are required together: %s", join(names, ", "))
		}
	}
	return nil
}

func (l level) requiredOneOf(args *jinja.Dict) error {
	groups, err := l.rule("required_one_of")
	if err != nil {
		return err
	}
	for _, names := range groups {
		if count(names, args) == 0 {
			return l.errorf("one of the following is required: %s", join(names, ", "))
		}
	}
	return nil
}

// requiredIf reads [argument, value, [arguments that are then required], whether one of them is enough].
func (l level) requiredIf(args *jinja.Dict) error {
	rules, err := l.rule("required_if")
	if err != nil {
		return err
	}
	for _, rule := range rules {
		list, ok := rule.(*jinja.List)
		if !ok || list.Len() != 3 && list.Len() != 4 {
			return l.errorf("internal error: required_if must be a list of lists of an argument, a value and the arguments that are then required")
		}
		key, value, anyOf := list.At(0), list.At(1), list.Len() == 4 && truth(list.At(3))
		given, ok := args.Get(key)
		if !ok || !jinja.Equal(given, value) {
			continue
		}
		names, err := iterate(list.At(2))
		if err != nil {
			return l.errorf("internal error: what required_if wants of %s must be a list", jinja.Str(key))
		}
		missing := slices.DeleteFunc(slices.Clone(names), func(name jinja.Value) bool { return count(name, args) > 0 })
		if len(missing) == 0 || anyOf && len(missing) < len(names) {
			continue
		}
		how := "all"
		if anyOf {
			how = "any"
		}
		return l.errorf("%s is %s but %s of the following are missing: %s", jinja.Str(key), jinja.Str(value), how, joinItems(missing, ", "))
	}
	return nil
}

func (l level) requiredBy(args *jinja.Dict) error {
	if l.rules == nil {
		return nil
	}
	v, _ := l.rules.GetString("required_by")
	if v == nil {
		return nil
	}
	rules, ok := v.(*jinja.Dict)
	if !ok {
		return l.errorf("internal error: required_by must be a mapping")
	}
	for key, names := range rules.Items {
		if given, _ := args.Get(key); given == nil {
			continue
		}
		var missing []jinja.Value
		for _, name := range itemsOf(names) {
			if given, _ := args.Get(name); given == nil {
				missing = append(missing, name)
			}
		}
		if len(missing) > 0 {
			return l.errorf("missing parameter(s) required by '%s': %s", jinja.Str(key), joinItems(missing, ", "))
		}
	}
	return nil
}

// choices holds an argument, or each element of a list, against the values that its option allows.
func (l level) choices(o option, args *jinja.Dict) error {
	v := o.get("choices")
	if v == nil {
		return nil
	}
	list, ok := v.(*jinja.List)
	if !ok {
		return l.errorf("internal error: choices for argument %s are not iterable: %s", o.name, jinja.Str(v))
	}
	given, ok := args.Get(o.key)
	if !ok || jinja.HasUnknown(given) {
		return nil
	}
	allowed := func(item jinja.Value) bool {
		return slices.ContainsFunc(list.Items(), func(c jinja.Value) bool { return jinja.Equal(c, item) })
	}
	if items, ok := given.(*jinja.List); ok {
		strange := slices.DeleteFunc(slices.Clone(items.Items()), allowed)
		if len(strange) == 0 {
			return nil
		}
		return l.errorf("value of %s must be one or more of: %s. Got no match for: %s", o.name, join(list, ", "), joinItems(strange, ", "))
	}
	if allowed(given) {
		return nil
	}
	if word, ok := boolWord(given, list); ok {
		args.Set(o.key, word)
		return nil
	}
	return l.errorf("value of %s must be one of: %s, got: %s", o.name, join(list, ", "), jinja.Str(given))
}

// boolWord gives the one choice that YAML took for a boolean before it became a text: no where False is given.
func boolWord(given jinja.Value, choices *jinja.List) (jinja.Value, bool) {
	if given != "True" && given != "False" {
		return nil, false
	}
	var words []jinja.Value
	for _, c := range choices.Items() {
		truth, ok := booleanWord(c)
		if ok && truth == (given == "True") && !slices.ContainsFunc(words, func(w jinja.Value) bool { return jinja.Equal(w, c) }) {
			words = append(words, c)
		}
	}
	if len(words) != 1 {
		return nil, false
	}
	return words[0], true
}
