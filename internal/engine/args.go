package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// decode computes the arguments and makes the task of them. The event is set where that ends the matter.
func (ht *hostTask) decode(scope jinja.Scope) (modules.Task, *event.TaskResult) {
	var given []modules.Given
	var unknown []string
	for _, a := range ht.t.Args {
		g := modules.Given{Name: a.Name, NamePos: a.NamePos, Pos: a.Pos}
		if a.Expressions != nil {
			g.Value = ht.expressions(a, scope)
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

// takesUnknown reports whether an argument may be given what only a real run can tell: one that is passed on as it is, and those of a module that takes any name.
func (ht *hostTask) takesUnknown(name string) bool {
	if arg, ok := ht.t.Module.Arg(name); ok {
		return arg.TakesUnknown()
	}
	_, open := ht.t.Module.New().(modules.OpenTask)
	return open
}

// expressions evaluates an argument that holds expressions: one, or a list of them.
func (ht *hostTask) expressions(a play.Arg, scope jinja.Scope) any {
	var out []any
	for _, x := range a.Expressions {
		out = append(out, ht.expression(x, scope))
	}
	if arg, ok := ht.t.Module.Arg(a.Name); ok && !arg.IsList() {
		return out[0]
	}
	return out
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

// target gives the host that the task looks at and changes.
func (ht *hostTask) target(scope jinja.Scope) (*session, host.Host, error) {
	asked, err := ht.asked(scope)
	if err != nil {
		return nil, nil, err
	}
	login, err := ht.Connector.Login(ht.h.name, scope, asked)
	if err != nil {
		return nil, nil, err
	}
	checkMode, err := optionalBool(ht.looking, ht.t.CheckMode, scope)
	if err != nil {
		return nil, nil, fmt.Errorf("check_mode: %w", err)
	}
	s := ht.session(ht.h, login)
	return s, s.host(checkMode), nil
}

// asked computes what the keywords say about who to be.
func (ht *hostTask) asked(scope jinja.Scope) (Asked, error) {
	var a Asked
	var errs []error
	text := func(word string, v jinja.Value) string {
		s, err := optionalText(ht.looking, v, scope)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", word, err))
		}
		return s
	}
	a.User = text("remote_user", ht.t.RemoteUser)
	a.Connection = text("connection", ht.t.Connection)
	a.BecomeUser = text("become_user", ht.t.BecomeUser)
	a.BecomeMethod = text("become_method", ht.t.BecomeMethod)
	if exe := text("become_exe", ht.t.BecomeExe); exe != "" {
		a.BecomeExe = &exe
	}
	if flags := text("become_flags", ht.t.BecomeFlags); flags != "" || ht.t.BecomeFlags == "" {
		a.BecomeFlags = &flags
	}
	if port := text("port", ht.t.Port); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			errs = append(errs, fmt.Errorf("port: %q is not the number of a port", port))
		}
		a.Port = n
	}
	become, err := optionalBool(ht.looking, ht.t.Become, scope)
	if err != nil {
		errs = append(errs, fmt.Errorf("become: %w", err))
	}
	a.Become = become
	return a, errors.Join(errs...)
}

var errUnknown = errors.New("depends on what only a real run can tell")

func optionalText(ctx context.Context, v jinja.Value, scope jinja.Scope) (string, error) {
	if v == nil {
		return "", nil
	}
	v, err := jinja.Force(ctx, v, scope)
	if err != nil || v == nil {
		return "", err
	}
	if _, omitted := v.(jinja.Omit); omitted {
		return "", nil
	}
	if jinja.HasUnknown(v) {
		return "", errUnknown
	}
	return jinja.Str(v), nil
}

// optionalBool computes a keyword that is a boolean, in any of Ansible's words for one; nil where it is not given.
func optionalBool(ctx context.Context, v jinja.Value, scope jinja.Scope) (*bool, error) {
	if v == nil {
		return nil, nil
	}
	v, err := jinja.Force(ctx, v, scope)
	if err != nil {
		return nil, err
	}
	if _, omitted := v.(jinja.Omit); omitted || v == nil {
		return nil, nil
	}
	if jinja.HasUnknown(v) {
		return nil, errUnknown
	}
	b, err := modules.Bool(jinja.ToGo(v))
	return &b, err
}
