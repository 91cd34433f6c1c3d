package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// delegation is the host that a task works on in place of its own.
type delegation struct {
	name    string // empty: its own
	address string // where it is reached, if its variables say so
}

// delegate computes on which host the task works. The ending is set where that cannot be.
func (ht *hostTask) delegate() *ending {
	ht.to = delegation{}
	if ht.t.DelegateTo == nil {
		return nil
	}
	name, err := optionalText(ht.looking, ht.t.DelegateTo, ht.scope())
	switch {
	case errors.Is(err, errUnknown):
		res := ht.result(event.Undecided)
		res.Message = "on which host it works depends on what only a real run can tell"
		e := endingOf(res)
		return &e
	case err != nil:
		e := endingOf(ht.failed(ht.t.Pos, fmt.Errorf("delegate_to: %w", err)))
		return &e
	case name == "":
		return nil
	}
	ht.to.name = name
	there := ht.Vars.Scope(ht.there())
	if v, ok := there.Lookup("ansible_host"); ok {
		if v, err := jinja.Force(ht.looking, v, there); err == nil && jinja.Str(v) != name {
			ht.to.address = jinja.Str(v)
		}
	}
	local := jinja.NewDict()
	if ht.local != nil {
		local = ht.local.Copy()
	}
	delegated := jinja.NewDict()
	delegated.Set(name, jinja.NewScopeMap(ht.Vars.Scope(ht.delegated())))
	local.Set("ansible_delegated_vars", delegated)
	ht.local = local
	return nil
}

// there is the view of the host that the task works on: its variables say how it is reached.
func (ht *hostTask) there() vars.View {
	v := ht.view()
	if ht.to.name != "" {
		v.Host = ht.to.name
	}
	return v
}

// delegated is the view of the host that the task works on as ansible_delegated_vars has it: there, as in Ansible, inventory_hostname is the host of the play.
func (ht *hostTask) delegated() vars.View {
	v := ht.there()
	v.Local = jinja.NewDict()
	if ht.local != nil {
		v.Local = ht.local.Copy()
	}
	v.Local.Set("inventory_hostname", ht.h.name)
	return v
}

// target gives the host that the task looks at and changes.
func (ht *hostTask) target(scope jinja.Scope) (*session, host.Host, error) {
	login, err := ht.login(scope)
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

func (ht *hostTask) login(scope jinja.Scope) (Login, error) {
	asked, err := ht.asked(scope)
	if err != nil {
		return nil, err
	}
	v := ht.there()
	return ht.Connector.Login(v.Host, ht.Vars.Scope(v), asked)
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

// environment computes the variables that programs of the task get, as NAME=value, sorted. What a level nearer to the task says wins.
func (ht *hostTask) environment(scope jinja.Scope) ([]string, error) {
	if len(ht.t.Environment) == 0 {
		return nil, nil
	}
	env := map[string]string{}
	for _, level := range ht.t.Environment {
		v, err := ht.environmentLevel(level, scope)
		if err != nil {
			return nil, fmt.Errorf("environment: %w", err)
		}
		if jinja.HasUnknown(v) {
			return nil, fmt.Errorf("environment: %w", errUnknown)
		}
		if err := addEnvironment(env, v); err != nil {
			return nil, err
		}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		out = append(out, name+"="+env[name])
	}
	return out, nil
}

// environmentLevel computes what one level says. As in Ansible, what refers to the environment of the host as it was gathered is left out while that is being gathered.
func (ht *hostTask) environmentLevel(level jinja.Value, scope jinja.Scope) (jinja.Value, error) {
	d, isDict := level.(*jinja.Dict)
	if !isDict || ht.t.Module == nil || !slices.Contains(gatherers, ht.t.Module.Name) {
		return jinja.Force(ht.looking, level, scope)
	}
	out := jinja.NewDict()
	for k, v := range d.Items {
		value, err := jinja.Force(ht.looking, v, scope)
		switch {
		case err == nil:
			out.Set(k, value)
		case !errors.Is(err, jinja.ErrUndefined) || !ofEnvironment.MatchString(err.Error()):
			return nil, err
		}
	}
	return out, nil
}

// gatherers are the modules that gather facts.
var gatherers = []string{"setup", "gather_facts"}

// ofEnvironment finds, in what is said of a missing variable, that it is the environment of a host.
var ofEnvironment = regexp.MustCompile(`\bansible_env\b|\benv\b`)

func addEnvironment(env map[string]string, v jinja.Value) error {
	switch x := v.(type) {
	case nil, jinja.Omit:
		return nil
	case *jinja.List:
		for _, item := range x.Items() {
			if err := addEnvironment(env, item); err != nil {
				return err
			}
		}
		return nil
	case *jinja.Dict:
		for k, item := range x.Items {
			if _, omitted := item.(jinja.Omit); omitted {
				continue
			}
			text, err := modules.Text(jinja.ToGo(item))
			if err != nil {
				return fmt.Errorf("environment: %s %w", jinja.Str(k), err)
			}
			env[jinja.Str(k)] = text
		}
		return nil
	}
	return fmt.Errorf("environment must be a mapping, or a list of them, not %s", jinja.TypeName(v))
}

var errUnknown = errors.New("depends on what only a real run can tell")

func optionalText(ctx context.Context, v jinja.Value, scope jinja.Scope) (string, error) {
	if v == nil {
		return "", nil
	}
	if s, plain := v.(string); plain {
		return s, nil
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
	switch b := v.(type) {
	case nil:
		return nil, nil
	case bool:
		return &b, nil
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
