package ssh

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ParseArgs reads arguments as ssh has them, split into words as a shell (Ansible: shlex.split) does it. Of an option that is given twice the first counts, as with ssh; pass
// several texts joined by blanks. What pfrun has is taken; what concerns the sharing of connections and the like means nothing to it and is passed over; anything else, and
// each value that would change what is safe or reachable in a way that pfrun has not, is an error that names it. All errors are reported together.
func ParseArgs(args string) (Overrides, error) {
	p := newArgParser()
	err := p.read(args)
	return p.o, err
}

func newArgParser() *argParser { return &argParser{seen: map[string]bool{}} }

func (p *argParser) read(args string) error {
	words, err := splitWords(args)
	if err != nil {
		return fmt.Errorf("ssh arguments %q: %w", args, err)
	}
	for len(words) > 0 {
		words = p.word(words[0], words[1:])
	}
	return errors.Join(p.errs...)
}

type argParser struct {
	o      Overrides
	seen   map[string]bool // options that have been given, in lower case
	ignore []string        // patterns of IgnoreUnknown, in lower case
	errs   []error
}

func (p *argParser) fail(format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("ssh arguments: "+format, args...))
}

// The flags of ssh that take a value, with the options that they are. What is neither here nor in plainFlags is refused.
var valueFlags = map[byte]string{
	'p': "port", 'l': "user", 'i': "identityfile", 'F': "-F", 'J': "proxyjump", 'b': "bindaddress", 'c': "ciphers", 'm': "macs", 'e': "escapechar", 'P': "-P", 'S': "controlpath",
	'E': "loglevel",
}

var plainFlags = map[byte][2]string{
	'4': {"addressfamily", "inet"}, '6': {"addressfamily", "inet6"},
	'A': {"forwardagent", "yes"}, 'a': {"forwardagent", "no"}, 'q': {}, 'v': {}, 'C': {}, 'x': {}, 'T': {}, 'k': {}, 'n': {}, 'M': {}, 'y': {},
}

// word reads one word, with the words after it where it takes one, and gives those that are left.
func (p *argParser) word(w string, rest []string) []string {
	if len(w) < 2 || w[0] != '-' {
		p.fail("%q is no option: the host comes from the inventory", w)
		return rest
	}
	flag, value := w[1], w[2:]
	if flag != 'o' && valueFlags[flag] == "" {
		p.plain(w)
		return rest
	}
	if value == "" {
		if len(rest) == 0 {
			p.fail("%s lacks its value", w)
			return rest
		}
		value, rest = rest[0], rest[1:]
	}
	switch flag {
	case 'o':
		p.option(value)
	case 'P':
		p.o.Tag = value
	case 'F':
		p.configFile(value)
	default:
		p.set(valueFlags[flag], w[:2], value)
	}
	return rest
}

// plain reads a word of flags without values, such as -4 or -vvv.
func (p *argParser) plain(w string) {
	for i := 1; i < len(w); i++ {
		option, ok := plainFlags[w[i]]
		switch {
		case !ok:
			p.fail("-%c is not supported", w[i])
			return
		case option[0] != "":
			p.set(option[0], "-"+w[i:i+1], option[1])
		}
	}
}

// configFile takes -F, of which the last counts.
func (p *argParser) configFile(file string) {
	if file == "/dev/null" {
		file = noConfigFile
	}
	p.o.ConfigFile = file
}

// ignored says whether IgnoreUnknown, given before, covers an option that ssh itself does not have.
func (p *argParser) ignored(name string) bool {
	return remedies[name] == "" && someValues[name] == nil && slices.ContainsFunc(p.ignore, func(glob string) bool { return matchGlob(glob, name) })
}

// option reads Key=Value or Key Value.
func (p *argParser) option(text string) {
	text = strings.TrimSpace(text)
	i := strings.IndexAny(text, "= \t")
	if i <= 0 {
		p.fail("-o %s: expected Key=Value", text)
		return
	}
	value := strings.TrimLeft(text[i:], " \t")
	value = unquote(strings.TrimSpace(strings.TrimPrefix(value, "=")))
	if value == "" {
		p.fail("-o %s: expected Key=Value", text)
		return
	}
	name := strings.ToLower(text[:i])
	if name == "ignoreunknown" {
		p.ignore = append(p.ignore, strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return r == ',' || r == ' ' })...)
		return
	}
	p.set(name, text[:i], value)
}

// set takes an option, by its name in lower case; label is how the user wrote it.
func (p *argParser) set(name, label, value string) {
	set, ok := settable[name]
	if !ok {
		if text := without(name, label, value); text != "" && !p.ignored(name) {
			p.fail("%s", text)
		}
		return
	}
	p.take(name, func() {
		if err := set(&p.o, value); err != nil {
			p.fail("%s %s: %w", label, value, err)
		}
	})
}

// take lets an option be set if it counts: the first of its name does, and every one of some.
func (p *argParser) take(name string, set func()) {
	if p.seen[name] && !slices.Contains(repeated, name) {
		return
	}
	p.seen[name] = true
	if name == "proxyjump" || name == "proxycommand" { // of these two the first counts
		p.seen["proxyjump"], p.seen["proxycommand"] = true, true
	}
	set()
}

// splitWords splits a text into words as a POSIX shell does it, without expanding anything.
func splitWords(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	started, quote := false, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && quote != '\'':
			i++
			if i == len(s) {
				return nil, errors.New("a backslash at the end escapes nothing")
			}
			if quote == '"' && s[i] != '"' && s[i] != '\\' {
				word.WriteByte('\\')
			}
			word.WriteByte(s[i])
			started = true
		case quote == 0 && (c == '\'' || c == '"'):
			quote, started = c, true
		case quote == 0 && strings.IndexByte(" \t\r\n", c) >= 0:
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteByte(c)
			started = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the quote %c is not closed", quote)
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}
