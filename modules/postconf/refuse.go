package postconf

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pfrun/pfrun/internal/postfix"
	"github.com/pfrun/pfrun/modules/host"
)

// refuse gives an error where Postfix would refuse the edit, or would not know a parameter of it: every fault at once. It adds to the notes of the edit.
//
// The tables are asked every time, Postfix only where there is something to write or where the tables do not know a name.
func (t *Task) refuse(ctx context.Context, r host.Reader, c *config, e *edit) error {
	faults, err := t.wrongValues(ctx, r, e)
	if err != nil {
		return err
	}
	suspects := t.suspects(c, e)
	if e.text != c.text && len(faults) == 0 {
		if err := t.tryOut(ctx, r, c, e); err != nil {
			return err
		}
		if t.State == Present {
			suspects = t.Parameters.names()
		}
	}
	if len(suspects) > 0 {
		strange, err := t.strange(ctx, r, c, e, suspects, len(faults) > 0)
		if err != nil {
			return err
		}
		faults = append(faults, strange...)
	}
	return errors.Join(faults...)
}

// wrongValues asks the tables about the values. What types of tables there are is asked only where a value that is new names one.
func (t *Task) wrongValues(ctx context.Context, r host.Reader, e *edit) ([]error, error) {
	if t.State != Present {
		return nil, nil
	}
	check := postfix.Checker{Main: e.run}
	problems := func() []postfix.Problem {
		var out []postfix.Problem
		for _, name := range t.Parameters.names() {
			out = append(out, check.Check(name, *t.Parameters[name])...)
		}
		return out
	}
	found := problems()
	if len(e.changed) > 0 {
		check.MapTypes = []string{"none at all"}
		if types := problems(); len(types) > len(found) {
			var err error
			if check.MapTypes, err = mapTypes(ctx, r); err != nil {
				return nil, err
			}
			found = problems()
		}
	}
	var faults []error
	for _, p := range found {
		faults = append(faults, errors.New(p.String()))
	}
	return faults, nil
}

// suspects gives the names that the tables do not know. A name to be removed is no suspect: it may well be there by mistake.
func (t *Task) suspects(c *config, e *edit) []string {
	var out []string
	for _, name := range t.Parameters.names() {
		if !postfix.Unknown(name, e.run, c.master) {
			continue
		}
		if t.State == Present {
			out = append(out, name)
		} else if _, set := c.lookup(name); !set {
			e.notes = append(e.notes, noSuch(name).Error())
		}
	}
	return out
}

// strange asks Postfix which of the names it does not know. Where the values are wrong, Postfix cannot be asked, and the tables decide.
func (t *Task) strange(ctx context.Context, r host.Reader, c *config, e *edit, names []string, wrong bool) ([]error, error) {
	known := &answer{}
	if !wrong {
		var err error
		if known, err = c.values(ctx, r, e.run.String(), false, names); err != nil {
			return nil, err
		}
	}
	var faults []error
	for _, name := range names {
		switch {
		case postfix.Unknown(name, e.run, c.master) && (wrong || known.unknown[name]):
			faults = append(faults, noSuch(name))
		case known.unknown[name] && postfix.KnownParameter(name):
			faults = append(faults, otherRelease(name))
		case known.goingAway[name] != "":
			e.notes = append(e.notes, known.goingAway[name])
		}
	}
	return faults, nil
}

// noSuch says that nothing uses a name.
func noSuch(name string) error {
	hint := postfix.SuggestParameter(name)
	if hint == "" {
		hint = "a name of your own is taken once a value refers to it as $" + name
	}
	return fmt.Errorf("%s is no parameter of Postfix, and nothing in main.cf or master.cf uses it (%s)", name, hint)
}

// otherRelease says that the Postfix of this host is too old or too new for a parameter.
func otherRelease(name string) error {
	from, last := postfix.Since(name)
	if last != "" {
		return fmt.Errorf("the Postfix of this host does not know the parameter %s: %s was the last release with it", name, last)
	}
	return fmt.Errorf("the Postfix of this host does not know the parameter %s: it came with Postfix %s, or with a patch release of that series", name, from)
}

// tryOut lets Postfix read the file as it would be. What it refused before, and for the same reason, is told and does not keep the edit back, for else a broken file could
// not be mended step by step; the new settings are then tried by themselves.
func (t *Task) tryOut(ctx context.Context, r host.Reader, c *config, e *edit) error {
	said, err := c.refusal(ctx, r, e.run.String())
	if err != nil || said == "" {
		return err
	}
	before, err := c.refusal(ctx, r, c.run.String())
	if err != nil {
		return err
	}
	if said == before {
		said, err = c.refusal(ctx, r, t.alone())
		if err != nil {
			return err
		}
		if said == "" {
			e.notes = append(e.notes, fmt.Sprintf("Postfix refuses %s, as it did before: %s", c.about(), before))
			return nil
		}
	}
	return fmt.Errorf("Postfix would refuse %s with %s: %s", c.about(), t.shown(e.changed), said) //nolint:staticcheck // a name
}

// alone is a main.cf of the settings that refer to no other.
func (t *Task) alone() string {
	var b strings.Builder
	for _, name := range t.Parameters.names() {
		if v := t.Parameters[name]; t.State == Present && !strings.Contains(*v, "$") {
			fmt.Fprintf(&b, "%s = %s\n", name, *v)
		}
	}
	return b.String()
}

// shown gives changed settings for a message.
func (t *Task) shown(changed []string) string {
	out := make([]string, len(changed))
	for i, name := range changed {
		out[i] = name + " unset"
		if t.State == Present {
			out[i] = name + " = " + *t.Parameters[name]
		}
	}
	return strings.Join(out, ", ")
}
