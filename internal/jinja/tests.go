package jinja

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

// testTable is the tests of this package: name, signature, function.
func testTable() []testDef {
	return []testDef{
		{name: "defined", fn: isDefined(true), takesUnset: true, takesUnknown: true},
		{name: "undefined", fn: isDefined(false), takesUnset: true, takesUnknown: true},
		{name: "none", fn: func(c *Call) (bool, error) { return c.known(c.In == nil) }, takesUnknown: true},
		{name: "boolean", fn: kindTest("bool"), takesUnknown: true},
		{name: "true", fn: func(c *Call) (bool, error) { return c.In == true, nil }},
		{name: "false", fn: func(c *Call) (bool, error) { return c.In == false, nil }},
		{name: "integer", fn: kindTest("int"), takesUnknown: true},
		{name: "float", fn: kindTest("float"), takesUnknown: true},
		{name: "number", fn: func(c *Call) (bool, error) { return c.known(isNumber(c.In)) }, takesUnknown: true},
		{name: "string", fn: kindTest("str"), takesUnknown: true},
		{name: "mapping", fn: kindTest("dict"), takesUnknown: true},
		{name: "sequence", fn: testSequence, takesUnknown: true},
		{name: "iterable", fn: testSequence, takesUnknown: true},
		{name: "callable", fn: testCallable, takesUnknown: true},
		{name: "sameas", signature: sign("other"), fn: testSameAs},
		{name: "in", signature: sign("seq"), fn: testIn},
		{name: "odd", fn: parity(1)},
		{name: "even", fn: parity(0)},
		{name: "divisibleby", signature: sign("num"), fn: testDivisible},
		{name: "upper", fn: func(c *Call) (bool, error) {
			s := c.input()
			return strings.ToUpper(s) == s && strings.ToLower(s) != s, nil
		}},
		{name: "lower", fn: func(c *Call) (bool, error) {
			s := c.input()
			return strings.ToLower(s) == s && strings.ToUpper(s) != s, nil
		}},
		{name: "eq", signature: sign("other"), fn: comparing("==")},
		{name: "ne", signature: sign("other"), fn: comparing("!=")},
		{name: "lt", signature: sign("other"), fn: comparing("<")},
		{name: "le", signature: sign("other"), fn: comparing("<=")},
		{name: "gt", signature: sign("other"), fn: comparing(">")},
		{name: "ge", signature: sign("other"), fn: comparing(">=")},
		{name: "filter", fn: func(c *Call) (bool, error) { return c.st.t.env.filters[plainName(c.input())] != nil, c.hashable() }},
		{name: "test", fn: func(c *Call) (bool, error) { return c.st.t.env.tests[plainName(c.input())] != nil, c.hashable() }},

		{name: "match", signature: sign("pattern=, ignorecase=, multiline="), fn: regexTest("match")},
		{name: "search", signature: sign("pattern=, ignorecase=, multiline="), fn: regexTest("search")},
		{name: "regex", signature: sign("pattern=, ignorecase=, multiline=, match_type="), fn: regexTest("search")},
		{name: "contains", signature: sign("value"), fn: func(c *Call) (bool, error) { return c.in(c.In, c.args[0]) }},
		{name: "subset", signature: sign("other"), fn: func(c *Call) (bool, error) { return c.within(c.In, c.args[0]) }},
		{name: "superset", signature: sign("other"), fn: func(c *Call) (bool, error) { return c.within(c.args[0], c.In) }},
		{name: "all", fn: quantifier(true), takesUnknown: true},
		{name: "any", fn: quantifier(false), takesUnknown: true},
		{name: "truthy", signature: sign("convert_bool="), fn: truthy(true)},
		{name: "falsy", signature: sign("convert_bool="), fn: truthy(false)},
		{name: "changed", fn: testChanged, takesUnknown: true},
		{name: "failed", fn: resultTest("failed", true), takesUnknown: true},
		{name: "success", fn: resultTest("failed", false), takesUnknown: true},
		{name: "skipped", fn: resultTest("skipped", true), takesUnknown: true},
		{name: "version", signature: sign("version, operator=, strict=, version_type="), fn: testVersion},
		{name: "unreachable", fn: resultTest("unreachable", true), takesUnknown: true},
		{name: "reachable", fn: resultTest("unreachable", false), takesUnknown: true},
		{name: "started", fn: asyncTest("started"), takesUnknown: true},
		{name: "finished", fn: asyncTest("finished"), takesUnknown: true},
		{name: "timedout", fn: testTimedOut, takesUnknown: true},
		{name: "uri", signature: sign("schemes="), fn: func(c *Call) (bool, error) { uri, _, err := isURI(c); return uri, err }},
		{name: "url", signature: sign("schemes="), fn: func(c *Call) (bool, error) { _, url, err := isURI(c); return url, err }},
		{name: "urn", fn: func(c *Call) (bool, error) { uri, _, err := isURI(c, "urn"); return uri, err }},
		{name: "nan", fn: func(c *Call) (bool, error) { f, ok := c.In.(float64); return ok && f != f, nil }},
		{name: "escaped", fn: func(c *Call) (bool, error) { return c.known(false) }, takesUnknown: true},
		{name: "vault_encrypted", fn: func(c *Call) (bool, error) { return c.known(IsEncrypted(c.In)) }, takesUnknown: true, asWritten: true},
		{name: "vaulted_file", fn: testVaultedFile},
		{name: "abs", fn: func(c *Call) (bool, error) { return strings.HasPrefix(c.input(), "/"), c.path() }},
		{name: "directory", fn: fileTest(false, fs.FileInfo.IsDir)},
		{name: "file", fn: fileTest(false, func(i fs.FileInfo) bool { return i.Mode().IsRegular() })},
		{name: "exists", fn: fileTest(false, isAnyFile)},
		{name: "link", fn: fileTest(true, func(i fs.FileInfo) bool { return i.Mode()&fs.ModeSymlink != 0 })},
		{name: "link_exists", fn: fileTest(true, isAnyFile)},
		{name: "same_file", signature: sign("other"), fn: testSameFile},
		{name: "mount", fn: testMount},
	}
}

// testAliases are second names.
var testAliases = map[string]string{
	"equalto": "eq", "==": "eq", "!=": "ne", "<": "lt", "lessthan": "lt", "<=": "le", ">": "gt", "greaterthan": "gt", ">=": "ge",
	"issubset": "subset", "issuperset": "superset", "change": "changed", "failure": "failed", "succeeded": "success", "successful": "success",
	"skip": "skipped", "version_compare": "version", "isnan": "nan", "is_abs": "abs", "is_dir": "directory", "is_file": "file", "is_link": "link",
	"is_same_file": "same_file", "is_mount": "mount",
}

func builtinTests() map[string]*testDef {
	table := testTable()
	m := make(map[string]*testDef, len(table)+len(testAliases))
	for i := range table {
		m[table[i].name] = &table[i]
	}
	for alias, name := range testAliases {
		m[alias] = m[name]
	}
	return m
}

// known gives the answer unless the input is Unknown.
func (c *Call) known(answer bool) (bool, error) {
	if isUnknown(c.In) {
		return false, errUnknown
	}
	return answer, nil
}

// isDefined is true of what is unknown: it will be there.
func isDefined(want bool) func(*Call) (bool, error) {
	return func(c *Call) (bool, error) {
		_, undefined := c.In.(*Undefined)
		return undefined != want, nil
	}
}

func kindTest(name string) func(*Call) (bool, error) {
	return func(c *Call) (bool, error) { return c.known(TypeName(c.In) == name) }
}

func testSequence(c *Call) (bool, error) {
	switch c.In.(type) {
	case string, *List, Tuple, *Dict, *ScopeMap, iterable:
		return true, nil
	}
	return c.known(false)
}

func testCallable(c *Call) (bool, error) {
	switch c.In.(type) {
	case inner, Callable:
		return true, nil
	}
	return c.known(false)
}

func testSameAs(c *Call) (bool, error) {
	switch c.In.(type) {
	case *List, *Dict, nil, bool:
		return identicalValue(c.In, c.args[0]), nil
	}
	return TypeName(c.In) == TypeName(c.args[0]) && Equal(c.In, c.args[0]), nil
}

func identicalValue(a, b Value) bool {
	if _, ok := b.(Tuple); ok {
		return false
	}
	return a == b
}

// in asks whether x is in seq.
func (c *Call) in(seq, x Value) (bool, error) {
	in, known, err := c.st.contains(seq, x)
	if err == nil && !known {
		err = errUnknown
	}
	return in, err
}

func testIn(c *Call) (bool, error) { return c.in(c.args[0], c.In) }

// hashable holds that the input could be a key.
func (c *Call) hashable() error {
	if _, ok := hashKey(c.In); !ok {
		return fmt.Errorf("unhashable type: '%s'", TypeName(c.In))
	}
	return nil
}

func (c *Call) within(part, whole Value) (bool, error) {
	ps, err := c.st.iterate(part)
	if err != nil {
		return false, err
	}
	ws, err := c.st.iterate(whole)
	for _, v := range slices.Concat(ps, ws) {
		if _, ok := hashKey(v); !ok {
			return false, fmt.Errorf("unhashable type: '%s'", TypeName(v))
		}
	}
	s := setOf(ws)
	return !slices.ContainsFunc(ps, func(v Value) bool { return !s.has(v) }), err
}

func parity(rest int64) func(*Call) (bool, error) {
	return func(c *Call) (bool, error) {
		m, err := c.st.binary(opMod, c.In, int64(2))
		return Equal(m, rest), err
	}
}

func testDivisible(c *Call) (bool, error) {
	m, err := c.st.binary(opMod, c.In, c.args[0])
	return Equal(m, int64(0)), err
}

func comparing(op string) func(*Call) (bool, error) {
	return func(c *Call) (bool, error) {
		t, known, err := c.st.compare(op, c.In, c.args[0])
		if err == nil && !known {
			err = errUnknown
		}
		return t, err
	}
}

func regexTest(how string) func(*Call) (bool, error) {
	return func(c *Call) (bool, error) {
		re, err := pyre.Compile(c.Text(0, ""), regexFlags(c.Bool(1, false), c.Bool(2, false)))
		if err != nil {
			return false, err
		}
		how := how
		if len(c.args) > 3 {
			how = c.Text(3, how)
		}
		var m *pyre.Match
		switch how {
		case "search":
			m, err = re.Search(c.input())
		case "match":
			m, err = re.Match(c.input())
		case "fullmatch":
			m, err = re.FullMatch(c.input())
		default:
			err = fmt.Errorf("match_type must be search, match or fullmatch, not %q", how)
		}
		return m != nil, err
	}
}

// quantifier is all and any, after Kleene where elements are unknown.
func quantifier(all bool) func(*Call) (bool, error) {
	return func(c *Call) (bool, error) {
		if isUnknown(c.In) {
			return false, errUnknown
		}
		vs, err := c.elements()
		if err != nil {
			return false, err
		}
		unknown := false
		for _, v := range vs {
			t, known, err := Truth(v)
			if err != nil || known && t != all {
				return t, err
			}
			unknown = unknown || !known
		}
		if unknown {
			return false, errUnknown
		}
		return all, nil
	}
}

func truthy(want bool) func(*Call) (bool, error) {
	return func(c *Call) (bool, error) {
		v := c.In
		if c.Bool(0, false) {
			if s, ok := v.(string); ok {
				switch strings.ToLower(s) {
				case "yes", "on", "1", "true", "y", "t":
					v = true
				case "no", "off", "0", "false", "n", "f":
					v = false
				}
			}
		}
		t, _, err := Truth(v)
		return t == want, err
	}
}

// field gives the truth of a field of a task's result.
func (c *Call) field(name string) (bool, error) {
	if isUnknown(c.In) {
		return false, errUnknown
	}
	d, ok := c.In.(*Dict)
	if !ok {
		return false, fmt.Errorf("a task's result is wanted, not '%s'", TypeName(c.In))
	}
	v, ok := d.GetString(name)
	if !ok {
		return false, nil
	}
	v, err := c.st.forceShallow(v, name)
	if err != nil {
		return false, err
	}
	t, known, err := Truth(v)
	if err == nil && !known {
		err = errUnknown
	}
	return t, err
}

func resultTest(name string, want bool) func(*Call) (bool, error) {
	return func(c *Call) (bool, error) {
		t, err := c.field(name)
		return t == want, err
	}
}

// testChanged looks at the results of a loop's items where the result does not say it itself.
func testChanged(c *Call) (bool, error) {
	t, err := c.field("changed")
	if err != nil || t {
		return t, err
	}
	d := c.In.(*Dict)
	if _, ok := d.GetString("changed"); ok {
		return false, nil
	}
	results, _ := d.GetString("results")
	l, ok := results.(*List)
	if !ok {
		return false, nil
	}
	for _, r := range l.items {
		item := &Call{In: r, st: c.st}
		if _, ok := r.(*Dict); !ok {
			continue
		}
		if t, err := item.field("changed"); err != nil || t {
			return t, err
		}
	}
	return false, nil
}

// asyncTest is started and finished: of a result that does not say it, it is true.
func asyncTest(name string) func(*Call) (bool, error) {
	return func(c *Call) (bool, error) {
		if d, ok := c.In.(*Dict); ok {
			if _, told := d.GetString(name); !told {
				return true, nil
			}
		}
		return c.field(name)
	}
}

func testTimedOut(c *Call) (bool, error) {
	t, err := c.field("timedout")
	if err != nil || !t {
		return false, err
	}
	v, _ := c.In.(*Dict).GetString("timedout")
	if v, err = c.st.force(v); err != nil {
		return false, err
	}
	inner := &Call{In: v, st: c.st}
	return inner.field("period")
}

// What is said of empty versions. Scripts look for these words.
var (
	errNoVersion = errors.New("input version value cannot be empty")
	errNoOther   = errors.New("version parameter to compare against cannot be empty")
)
