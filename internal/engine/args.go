package engine

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/modules"
)

// decode computes the arguments and makes the task of them. The event is set where that ends the matter.
func (ht *hostTask) decode(scope jinja.Scope) (modules.Task, *event.TaskResult) {
	args, err := ht.defaulted(scope)
	if err == nil {
		var more []play.Arg
		more, err = ht.splat(scope)
		args = append(slices.Clip(args), more...)
	}
	if err != nil {
		return nil, ht.failed(ht.t.Pos, err)
	}
	var given []modules.Given
	var unknown []string
	for _, a := range args {
		g := modules.Given{Name: a.Name, NamePos: a.NamePos, Pos: a.Pos}
		if a.NameValue != nil {
			name, err := jinja.Force(ht.looking, a.NameValue, scope)
			if err != nil {
				return nil, ht.failed(a.NamePos, err)
			}
			g.Name = jinja.Str(name)
		}
		if a.Expressions != nil {
			g.Value = ht.expressions(a, scope)
			given = append(given, g)
			continue
		}
		if jinja.IsEncrypted(a.Value) && ht.isVariable(a.Name) { // it stays encrypted until somebody looks at it
			g.Value, g.Raw = a.Value, a.Value
			given = append(given, g)
			continue
		}
		v, err := jinja.Force(ht.looking, a.Value, scope)
		if err != nil {
			return nil, ht.failed(a.Pos, err)
		}
		if _, omitted := v.(jinja.Omit); omitted {
			continue
		}
		g.Value, g.Raw = jinja.ToGo(v), v
		ht.keepSecret(a.Name, v)
		if jinja.HasUnknown(v) && !ht.takesUnknown(a.Name) {
			unknown = append(unknown, a.Name)
		}
		given = append(given, g)
	}
	if unknown != nil {
		res := ht.result(event.Deferred)
		res.Message = "its arguments depend on what only a real run can tell: " + strings.Join(unknown, ", ")
		return nil, res
	}
	task, err := ht.t.Module.Decode(ht.t.Pos, given)
	if err != nil {
		return nil, ht.failed(ht.t.Pos, err)
	}
	return task, nil
}

// keepSecret has the value of an argument masked that its module declares a secret.
func (ht *hostTask) keepSecret(name string, v jinja.Value) {
	arg, ok := ht.t.Module.Arg(name)
	if !ok || !arg.Secret {
		return
	}
	switch x := v.(type) {
	case *jinja.List:
		for _, item := range x.Items() {
			ht.keepSecret(name, item)
		}
	case nil, *jinja.Dict, bool, jinja.Unknown:
	default:
		ht.hide(jinja.Str(x))
	}
}

// isVariable reports whether an argument is the name of a variable, as those of set_fact are.
func (ht *hostTask) isVariable(name string) bool {
	_, declared := ht.t.Module.Arg(name)
	_, open := ht.t.Module.New().(modules.OpenTask)
	return open && !declared
}

// takesUnknown reports whether an argument may be given what only a real run can tell: one that is passed on as it is, and those of a module that takes any name.
func (ht *hostTask) takesUnknown(name string) bool {
	if arg, ok := ht.t.Module.Arg(name); ok {
		return arg.TakesUnknown()
	}
	return ht.isVariable(name)
}

// expressions evaluates an argument that holds expressions: one, or a list of them.
func (ht *hostTask) expressions(a play.Arg, scope jinja.Scope) any {
	if arg, ok := ht.t.Module.Arg(a.Name); ok && !arg.IsList() {
		return ht.lookedAt(a.Expressions[0], scope)
	}
	var out []any
	for _, x := range a.Expressions {
		out = append(out, ht.expression(x, scope))
	}
	return out
}

// variablePath is what a template may give in place of an expression: what a managed host says is never evaluated, but it may say which variable is shown.
var variablePath = regexp.MustCompile(`^[A-Za-z_]\w*(\.\w+|\[-?\d+\]|\[[\w.]+\]|\['[^'\\]*'\]|\["[^"\\]*"\])*$`)

// lookedAt evaluates an expression whose value is shown: what of it is not defined stands in it as ansible-core 2.19 writes it. Where a template gives the expression it must be the
// name of a variable.
func (ht *hostTask) lookedAt(x *jinja.Template, scope jinja.Scope) modules.Expression {
	if jinja.IsTemplate(x.Source()) {
		v, err := x.Eval(ht.looking, scope)
		name, isText := v.(string)
		switch {
		case err == nil && jinja.HasUnknown(v):
			return modules.Expression{Source: x.Source(), Value: v}
		case err == nil && !isText:
			err = diag.Errorf(x.Pos(), "argument 'var' is of type %s and we were unable to convert to str: it must be the name of a variable", jinja.TypeName(v))
		case err == nil && !variablePath.MatchString(name):
			err = diag.Errorf(x.Pos(), "Error while resolving `var` expression: a template may give only the name of a variable, not %q", name)
		case err == nil:
			x, err = ht.Loader.Variable(name, x.Pos())
		}
		if err != nil {
			return modules.Expression{Source: x.Source(), Err: err}
		}
	}
	e := ht.expression(x, scope)
	if e.Undefined {
		e.Value = x.EvalShown(ht.looking, scope)
	}
	return e
}

func (ht *hostTask) expression(x *jinja.Template, scope jinja.Scope) modules.Expression {
	e := modules.Expression{Source: x.Source(), Known: true}
	v, err := x.Eval(ht.looking, scope)
	if err != nil {
		e.Undefined, e.Err = errors.Is(err, jinja.ErrUndefined), err
		return e
	}
	e.Value = v
	e.Truth, e.Known, _, e.Err = jinja.Conditional(v)
	return e
}

// defaulted gives the arguments of the task with those that module_defaults says for its module and the task does not.
func (ht *hostTask) defaulted(scope jinja.Scope) ([]play.Arg, error) {
	if len(ht.t.ModuleDefaults) == 0 {
		return ht.t.Args, nil
	}
	var chosen []play.Arg
	for _, level := range ht.t.ModuleDefaults {
		args, ok := level.Modules[ht.t.Module.Name]
		if !ok {
			continue
		}
		if len(args) == 1 && args[0].Name == "" { // a template gives all of them
			v, err := jinja.Force(ht.looking, args[0].Value, scope)
			if err != nil {
				return nil, fmt.Errorf("module_defaults: %w", err)
			}
			given, ok := v.(*jinja.Dict)
			if !ok {
				return nil, fmt.Errorf("module_defaults of %s must be a mapping, not %s", ht.t.Module.Name, jinja.TypeName(v))
			}
			args = argsIn(given, args[0].Pos)
		}
		chosen = args
	}
	args := slices.Clone(ht.t.Args)
	for _, d := range chosen {
		if !slices.ContainsFunc(ht.t.Args, func(a play.Arg) bool { return ht.sameArg(a.Name, d.Name) }) {
			args = append(args, d)
		}
	}
	return args, nil
}

// sameArg reports whether two names are of one argument.
func (ht *hostTask) sameArg(a, b string) bool {
	if a == b {
		return true
	}
	x, ok1 := ht.t.Module.Arg(a)
	y, ok2 := ht.t.Module.Arg(b)
	return ok1 && ok2 && x.Name == y.Name
}

// argsIn gives the arguments that a mapping holds, all at one place. It is not nil.
func argsIn(d *jinja.Dict, pos diag.Pos) []play.Arg {
	args := []play.Arg{}
	for k, value := range d.Items {
		args = append(args, play.Arg{Name: jinja.Str(k), NamePos: pos, Pos: pos, Value: value})
	}
	return args
}

// splat gives the arguments that a template as a whole gives (args: "{{ x }}"), where the task does not say them itself.
func (ht *hostTask) splat(scope jinja.Scope) ([]play.Arg, error) {
	if ht.t.ArgsValue == nil {
		return nil, nil
	}
	v, err := jinja.Force(ht.looking, ht.t.ArgsValue, scope)
	if err != nil {
		return nil, err
	}
	if _, unknown := v.(jinja.Unknown); unknown {
		return nil, fmt.Errorf("args: %w", errUnknown)
	}
	d, ok := v.(*jinja.Dict)
	if !ok {
		return nil, fmt.Errorf("invalid or malformed argument: args must be a mapping, not %s", jinja.TypeName(v))
	}
	var args []play.Arg
	for k, value := range d.Items {
		name := jinja.Str(k)
		if !slices.ContainsFunc(ht.t.Args, func(a play.Arg) bool { return ht.sameArg(a.Name, name) }) {
			args = append(args, play.Arg{Name: name, NamePos: ht.t.Pos, Pos: ht.t.Pos, Value: value})
		}
	}
	return args, nil
}
