package lookup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/pfrun/pfrun/internal/jinja"
)

// Control is what filters and tests see of the control node, with its real files. Now is the clock.
func Control(now func() time.Time, getenv func(string) (string, bool)) jinja.Control {
	return jinja.Control{
		Now: now, Getenv: getenv, Stat: os.Stat, Lstat: os.Lstat, SameFile: os.SameFile, ReadFile: os.ReadFile, Glob: filepath.Glob, WorkDir: os.Getwd, RealPath: realPath,
		Home: func(name string) (string, error) {
			if name == "" {
				if home, ok := getenv("HOME"); ok {
					return home, nil
				}
				u, err := user.Current()
				if err != nil {
					return "", err
				}
				return u.HomeDir, nil
			}
			u, err := user.Lookup(name)
			if err != nil {
				return "", err
			}
			return u.HomeDir, nil
		},
	}
}

// realPath resolves links as far as the path exists.
func realPath(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rest := ""
	for dir := abs; ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest), nil
		}
		if dir == filepath.Dir(dir) {
			return abs, nil
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}

func (l *lookups) env(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	def, hasDefault := option(o, "default")
	names, err := texts(terms)
	if err != nil {
		return nil, err
	}
	if l.o.Getenv == nil {
		return nil, errNotHere
	}
	out := make([]jinja.Value, len(names))
	for i, n := range names {
		n, _, _ = strings.Cut(strings.TrimSpace(n), " ")
		v, ok := l.o.Getenv(n)
		switch {
		case ok:
			out[i] = v
		case hasDefault:
			out[i] = def
		default:
			out[i] = ""
		}
	}
	return out, done(o)
}

func (l *lookups) run(ctx context.Context, terms []jinja.Value, o *jinja.Dict, use func(stdout string)) error {
	commands, err := texts(terms)
	if err != nil {
		return err
	}
	if l.o.Run == nil {
		return errNotHere
	}
	for _, c := range commands {
		stdout, err := l.o.Run(ctx, c, l.base(ctx))
		if err != nil {
			return fmt.Errorf("the command %q: %w", c, err)
		}
		use(stdout)
	}
	return done(o)
}

func (l *lookups) pipe(ctx context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	out := []jinja.Value{}
	err := l.run(ctx, terms, o, func(s string) { out = append(out, strings.TrimRightFunc(s, unicode.IsSpace)) })
	return out, err
}

func (l *lookups) lines(ctx context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	out := []jinja.Value{}
	err := l.run(ctx, terms, o, func(s string) {
		for line := range strings.Lines(s) {
			out = append(out, strings.TrimRight(line, "\r\n"))
		}
	})
	return out, err
}

func (l *lookups) hostNames(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	patterns, err := texts(flatten(terms))
	if err != nil {
		return nil, err
	}
	if l.o.Match == nil {
		return nil, errNotHere
	}
	names, err := l.o.Match(patterns)
	out := make([]jinja.Value, len(names))
	for i, n := range names {
		out[i] = n
	}
	return out, errors.Join(err, done(o))
}

func (l *lookups) config(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	missing := textOption(o, "on_missing", "error")
	option(o, "show_origin")
	_, kind := option(o, "plugin_type")
	if _, name := option(o, "plugin_name"); kind || name {
		return nil, errors.New("pfrun has no plugins with settings of their own")
	}
	names, err := texts(terms)
	if err != nil {
		return nil, err
	}
	if l.o.Config == nil {
		return nil, errNotHere
	}
	out := []jinja.Value{}
	for _, n := range names {
		v, ok := l.o.Config(n)
		switch {
		case ok:
			out = append(out, v)
		case missing == "error":
			return nil, fmt.Errorf("there is no setting %s", n)
		case missing != "warn" && missing != "skip":
			return nil, fmt.Errorf("on_missing must be error, warn or skip, not %q", missing)
		}
	}
	return out, done(o)
}
