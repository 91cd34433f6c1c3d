package jinja_test

import (
	"strings"
	"testing"

	"github.com/pfrun/pfrun/internal/jinja"
)

// TestFilterMistakes holds the words by which playbooks tell the mistakes of ansible-core's filters apart.
func TestFilterMistakes(t *testing.T) {
	env, _ := controlEnv()
	for expr, want := range map[string]string{
		`'%Y' | strftime('foo')`:                               "Invalid value for epoch value (foo)",
		`'a=b=c' | regex_replace('=', ':', mandatory_count=1)`: "'=' should match 1 times, but matches 2 times",
		`'x' | to_uuid(namespace=22)`:                          "Invalid value '22' for 'namespace'",
		`'x' | password_hash('y')`:                             `"y" is none of the hashes that there are`,
		`true | path_join`:                                     "expects string or sequence",
		`true | dict2items`:                                    "dict2items requires a dictionary",
		`true | items2dict`:                                    "items2dict requires a list, not 'bool'",
		`[true] | items2dict`:                                  "items2dict requires a list of dictionaries",
		`[{'key': 1, 'val': 2}] | items2dict`:                  "items2dict requires each dictionary in the list to contain the keys 'key' and 'value'",
		`[{'k': 1, 'value': 2}] | items2dict(key_name='k', value_name='v')`: "to contain the keys 'k' and 'v'",
		`true | subelements('x')`:                                     "obj must be a list of dicts or a nested dict",
		`{} | subelements(17)`:                                        "subelements must be a list or a string",
		`[{'a': ['b']}] | subelements('c')`:                           "could not find 'c' key in iterated item {'a': ['b']}",
		`[{'a': 'b'}] | subelements('a')`:                             "the key a should point to a list, got 'b'",
		`[{'a': ['b']}] | subelements(['a', 'b'], skip_missing=true)`: "the key b should point to a dictionary, got ['b']",
	} {
		t.Run(expr, func(t *testing.T) {
			tpl, err := env.CompileArg("{{ "+expr+" }}", at(expr))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := tpl.Eval(t.Context(), jinja.MapScope{}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, %v; want an error with %s", got, err, want)
			}
		})
	}
}
