package pfrun

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/ansiblecfg"
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

// expandHome replaces a leading ~ by the user's home folder.
func (o *Options) expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(o.Getenv("HOME"), rest)
	}
	return path
}

// Settings are what ansible.cfg and ANSIBLE_* say.
type Settings = ansiblecfg.Config

// ReadSettings reads the ansible.cfg that Ansible would read from here, and the environment of this process, which wins.
func ReadSettings() (*Settings, error) {
	env, err := ansiblecfg.System()
	if err != nil {
		return nil, err
	}
	return ansiblecfg.Read(env)
}

// complete fills in what the options leave open, from the settings. Where it gives an error the settings are their defaults.
func (o *Options) complete() error {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	var bad error
	if o.Settings == nil {
		lookup := func(name string) (string, bool) { v := o.Getenv(name); return v, v != "" }
		if o.Settings, bad = ansiblecfg.Read(ansiblecfg.Environment{Lookup: lookup, NoFile: true}); bad != nil {
			o.Settings, _ = ansiblecfg.Read(ansiblecfg.Environment{NoFile: true})
		}
	}
	set := o.Settings
	o.Forks = firstInt(o.Forks, set.Forks)
	o.Become = o.Become || set.Become
	o.ForceHandlers = o.ForceHandlers || set.ForceHandlers
	o.Diff = o.Diff || set.DiffAlways
	if len(o.Inventory) == 0 {
		o.Inventory = inventories(set)
	}
	return bad
}

// inventories gives the inventory that the settings name. The one that is usual counts only where it is there.
func inventories(set *Settings) []string {
	if set.Origin("DEFAULT_HOST_LIST") != "" {
		return set.Inventory
	}
	return slices.DeleteFunc(slices.Clone(set.Inventory), func(path string) bool {
		_, err := os.Stat(path)
		return err != nil
	})
}

// becomeSetting is what the settings say about a method of becoming another user.
type becomeSetting struct{ User, Exe, Flags, Password string }

func (o *Options) becomeSettings(method string) becomeSetting {
	switch c := o.Settings; method {
	case "sudo":
		return becomeSetting{c.SudoUser, c.SudoExe, c.SudoFlags, c.SudoPassword}
	case "su":
		return becomeSetting{c.SuUser, c.SuExe, c.SuFlags, c.SuPassword}
	case "doas":
		return becomeSetting{c.DoasUser, c.DoasExe, c.DoasFlags, c.DoasPassword}
	}
	return becomeSetting{}
}
