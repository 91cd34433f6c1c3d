package pfrun

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// becomeSettings merges what variables, keywords, flags and settings say about whom to become; nil: nobody. A variable of the method (ansible_su_user) wins over the common one
// (ansible_become_user), as with Ansible.
func (c *connector) becomeSettings(s *settings, asked engine.Asked) *target.Become {
	become := c.o.Become
	if asked.Become != nil {
		become = *asked.Become
	}
	if !s.flag(become, "ansible_become") {
		return nil
	}
	method := becomeMethod(s.text(first(asked.BecomeMethod, c.o.BecomeMethod, c.o.Settings.BecomeMethod), "ansible_become_method"))
	names := func(option string) []string {
		return []string{"ansible_" + method + "_" + option, "ansible_become_" + option}
	}
	set := c.o.becomeSettings(method)
	b := &target.Become{
		Method:   method,
		User:     s.text(first(asked.BecomeUser, c.o.BecomeUser, set.User, c.o.Settings.BecomeUser), names("user")...),
		Password: s.text(first(c.o.BecomePassword, set.Password), append(names("pass"), "ansible_become_password")...),
		Exe:      s.words(asked.BecomeExe, set.Exe, "become_exe", names("exe")...),
		Flags:    s.words(asked.BecomeFlags, set.Flags, "become_flags", names("flags")...),
	}
	s.fail(b.Check())
	return b
}

// becomeKey is equal for those that can share a session. A session that was begun with the right password is none for a name that gives another one, or none.
func becomeKey(b *target.Become) string {
	if b == nil {
		return ""
	}
	password := sha256.Sum256([]byte(b.Password))
	return strings.Join([]string{b.Method, b.User, host.Quote(b.Exe...), host.Quote(b.Flags...), string(password[:])}, "|")
}

// becomeMethod gives the method's own name: Ansible knows each with its collection, too.
func becomeMethod(name string) string {
	for _, collection := range []string{"ansible.builtin.", "ansible.legacy.", "community.general."} {
		name = strings.TrimPrefix(name, collection)
	}
	return name
}

// words splits what one of the variables, or else the keyword, or else the settings say as a shell does. nil: none says anything.
func (s *settings) words(keyword *string, set, word string, names ...string) []string {
	const unset = "\x00"
	fallback := first(set, unset)
	if keyword != nil {
		fallback = *keyword
	}
	text := s.text(fallback, names...)
	if text == unset {
		return nil
	}
	words, err := modules.SplitWords(text)
	if err != nil {
		s.fail(fmt.Errorf("%s: %w", word, err))
	}
	return append([]string{}, words...)
}
