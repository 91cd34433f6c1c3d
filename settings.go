package pfrun

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/modules"
)

// settings reads connection variables and collects what is wrong with them.
type settings struct {
	scope jinja.Scope
	errs  []error
}

func (s *settings) fail(err error) {
	if err != nil {
		s.errs = append(s.errs, err)
	}
}

// lookup gives the first of the variables that is there.
func (s *settings) lookup(names []string) (jinja.Value, string) {
	for _, name := range names {
		v, ok := s.scope.Lookup(name)
		if !ok {
			continue
		}
		v, err := jinja.Force(context.Background(), v, s.scope)
		if err != nil {
			s.fail(fmt.Errorf("%s: %w", name, err))
			return nil, name
		}
		if _, omitted := v.(jinja.Omit); v != nil && !omitted {
			return v, name
		}
	}
	return nil, ""
}

func (s *settings) text(fallback string, names ...string) string {
	v, name := s.lookup(names)
	if v == nil {
		return fallback
	}
	if jinja.HasUnknown(v) {
		s.fail(fmt.Errorf("%s depends on what only a real run can tell", name))
	}
	return jinja.Str(v)
}

func (s *settings) number(fallback int, names ...string) int {
	text := s.text("", names...)
	if text == "" {
		return fallback
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		s.fail(fmt.Errorf("%s: %q is not a number", names[0], text))
	}
	return n
}

// flag reads true or false, also written as a word: an INI inventory has nothing else.
func (s *settings) flag(fallback bool, names ...string) bool {
	v, name := s.lookup(names)
	if v == nil {
		return fallback
	}
	if jinja.HasUnknown(v) {
		s.fail(fmt.Errorf("%s depends on what only a real run can tell", name))
		return false
	}
	truth, err := modules.Bool(jinja.ToGo(v))
	if err != nil {
		s.fail(fmt.Errorf("%s: %w", name, err))
	}
	return truth
}

// hostKeyCheckingOff reports whether the environment asks for what Ansible calls no host key checking.
func (o *Options) hostKeyCheckingOff() bool {
	for _, name := range []string{"ANSIBLE_HOST_KEY_CHECKING", "ANSIBLE_SSH_HOST_KEY_CHECKING"} {
		switch strings.ToLower(o.Getenv(name)) {
		case "false", "no", "off", "0", "n", "f":
			return true
		}
	}
	return false
}

// expandHome replaces a leading ~ by the user's home folder.
func (o *Options) expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(o.Getenv("HOME"), rest)
	}
	return path
}

// envNumber reads a number from the environment; 0: there is none.
func (o *Options) envNumber(s *settings, name string) int {
	text := o.Getenv(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		s.fail(fmt.Errorf("%s: %q is not a number", name, text))
	}
	return n
}
