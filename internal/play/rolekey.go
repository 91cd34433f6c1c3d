package play

import (
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
)

// key is equal for uses of a role that Ansible takes for one.
func (u *roleUse) key(r *Role) string {
	var b strings.Builder
	part := func(v string) { b.WriteString(v + "\x00") }
	part(r.FullName())
	part(r.Path)
	part(written(r.Params))
	part(written(r.Given))
	for _, c := range u.own.when {
		part(c.Source)
	}
	b.WriteByte('\x01')
	for _, t := range u.own.tags {
		part(written(t))
	}
	b.WriteByte('\x01')
	for _, f := range []string{u.from.Tasks, u.from.Vars, u.from.Defaults, u.from.Handlers} {
		part(f)
	}
	if u.included {
		part("included")
	}
	return b.String()
}

// written gives a value as text, with templates as they are written.
func written(v jinja.Value) string {
	var b strings.Builder
	write(&b, v)
	return b.String()
}

func write(b *strings.Builder, v jinja.Value) {
	switch x := v.(type) {
	case *jinja.Template:
		b.WriteString("{{" + x.Source())
	case *jinja.List:
		b.WriteByte('[')
		for _, item := range x.Items() {
			write(b, item)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case *jinja.Dict:
		b.WriteByte('{')
		if x != nil {
			for k, item := range x.Items {
				write(b, k)
				b.WriteByte(':')
				write(b, item)
				b.WriteByte(',')
			}
		}
		b.WriteByte('}')
	default:
		b.WriteString(jinja.Repr(v))
	}
}
