package factcache

import (
	"errors"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
)

var errNoFacts = errors.New("there are no facts in it")

// encode writes facts as ansible-core 2.19 does: JSON in a text of a JSON object.
func encode(facts *jinja.Dict) (string, error) {
	text, err := jinja.JSON(facts, 0)
	if err != nil {
		return "", err
	}
	outer := jinja.NewDict()
	outer.Set(payload, text)
	return jinja.JSON(outer, 0)
}

// decode reads facts as ansible-core 2.19 or an older release writes them.
func decode(text string) (*jinja.Dict, error) {
	v, err := jinja.ParseJSON(text)
	if err != nil {
		return nil, err
	}
	facts, ok := v.(*jinja.Dict)
	if !ok {
		return nil, errNoFacts
	}
	if inner, ok := facts.GetString(payload); ok {
		text, ok := inner.(string)
		if !ok {
			return nil, errNoFacts
		}
		if v, err = jinja.ParseJSON(text); err != nil {
			return nil, err
		}
	}
	if facts, ok = plain(v).(*jinja.Dict); !ok {
		return nil, errNoFacts
	}
	return facts, nil
}

// plain gives a value without what Ansible writes around it: where it came from, and whether it may be a template, which nothing of a cache is here.
func plain(v jinja.Value) jinja.Value {
	switch x := v.(type) {
	case *jinja.List:
		items := make([]jinja.Value, x.Len())
		for i, item := range x.Items() {
			items[i] = plain(item)
		}
		return jinja.NewList(items...)
	case *jinja.Dict:
		if inner, ok := unwrap(x); ok {
			return plain(inner)
		}
		d := jinja.NewDict()
		for key, item := range x.Items {
			d.Set(key, plain(item))
		}
		return d
	}
	return v
}

// unwrap gives the value inside of a wrapping.
func unwrap(d *jinja.Dict) (jinja.Value, bool) {
	if text, ok := d.GetString("__ansible_unsafe"); ok && d.Len() == 1 {
		return text, true
	}
	kind, _ := d.GetString("__ansible_type")
	name, _ := kind.(string)
	switch {
	case strings.HasPrefix(name, "_AnsibleTagged"):
		// Times are wrapped twice, in one object.
		if v, ok := d.GetString("value"); ok {
			return v, true
		}
		return d.GetString("iso8601")
	case strings.HasPrefix(name, "AnsibleSerializable"):
		return d.GetString("iso8601")
	}
	return nil, false
}
