package jinja

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// globalLookup is lookup: the one result, or texts joined with commas; with wantlist=true it is query.
func globalLookup(st *state, args []Value, kwargs *Dict) (Value, error) {
	wantList := false
	if kwargs != nil {
		if v, ok := kwargs.GetString("wantlist"); ok {
			wantList, _, _ = Truth(v)
		}
	}
	vs, failed, err := st.lookUp(args, kwargs)
	switch {
	case err != nil:
		return nil, err
	case wantList:
		return NewList(vs...), nil
	case failed:
		return nil, nil
	case len(vs) == 1:
		return vs[0], nil
	case len(vs) == 0:
		return NewList(), nil
	}
	parts := make([]string, len(vs))
	for i, v := range vs {
		if _, ok := v.(string); !ok {
			return NewList(vs...), nil
		}
		parts[i] = Str(v)
	}
	return strings.Join(parts, ","), nil
}

func globalQuery(st *state, args []Value, kwargs *Dict) (Value, error) {
	vs, _, err := st.lookUp(args, kwargs)
	if err != nil {
		return nil, err
	}
	return NewList(vs...), nil
}

// lookUp calls a lookup; failed says that it failed and that errors= lets that pass.
func (st *state) lookUp(args []Value, kwargs *Dict) (vs []Value, failed bool, err error) {
	if len(args) == 0 {
		return nil, false, errors.New("the name of the lookup is missing")
	}
	name := plainName(Str(args[0]))
	l := st.t.env.lookups[name]
	if l == nil {
		return nil, false, fmt.Errorf("no lookup named %q", name)
	}
	options := NewDict()
	if kwargs != nil {
		options = kwargs.Copy()
		options.Delete("wantlist")
	}
	onError, err := errorMode(options)
	if err != nil {
		return nil, false, err
	}
	if err := st.enter(); err != nil {
		return nil, false, err
	}
	defer func() { st.calls-- }()
	for _, v := range args[1:] {
		if u, ok := v.(*Undefined); ok {
			return nil, false, u.err()
		}
	}
	vs, err = l(context.WithValue(st.ctx, stateKey{}, st), st.scope, args[1:], options)
	if err == nil || st.ctx.Err() != nil || onError == "strict" {
		return vs, false, lookupError(name, err)
	}
	if warn := st.t.env.warn; warn != nil && onError == "warn" {
		d := diag.Warnf(st.t.pos, "lookup '%s' failed: %s", name, err)
		warn(d)
	}
	return nil, true, nil
}

func errorMode(options *Dict) (string, error) {
	v, ok := options.GetString("errors")
	if !ok {
		return "strict", nil
	}
	options.Delete("errors")
	switch mode := Str(v); mode {
	case "strict", "warn", "ignore":
		return mode, nil
	default:
		return "", fmt.Errorf("errors must be strict, warn or ignore, not %s", Repr(v))
	}
}

// lookupError names the lookup, unless the error has a place of its own.
func lookupError(name string, err error) error {
	var d *diag.Diagnostic
	if err == nil || errors.As(err, &d) {
		return err
	}
	return fmt.Errorf("lookup '%s': %w", name, err)
}

// Lookup does a lookup by its name, as with_NAME does. The error wraps ErrNoLookup where there is none of this name.
func (e *Env) Lookup(ctx context.Context, name string, terms []Value, s Scope) ([]Value, error) {
	l := e.lookups[plainName(name)]
	if l == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoLookup, name)
	}
	st := newState(ctx, s)
	st.t = &Template{env: e}
	vs, err := l(context.WithValue(st.ctx, stateKey{}, st), s, terms, NewDict())
	return vs, lookupError(name, err)
}

// ErrNoLookup says that there is no lookup of a name.
var ErrNoLookup = errors.New("no such lookup")
