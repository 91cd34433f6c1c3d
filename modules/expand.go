package modules

import (
	"cmp"
	"context"
	"errors"
	"path"
	"strings"

	"github.com/pfrun/pfrun/modules/host"
)

// ExpandProbes are the probes of Expand and Path, for the Spec of a module that uses them.
func ExpandProbes() []host.Probe {
	return []host.Probe{{Argv: []string{"env", "-0"}}}
}

// Expand replaces $NAME and ${NAME} by variables of the user's environment on the host, then "~" and "~user" at the start, as Python's expandvars and expanduser do: what
// is not known stays as it is.
func Expand(ctx context.Context, r host.Reader, s string) (string, error) {
	if strings.Contains(s, "$") {
		env, err := environment(ctx, r)
		if err != nil {
			return "", err
		}
		s = expandVars(s, env)
	}
	if strings.HasPrefix(s, "~") {
		return expandUser(ctx, r, s)
	}
	return s, nil
}

// Path gives an argument of Ansible's type path as an absolute path: expanded, and taken from where the user's programs start where it is
// relative: mostly the home of the login, on the control node the folder that pfrun was started in.
func Path(ctx context.Context, r host.Reader, s string) (string, error) {
	s, err := Expand(ctx, r, s)
	if err != nil || path.IsAbs(s) {
		return path.Clean(s), err
	}
	facts, err := r.Facts(ctx)
	if err != nil {
		return "", err
	}
	return path.Join("/", cmp.Or(facts.Folder, facts.Home), s), nil
}

type environmentKey struct{}

// ContextWithEnvironment makes a context in which variables (NAME=value) are those of the task: Expand takes them before those of the user.
func ContextWithEnvironment(ctx context.Context, env []string) context.Context {
	if len(env) == 0 {
		return ctx
	}
	return context.WithValue(ctx, environmentKey{}, env)
}

func environment(ctx context.Context, r host.Reader) (map[string]string, error) {
	out, err := r.Probe(ctx, host.Probe{Argv: []string{"env", "-0"}})
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	for entry := range strings.SplitSeq(out.Stdout, "\x00") {
		if name, value, ok := strings.Cut(entry, "="); ok {
			env[name] = value
		}
	}
	own, _ := ctx.Value(environmentKey{}).([]string)
	for _, entry := range own {
		if name, value, ok := strings.Cut(entry, "="); ok {
			env[name] = value
		}
	}
	return env, nil
}

func expandVars(s string, env map[string]string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, written := varName(rest)
		value, known := env[name]
		if !known {
			value = "$" + rest[:written]
		}
		b.WriteString(value)
		s = rest[written:]
	}
}

// varName reads NAME or {NAME} at the start of s and tells how much of s that is.
func varName(s string) (name string, written int) {
	if strings.HasPrefix(s, "{") {
		if end := strings.IndexByte(s, '}'); end > 0 {
			return s[1:end], end + 1
		}
		return "", 0
	}
	for written < len(s) && (s[written] == '_' || '0' <= s[written] && s[written] <= '9' || 'a' <= s[written]|0x20 && s[written]|0x20 <= 'z') {
		written++
	}
	return s[:written], written
}

func expandUser(ctx context.Context, r host.Reader, s string) (string, error) {
	user, rest := s[1:], ""
	if i := strings.IndexByte(s, '/'); i >= 0 {
		user, rest = s[1:i], s[i:]
	}
	if user == "" {
		facts, err := r.Facts(ctx)
		if err != nil {
			return "", err
		}
		return cmp.Or(strings.TrimRight(facts.Home, "/")+rest, "/"), nil
	}
	u, err := LookupUser(ctx, r, user)
	switch {
	case errors.Is(err, ErrNoAccount):
		return s, nil
	case err != nil:
		return "", err
	}
	return cmp.Or(strings.TrimRight(u.Home, "/")+rest, "/"), nil
}
