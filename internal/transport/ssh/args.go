package ssh

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Overrides is what the arguments of an ssh command line (--ssh-common-args, ansible_ssh_common_args, ansible_ssh_extra_args) say. The zero value says nothing.
type Overrides struct {
	User             string
	Port             int
	KeyFiles         []string // -i and IdentityFile, in their order
	NoKeyFiles       bool     // IdentityFile=none
	IdentitiesOnly   bool
	AgentSocket      *string // IdentityAgent; empty: no agent
	Network          string  // tcp4 (-4) or tcp6 (-6)
	KnownHosts       []string
	GlobalKnownHosts []string
	HostKeyAlias     string
	HashKnownHosts   bool
	HostKeyPolicy    *HostKeyPolicy
	Batch            bool // BatchMode: nobody is asked anything
	Methods          []string
	WithoutMethods   []string // PasswordAuthentication=no and the like
	ConnectTimeout   time.Duration
	KeepAlive        time.Duration
	KeepAliveCount   int

	HostKeyAlgorithms []string
	KexAlgorithms     []string
	Ciphers           []string
	MACs              []string
}

// ParseArgs reads arguments as ssh has them, split into words as a shell (Ansible: shlex.split) does it. Of an option that is given twice the first counts, as with ssh; pass
// several texts joined by blanks. What pfrun has is taken; what concerns the sharing of connections and the like means nothing to it and is passed over; anything else, and
// each value that would change what is safe or reachable in a way that pfrun has not, is an error that names it. All errors are reported together.
func ParseArgs(args string) (Overrides, error) {
	words, err := splitWords(args)
	if err != nil {
		return Overrides{}, fmt.Errorf("ssh arguments %q: %w", args, err)
	}
	p := argParser{seen: map[string]bool{}}
	for len(words) > 0 {
		words = p.word(words[0], words[1:])
	}
	return p.o, errors.Join(p.errs...)
}

type argParser struct {
	o    Overrides
	seen map[string]bool // options that have been given, in lower case
	errs []error
}

func (p *argParser) fail(format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("ssh arguments: "+format, args...))
}

// The flags of ssh that pfrun reads. What is neither here nor in plainFlags is refused.
var valueFlags = map[byte]string{'p': "port", 'l': "user", 'i': "identityfile", 'F': "-F", 'J': "ProxyJump"}

var plainFlags = map[byte][2]string{
	'4': {"addressfamily", "inet"}, '6': {"addressfamily", "inet6"},
	'q': {}, 'v': {}, 'C': {}, 'x': {}, 'a': {}, 'T': {}, 'k': {}, 'n': {},
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
	case 'F':
		p.configFile(value)
	case 'J':
		p.fail("-J %s: ProxyJump is not supported", value)
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

func (p *argParser) configFile(file string) {
	if file != "none" && file != "/dev/null" {
		p.fail("-F %s: ssh configuration files are not supported", file)
	}
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
	p.set(strings.ToLower(text[:i]), text[:i], value)
}

// unquote takes off the quotes that ssh itself allows around a value.
func unquote(v string) string {
	if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
		return v[1 : len(v)-1]
	}
	return v
}

// set takes an option, by its name in lower case; label is how the user wrote it.
func (p *argParser) set(name, label, value string) {
	set, ok := settable[name]
	if !ok {
		p.without(name, label, value)
		return
	}
	if name != "identityfile" && p.seen[name] {
		return
	}
	p.seen[name] = true
	if err := set(&p.o, value); err != nil {
		p.fail("%s %s: %w", label, value, err)
	}
}

// without deals with the options that pfrun has no setting for.
func (p *argParser) without(name, label, value string) {
	accepted, ok := moot[name]
	switch {
	case !ok:
		p.fail("%s is not supported", label)
	case len(accepted) > 0 && !containsFold(accepted, value):
		p.fail("%s=%s is not supported, only %s", label, value, strings.Join(accepted, ", "))
	}
}

func containsFold(list []string, s string) bool {
	for _, l := range list {
		if strings.EqualFold(l, s) {
			return true
		}
	}
	return false
}

// moot are the options that mean nothing here, each with the values for which that is so; none listed: all.
var moot = map[string][]string{
	"controlmaster": nil, "controlpath": nil, "controlpersist": nil, "compression": nil, "compressionlevel": nil, "loglevel": nil, "visualhostkey": nil, "updatehostkeys": nil,
	"numberofpasswordprompts": nil, "tcpkeepalive": nil, "ipqos": nil, "escapechar": nil, "exitonforwardfailure": nil, "clearallforwardings": nil, "protocol": {"2"},
	"forwardagent": {"no"}, "forwardx11": {"no"}, "forwardx11trusted": {"no"}, "gssapiauthentication": {"no"}, "gssapidelegatecredentials": {"no"},
	"hostbasedauthentication": {"no"}, "checkhostip": {"no"}, "verifyhostkeydns": {"no"}, "requesttty": {"no", "auto"}, "tunnel": {"no"}, "permitlocalcommand": {"no"},
	"addkeystoagent": {"no"}, "connectionattempts": {"1"}, "canonicalizehostname": {"no"}, "proxycommand": {"none"}, "proxyjump": {"none"}, "enablesshkeysign": {"no"},
	"nohostauthenticationforlocalhost": {"no"}, "rekeylimit": nil,
}

// settable are the options that pfrun has, by their names in lower case.
var settable = map[string]func(*Overrides, string) error{
	"user": func(o *Overrides, v string) error { o.User = v; return nil },
	"port": func(o *Overrides, v string) (err error) { o.Port, err = number(v, 1, 65535); return err },

	"identityfile":             setIdentityFile,
	"identitiesonly":           func(o *Overrides, v string) (err error) { o.IdentitiesOnly, err = yesNo(v); return err },
	"identityagent":            setIdentityAgent,
	"addressfamily":            setAddressFamily,
	"userknownhostsfile":       func(o *Overrides, v string) (err error) { o.KnownHosts, err = fileList(v); return err },
	"globalknownhostsfile":     func(o *Overrides, v string) (err error) { o.GlobalKnownHosts, err = fileList(v); return err },
	"hostkeyalias":             func(o *Overrides, v string) error { o.HostKeyAlias = v; return nil },
	"hashknownhosts":           func(o *Overrides, v string) (err error) { o.HashKnownHosts, err = yesNo(v); return err },
	"stricthostkeychecking":    setPolicy,
	"batchmode":                func(o *Overrides, v string) (err error) { o.Batch, err = yesNo(v); return err },
	"connecttimeout":           func(o *Overrides, v string) (err error) { o.ConnectTimeout, err = seconds(v); return err },
	"serveraliveinterval":      func(o *Overrides, v string) (err error) { o.KeepAlive, err = seconds(v); return err },
	"serveralivecountmax":      func(o *Overrides, v string) (err error) { o.KeepAliveCount, err = number(v, 1, 1000); return err },
	"preferredauthentications": setMethods,

	"pubkeyauthentication":            func(o *Overrides, v string) error { return o.setMethod(methodPublicKey, v) },
	"passwordauthentication":          func(o *Overrides, v string) error { return o.setMethod(methodPassword, v) },
	"kbdinteractiveauthentication":    func(o *Overrides, v string) error { return o.setMethod(methodKeyboard, v) },
	"challengeresponseauthentication": func(o *Overrides, v string) error { return o.setMethod(methodKeyboard, v) },

	"hostkeyalgorithms":        func(o *Overrides, v string) (err error) { o.HostKeyAlgorithms, err = hostKeyList(v); return err },
	"kexalgorithms":            func(o *Overrides, v string) (err error) { o.KexAlgorithms, err = kexList(v); return err },
	"ciphers":                  func(o *Overrides, v string) (err error) { o.Ciphers, err = cipherList(v); return err },
	"macs":                     func(o *Overrides, v string) (err error) { o.MACs, err = macList(v); return err },
	"pubkeyacceptedalgorithms": onlyAdding,
	"pubkeyacceptedkeytypes":   onlyAdding,
}

func number(v string, least, most int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("expected a number from %d to %d", least, most)
	}
	return n, nil
}

func yesNo(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "yes", "true":
		return true, nil
	case "no", "false":
		return false, nil
	}
	return false, errors.New("expected yes or no")
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
