package lookup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/pyre"
)

func elements(v jinja.Value) ([]jinja.Value, bool) {
	switch x := v.(type) {
	case *jinja.List:
		return x.Items(), true
	case jinja.Tuple:
		return x, true
	}
	return nil, false
}

// flatten takes the elements of lists, one level deep.
func flatten(terms []jinja.Value) []jinja.Value {
	out := []jinja.Value{}
	for _, t := range terms {
		if vs, ok := elements(t); ok {
			out = append(out, vs...)
		} else {
			out = append(out, t)
		}
	}
	return out
}

// listOf gives a term as a list; one that is no list is a list of one.
func listOf(v jinja.Value) []jinja.Value {
	if vs, ok := elements(v); ok {
		return vs
	}
	return []jinja.Value{v}
}

func items(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	return flatten(terms), done(o)
}

func list(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	return terms, done(o)
}

func indexedItems(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	out := flatten(terms)
	for i, v := range out {
		out[i] = jinja.Tuple{int64(i), v}
	}
	return out, done(o)
}

// flattened takes the elements of lists at any depth, up to the first "None" or "null".
func flattened(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	out, err := flattenAll([]jinja.Value{}, terms, 0)
	if err != nil {
		return nil, err
	}
	return out, done(o)
}

func flattenAll(out, terms []jinja.Value, depth int) ([]jinja.Value, error) {
	if depth > 100 {
		return nil, errors.New("the lists are nested too deeply")
	}
	for _, t := range terms {
		if t == "None" || t == "null" {
			break
		}
		vs, ok := elements(t)
		if !ok {
			out = append(out, t)
			continue
		}
		var err error
		if out, err = flattenAll(out, vs, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func dictItems(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	out := []jinja.Value{}
	for _, t := range terms {
		d, ok := t.(*jinja.Dict)
		if !ok {
			return nil, fmt.Errorf("a dict is wanted, not '%s'", jinja.TypeName(t))
		}
		for k, v := range d.Items {
			e := jinja.NewDict()
			e.Set("key", k)
			e.Set("value", v)
			out = append(out, e)
		}
	}
	return out, done(o)
}

func nested(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	if len(terms) == 0 {
		return nil, errors.New("at least one list is wanted")
	}
	cols := make([][]jinja.Value, len(terms))
	for i, t := range terms {
		cols[i] = listOf(t)
	}
	rows, err := jinja.Product(cols)
	if err != nil {
		return nil, err
	}
	for i, r := range rows {
		rows[i] = jinja.NewList(flatten(r.(jinja.Tuple))...)
	}
	return rows, done(o)
}

// together takes the first elements of all lists, then the second ones; a short list is filled up with None.
func together(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	if len(terms) == 0 {
		return nil, errors.New("at least one list is wanted")
	}
	out := []jinja.Value{}
	for i := 0; ; i++ {
		row, more := make([]jinja.Value, len(terms)), false
		for j, t := range terms {
			if vs := listOf(t); i < len(vs) {
				row[j], more = vs[i], true
			}
		}
		if !more {
			return out, done(o)
		}
		out = append(out, jinja.NewList(flatten(row)...))
	}
}

func randomChoice(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	if len(terms) == 0 {
		return nil, done(o)
	}
	i, err := rand.Int(rand.Reader, big.NewInt(int64(len(terms))))
	if err != nil {
		return nil, err
	}
	return []jinja.Value{terms[i.Int64()]}, done(o)
}

const subelementsTerms = "subelements expects a list of two or three items"

// subelements pairs each dict of a list with each element of a list inside of it.
func subelements(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	if len(terms) < 2 || len(terms) > 3 {
		return nil, fmt.Errorf("%s: there are %d", subelementsTerms, len(terms))
	}
	all, ok := elements(terms[0])
	if d, isDict := terms[0].(*jinja.Dict); isDict {
		if skipped, _ := d.GetString("skipped"); skipped == true {
			return []jinja.Value{}, nil
		}
		all, ok = d.Values(), true
	}
	if !ok {
		return nil, fmt.Errorf("%s, first a dict or a list, not '%s'", subelementsTerms, jinja.TypeName(terms[0]))
	}
	key, ok := terms[1].(string)
	if !ok {
		return nil, fmt.Errorf("%s, second a string, the key of a list, not '%s'", subelementsTerms, jinja.TypeName(terms[1]))
	}
	skipMissing := false
	if len(terms) == 3 {
		flags, ok := terms[2].(*jinja.Dict)
		if !ok {
			return nil, fmt.Errorf("%s, the optional third item must be a dict with the flag skip_missing, not '%s'", subelementsTerms, jinja.TypeName(terms[2]))
		}
		skipMissing = boolOption(flags.Copy(), "skip_missing", false)
	}
	out := []jinja.Value{}
	for _, e := range all {
		subs, err := subList(e, strings.Split(key, "."), skipMissing)
		if err != nil {
			return nil, err
		}
		rest := e
		if len(subs) > 0 {
			rest = withoutKey(e, strings.Split(key, "."))
		}
		for _, s := range subs {
			out = append(out, jinja.NewList(rest, s))
		}
	}
	return out, done(o)
}

// withoutKey gives a dict without what a path of keys leads to: the list whose elements stand beside it.
func withoutKey(v jinja.Value, keys []string) jinja.Value {
	d, ok := v.(*jinja.Dict)
	if !ok {
		return v
	}
	d = d.Copy()
	if len(keys) == 1 {
		d.Delete(keys[0])
	} else if inner, ok := d.GetString(keys[0]); ok {
		d.Set(keys[0], withoutKey(inner, keys[1:]))
	}
	return d
}

func subList(e jinja.Value, keys []string, skipMissing bool) ([]jinja.Value, error) {
	v := e
	for i, k := range keys {
		d, ok := v.(*jinja.Dict)
		switch {
		case !ok && i == 0:
			return nil, fmt.Errorf("%s, a dict as each element of the first, not '%s'", subelementsTerms, jinja.TypeName(v))
		case !ok && skipMissing:
			return nil, nil
		case !ok:
			return nil, fmt.Errorf("the key %s should point to a dictionary, got '%s'", keys[i-1], jinja.TypeName(v))
		}
		if skipped, _ := d.GetString("skipped"); i == 0 && skipped == true {
			return nil, nil
		}
		if v, ok = d.GetString(k); !ok {
			if skipMissing {
				return nil, nil
			}
			return nil, fmt.Errorf("could not find '%s' key in iterated item %s", k, jinja.Repr(d))
		}
	}
	vs, ok := elements(v)
	if !ok {
		return nil, fmt.Errorf("the key %s should point to a list, got '%s'", keys[len(keys)-1], jinja.TypeName(v))
	}
	return vs, nil
}

// variables gives variables by name, evaluated.
func variables(ctx context.Context, s jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	def, hasDefault := option(o, "default")
	names, err := texts(terms)
	if err != nil {
		return nil, err
	}
	out := make([]jinja.Value, len(names))
	for i, name := range names {
		v, ok := jinja.Value(nil), false
		if s != nil {
			v, ok = s.Lookup(name)
		}
		switch {
		case !ok && hasDefault:
			out[i] = def
			continue
		case !ok:
			return nil, fmt.Errorf("no variable found with this name: %s%w", name, jinja.ErrUndefined)
		}
		if out[i], err = jinja.Force(ctx, v, s); err != nil {
			if hasDefault && errors.Is(err, jinja.ErrUndefined) {
				out[i] = def
				continue
			}
			return nil, err
		}
	}
	return out, done(o)
}

// variableNames gives the names of variables that patterns match.
// variableOrder gives the names of the variables: in their own order where they have one, else sorted.
func variableOrder(n jinja.Namer) []string {
	if o, ok := n.(jinja.OrderedNamer); ok {
		return o.OrderedNames()
	}
	return sortedNames(n)
}

func variableNames(_ context.Context, s jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	patterns, err := texts(terms)
	if err != nil {
		return nil, err
	}
	n, ok := s.(jinja.Namer)
	if !ok {
		return nil, errors.New("the names of the variables are not known here")
	}
	out := []jinja.Value{}
	for _, p := range patterns {
		re, err := pyre.Compile(p, 0)
		if err != nil {
			return nil, err
		}
		for _, name := range variableOrder(n) {
			m, err := re.Search(name)
			if err != nil {
				return nil, err
			}
			if m != nil {
				out = append(out, name)
			}
		}
	}
	return out, done(o)
}
