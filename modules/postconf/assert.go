package postconf

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/postfix"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// assert compares the values that Postfix would run with: as they are written and with $name expanded, either may be the expected one.
func (t *Task) assert(ctx context.Context, r host.Reader, c *config) (*modules.Plan, error) {
	names := t.Parameters.names()
	expanded, err := c.values(ctx, r, c.run.String(), true, names)
	if err != nil {
		return nil, err
	}
	raw := expanded
	if !t.allAre(expanded) {
		if raw, err = c.values(ctx, r, c.run.String(), false, names); err != nil {
			return nil, err
		}
	}
	values, parameters := map[string]any{}, map[string]any{}
	var faults []error
	var unmet []string
	for _, name := range names {
		value, known := expanded.values[name]
		if !known {
			faults = append(faults, t.notThere(c, name))
			continue
		}
		values[name], parameters[name] = value, look(c, name, value)
		if want := t.Parameters[name]; want != nil && !same(*want, value) && !same(*want, raw.values[name]) {
			unmet = append(unmet, fmt.Sprintf("%s is %q (%s), expected %q", name, value, origin(c, name), postfix.Fold(*want)))
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return &modules.Plan{
		Result: t.returned(c, c.master, map[string]any{"values": values, "parameters": parameters}),
		Unmet:  strings.Join(unmet, "; "),
	}, nil
}

// allAre reports whether every assertion holds of the expanded values, so that the unexpanded ones need not be asked for.
func (t *Task) allAre(a *answer) bool {
	for name, want := range t.Parameters {
		if want != nil && !same(*want, a.values[name]) {
			return false
		}
	}
	return true
}

func same(want, value string) bool { return postfix.Fold(want) == postfix.Fold(value) }

// notThere says why postconf tells nothing of a name.
func (t *Task) notThere(c *config, name string) error {
	if postfix.KnownParameter(name) {
		return otherRelease(name)
	}
	if value, set := c.run.Lookup(name); set {
		return fmt.Errorf("%s is set to %q for %s, but it is no parameter of Postfix, and nothing uses it (%s)", name, value, c.about(), postfix.SuggestParameter(name))
	}
	return noSuch(name)
}

// look gives what is told of one parameter.
func look(c *config, name, value string) map[string]any {
	_, set := c.lookup(name)
	out := map[string]any{"value": value, "set": set}
	if c.service == nil {
		out["lines"] = int64(c.main.Span(name))
	}
	if name == "mynetworks" {
		networks := []any{}
		for _, n := range postfix.IPv6Networks(value) {
			networks = append(networks, n)
		}
		out["ipv6_networks"] = networks
	}
	return out
}

// origin says where a value comes from.
func origin(c *config, name string) string {
	if c.service != nil {
		for _, p := range slices.Backward(c.service.Overrides) {
			if p.Name == name {
				return fmt.Sprintf("master.cf, line %d", p.Line)
			}
		}
	}
	if lines := c.main.Lines(name); len(lines) > 0 {
		return fmt.Sprintf("main.cf, line %d", lines[len(lines)-1])
	}
	return "the default"
}
