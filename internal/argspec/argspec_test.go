package argspec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pfrun/pfrun/internal/argspec"
	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
)

var nowhere diag.Pos

// dict reads a dict from JSON.
func dict(t *testing.T, text string) *jinja.Dict {
	t.Helper()
	v, err := jinja.ParseJSON(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v.(*jinja.Dict)
}

const notBool = "is not a valid boolean. Valid booleans include: 'y', 'yes', 'on', '1', 'true', 't', 1, 'n', 'no', 'off', '0', 'false', 'f', 0"

func TestFaults(t *testing.T) {
	cases := []struct {
		name, spec, args string
		want             []string
	}{
		{"nothing", `{}`, `{}`, nil},
		{"required", `{"b_str":{"required":true},"b_int":{"type":"int","required":true},"b_bool":{"type":"bool","required":true}}`, `{"b_bool":7}`, []string{
			"missing required arguments: b_int, b_str",
			"argument 'b_bool' is of type int and we were unable to convert to bool: The value '7' " + notBool}},
		{"required nulls", `{"s":{"type":"str","required":true},"i":{"type":"int","required":true},"l":{"type":"list","required":true},"d":{"type":"dict","required":true},
			"r":{"type":"raw","required":true}}`, `{"s":null,"i":null,"l":null,"d":null,"r":null}`, []string{
			`argument 'i' is of type NoneType and we were unable to convert to int: "None" cannot be converted to an int`,
			"argument 'l' is of type NoneType and we were unable to convert to list: <class 'NoneType'> cannot be converted to a list",
			"argument 'd' is of type NoneType and we were unable to convert to dict: <class 'NoneType'> cannot be converted to a dict"}},
		{"types", `{"i":{"type":"int"},"i2":{"type":"int"},"f":{"type":"float"},"by":{"type":"bytes"},"bi":{"type":"bits"},"j":{"type":"json"},"x":{"type":"foo"},"l":{"type":"list"},"d":{"type":"dict"}}`,
			`{"i":"x","i2":1.5,"f":"no","by":"5 Mb","bi":"5 MB","j":4,"x":1,"l":{},"d":[1]}`, []string{
				`argument 'i' is of type str and we were unable to convert to int: "'x'" cannot be converted to an int`,
				`argument 'i2' is of type float and we were unable to convert to int: "1.5" cannot be converted to an int`,
				"argument 'f' is of type str and we were unable to convert to float: <class 'str'> cannot be converted to a float",
				"argument 'by' is of type str and we were unable to convert to bytes: <class 'str'> cannot be converted to a Byte value",
				"argument 'bi' is of type str and we were unable to convert to bits: <class 'str'> cannot be converted to a Bit value",
				"argument 'j' is of type int and we were unable to convert to json: <class 'int'> cannot be converted to a json string",
				"argument 'x' is of type int and we were unable to convert to foo: 'NoneType' object is not callable",
				"argument 'l' is of type dict and we were unable to convert to list: <class 'dict'> cannot be converted to a list",
				"argument 'd' is of type list and we were unable to convert to dict: <class 'list'> cannot be converted to a dict"}},
		{"choices", `{"a":{"choices":["choice1","choice2"]},"b":{"type":"list","choices":["x","y"]},"c":{"type":"int","choices":[1,"2"]},"d":{"choices":{"k":1}},"e":{"choices":["x"]}}`,
			`{"a":"choice4","b":["x","p","q"],"c":2,"d":"k","e":null}`, []string{
				"value of a must be one of: choice1, choice2, got: choice4",
				"value of b must be one or more of: x, y. Got no match for: p, q",
				"value of c must be one of: 1, 2, got: 2",
				"internal error: choices for argument d are not iterable: {'k': 1}",
				"value of e must be one of: x, got: None"}},
		{"default not among the choices", `{"a":{"choices":["x"],"default":"y"}}`, `{}`, []string{"value of a must be one of: x, got: y"}},
		{"elements", `{"l":{"type":"list","elements":"int"},"s":{"elements":"int"},"n":{"type":"int","elements":"int"}}`, `{"l":[1,"x",null],"s":"1,","n":5}`, []string{
			`Elements value for option 'l' is of type str and we were unable to convert to int: "'x'" cannot be converted to an int`,
			`Elements value for option 'l' is of type NoneType and we were unable to convert to int: "None" cannot be converted to an int`,
			"Invalid type str for option '1,', elements value check is supported only with 'list' type",
			`Elements value for option 's' is of type str and we were unable to convert to int: "','" cannot be converted to an int`,
			"Invalid type int for option '5', elements value check is supported only with 'list' type",
			"argument 'n' is of type int and we were unable to convert to int: 'int' object is not iterable"}},
		{"no dict for options", `{"o":{"type":"dict","options":{"a":{}}}}`, `{"o":"not-a-dict"}`, []string{
			"dictionary requested, could not parse JSON or key=value",
			"argument 'o' is of type str and we were unable to convert to dict: dictionary requested, could not parse JSON or key=value",
			"value of 'o' must be of type dict or list of dicts"}},
		{"number for options", `{"o":{"type":"dict","options":{"a":{}}}}`, `{"o":5}`, []string{
			"Value '5' in the sub parameter field 'o' must be a dict, not 'int'",
			"argument 'o' is of type int and we were unable to convert to dict: <class 'int'> cannot be converted to a dict",
			"value of 'o' must be of type dict or list of dicts"}},
		{"levels", `{"m":{"type":"dict","options":{"s":{"type":"dict","options":{"t":{"type":"int","required":true}}}}}}`, `{"m":{"s":{"odd":true}}}`, []string{
			"missing required arguments: t found in m -> s", "m.s.odd. Supported parameters include: t."}},
		{"type below", `{"m":{"type":"dict","options":{"s":{"type":"dict","options":{"t":{"type":"int"},"l":{"type":"list","elements":"int"}}}}}}`, `{"m":{"s":{"t":"x","l":["y"]}}}`, []string{
			`argument 't' is of type str found in 'm -> s'. and we were unable to convert to int: "'x'" cannot be converted to an int`,
			`Elements value for option 'l' found in 'm -> s' is of type str and we were unable to convert to int: "'y'" cannot be converted to an int`}},
		{"list of dicts", `{"l":{"type":"list","elements":"dict","options":{"a":{"required":true,"choices":["x"]}}}}`, `{"l":[{},{"a":"y"},"nope"]}`, []string{
			"dictionary requested, could not parse JSON or key=value",
			"Elements value for option 'l' is of type str and we were unable to convert to dict: dictionary requested, could not parse JSON or key=value",
			"missing required arguments: a found in l",
			"value of a must be one of: x, got: y found in l"}},
		{"unsupported", `{"a":{"aliases":["c","b"]},"d":{}}`, `{"x":1}`, []string{"x. Supported parameters include: a, d (b, c)."}},
		{"required and default", `{"a":{"required":true,"default":1}}`, `{}`, []string{"internal error: required and default are mutually exclusive for a"}},
		{"spec of an option", `{"a":null}`, `{}`, []string{"internal error: what the argument spec says of a is no mapping but of type NoneType"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, got, _ := argspec.Validate(dict(t, c.spec), dict(t, c.args))
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRules(t *testing.T) {
	const options = `"options":{"a":{},"b":{},"c":{}}`
	cases := []struct {
		name, rule, args, want string
	}{
		{"exclusive", `"mutually_exclusive":[["a","b"],["b","c"]]`, `{"a":1,"b":1,"c":1}`, "parameters are mutually exclusive: a|b, b|c found in o"},
		{"not exclusive", `"mutually_exclusive":[["a","b"]]`, `{"a":1}`, ""},
		{"together", `"required_together":[["a","b"]]`, `{"a":1}`, "parameters are required together: a, b found in o"},
		{"none together", `"required_together":[["a","b"]]`, `{"c":1}`, ""},
		{"one of", `"required_one_of":[["a","b"]]`, `{"c":1}`, "one of the following is required: a, b found in o"},
		{"one of them", `"required_one_of":[["a","b"]]`, `{"b":1}`, ""},
		{"if", `"required_if":[["a","x",["b","c"]]]`, `{"a":"x","c":1}`, "a is x but all of the following are missing: b found in o"},
		{"if any", `"required_if":[["a","x",["b","c"],true]]`, `{"a":"x"}`, "a is x but any of the following are missing: b, c found in o"},
		{"if any holds", `"required_if":[["a","x",["b","c"],true]]`, `{"a":"x","c":1}`, ""},
		{"if not", `"required_if":[["a","x",["b"]]]`, `{"a":"y"}`, ""},
		{"by", `"required_by":{"a":["b","c"]}`, `{"a":1,"c":1}`, "missing parameter(s) required by 'a': b found in o"},
		{"by a text", `"required_by":{"a":"b"}`, `{"a":1}`, "missing parameter(s) required by 'a': b found in o"},
		{"by null", `"required_by":{"a":"b"}`, `{"a":null}`, ""},
		{"no list", `"required_if":"a"`, `{}`, "internal error: required_if must be a list found in o"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			spec := `{"o":{"type":"dict",` + options + `,` + c.rule + `}}`
			_, got, _ := argspec.Validate(dict(t, spec), dict(t, `{"o":`+c.args+`}`))
			want := []string{c.want}
			if c.want == "" {
				want = nil
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestConversions(t *testing.T) {
	cases := []struct{ kind, in, want string }{
		{"str", `1.0`, `'1.0'`}, {"str", `{"a":[true]}`, `"{'a': [True]}"`}, {"path", `"~/x"`, `'~/x'`},
		{"bool", `" Yes "`, `True`}, {"bool", `0.0`, `False`}, {"bool", `"off"`, `False`},
		{"int", `" 1_000 "`, `1000`}, {"int", `"1.20e1"`, `12`}, {"int", `3.0`, `3`}, {"int", `true`, `True`}, {"int", `"123456789012345678901"`, `123456789012345678901`}, {"int", `"-.5e1"`, `-5`},
		{"float", `"1_0.5"`, `10.5`}, {"float", `"inf"`, `inf`}, {"float", `2`, `2.0`}, {"float", `"1e999"`, `inf`},
		{"list", `"a,b"`, `['a', 'b']`}, {"list", `1.5`, `['1.5']`}, {"list", `""`, `['']`},
		{"dict", `"a=1, b=\"x y\" c=d\\,e"`, `{'a': '1', 'b': 'x y', 'c': 'd,e'}`}, {"dict", `"{\"a\": 1}"`, `{'a': 1}`},
		{"dict", `"{'a': True, 1: [None, (2.5, -3), 'q\\x41\\n'], }"`, `{'a': True, 1: [None, (2.5, -3), 'qA\n']}`},
		{"raw", `[1]`, `[1]`}, {"jsonarg", `" x "`, `'x'`}, {"json", `{"a":["é"]}`, `'{"a": ["\\u00e9"]}'`},
		{"bytes", `"1.5K"`, `1536`}, {"bytes", `"2 kilobyte"`, `2048`}, {"bytes", `10`, `10`}, {"bits", `"1Mb"`, `1048576`}, {"bytes", `"1Y"`, `1208925819614629174706176`},
	}
	for _, c := range cases {
		t.Run(c.kind+c.in, func(t *testing.T) {
			out, faults, _ := argspec.Validate(dict(t, `{"v":{"type":"`+c.kind+`"}}`), dict(t, `{"v":`+c.in+`}`))
			got, _ := out.GetString("v")
			if jinja.Repr(got) != c.want || faults != nil {
				t.Errorf("got %s %q, want %s", jinja.Repr(got), faults, c.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for kind, texts := range map[string][]string{
		"int":   {"0x10", "inf", "nan", "1e99999", "1.05e1", "", "1 2", "1e99999999999999999999"},
		"float": {"0x1p3", "1__0", "_1", ".", ""},
		"dict":  {"{bad", "{1, 2}", "{[1]: 2}", "{'a': open}", "{'a': 1} x", "k1=v1, k2", "{'a': 'b"},
		"bytes": {"-1", "x", "True"},
	} {
		for _, text := range texts {
			args := jinja.NewDict()
			args.Set("v", text)
			if out, faults, _ := argspec.Validate(dict(t, `{"v":{"type":"`+kind+`"}}`), args); len(faults) != 1 {
				t.Errorf("%s of %q: got %s %q, want one fault", kind, text, jinja.Repr(out), faults)
			}
		}
	}
}

func TestOut(t *testing.T) {
	spec := dict(t, `{"a":{"aliases":["x"]},"n":{},"w":{"choices":["yes","no"]},"d":{"type":"int","default":"5"},
		"o":{"type":"dict","apply_defaults":true,"options":{"p":{"default":[1]},"q":{"type":"int"}}},"l":{"type":"list","elements":"dict","options":{"q":{"type":"int"}}}}`)
	args := dict(t, `{"x":1,"w":false,"l":["q=1",{"q":"2"}]}`)
	before := jinja.Repr(args)
	out, faults, _ := argspec.Validate(spec, args)
	want := `{'x': 1, 'w': 'no', 'l': [{'q': 1}, {'q': 2}], 'a': '1', 'd': 5, 'n': None, 'o': {'p': '[1]', 'q': None}}`
	if got := jinja.Repr(out); got != want || faults != nil {
		t.Errorf("got  %s %q\nwant %s", got, faults, want)
	}
	if after := jinja.Repr(args); after != before {
		t.Errorf("the arguments were changed: %s", after)
	}
}

func TestSecrets(t *testing.T) {
	spec := dict(t, `{"p":{"no_log":true},"q":{"no_log":true,"default":"quiet"},"r":{},"n":{"type":"int","no_log":true},"b":{"type":"bool","no_log":true},
		"o":{"type":"list","elements":"dict","options":{"s":{"type":"dict","no_log":true}}}}`)
	_, _, got := argspec.Validate(spec, dict(t, `{"p":"hidden","r":"plain","n":12345,"b":true,"o":[{"s":{"k":["deep"]}}, "s=written"]}`))
	if d := cmp.Diff([]string{"hidden", "12345", "deep", "written", "quiet"}, got); d != "" {
		t.Error(d)
	}
}

// TestUnknown holds that what is only planned is no fault, whatever its type should be.
func TestUnknown(t *testing.T) {
	spec := dict(t, `{"a":{"type":"int","required":true,"choices":[1]},"l":{"type":"list","elements":"dict","options":{"x":{"required":true}}},"d":{"type":"dict","options":{"x":{}}}}`)
	args := jinja.NewDict()
	args.Set("a", jinja.Unknown{})
	args.Set("l", jinja.NewList(jinja.Unknown{}))
	args.Set("d", jinja.Unknown{})
	out, faults, _ := argspec.Validate(spec, args)
	if got, want := jinja.Repr(out), `{'a': <unknown>, 'l': [<unknown>], 'd': <unknown>}`; got != want || faults != nil {
		t.Errorf("got %s %q, want %s", got, faults, want)
	}
}

func TestArguments(t *testing.T) {
	env := jinja.New()
	template := func(text string) *jinja.Template {
		c, err := env.CompileArg(text, nowhere)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	scope := jinja.MapScope{"a": template("{{ n + 1 }}"), "n": int64(1), "alias": "x", "left": jinja.Omit{}, "over": "mine"}
	spec := dict(t, `{"a":{},"none":{"aliases":["alias"]},"left":{},"over":{}}`)
	args, err := argspec.Arguments(t.Context(), spec, dict(t, `{"over":"given","more":1}`), scope)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := jinja.Repr(args), `{'a': 2, 'over': 'given', 'more': 1}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	scope["a"] = template("{{ nobody }}")
	if args, err := argspec.Arguments(t.Context(), spec, nil, scope); err == nil {
		t.Errorf("got %s, want an error: nobody is not defined", jinja.Repr(args))
	}
}
