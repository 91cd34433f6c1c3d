package ssh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// noConfigFile is the name for no configuration file at all (ssh -F none).
const noConfigFile = none

// systemConfigFile is the machine's configuration file for ssh.
const systemConfigFile = "/etc/ssh/ssh_config"

// Resolver says how hosts are reached, as ssh on this machine would reach them: by what is asked for, then by arguments as ssh has them, then by its configuration files.
// Where an ssh client is installed the files are read by it (ssh -G), so completely; where there is none, without what needs one. Methods may be called concurrently.
type Resolver struct {
	// Getenv reads the environment: HOME, USER, LOGNAME, SSH_AUTH_SOCK and what paths name. nil: os.Getenv.
	Getenv func(string) string
	// Warn is told what is odd but no error, the same text perhaps again. nil: nobody is told.
	Warn func(string)

	client string // the ssh client; empty: what is in the PATH; none: there is none
	system string // the machine's configuration file; empty: systemConfigFile

	mu       sync.Mutex
	defaults map[string][]string // what the client says without any configuration
	answers  map[query]*answer
}

// query is what the answer of the configuration files depends on.
type query struct {
	host, hostName, user, file, tag string
	port                            int
}

type answer struct {
	once    sync.Once
	options []option
	err     error
}

// option is one option that a configuration file sets.
type option struct{ name, value string }

// Resolve completes asked, whose Address is the host as the user calls it: what asked says counts first, then args, which are words as ssh has them, then the configuration
// files, then ssh's defaults. An error names everything that cannot be done.
func (r *Resolver) Resolve(ctx context.Context, asked Config, args string) (Config, error) {
	p := newArgParser()
	if err := p.read(args); err != nil {
		return Config{}, err
	}
	return r.resolve(ctx, asked, p, nil)
}

func (r *Resolver) getenv(name string) string {
	if r.Getenv == nil {
		return os.Getenv(name)
	}
	return r.Getenv(name)
}

// resolve completes asked by what p has read and what the configuration files add. passed are the hosts that are reached through this one.
func (r *Resolver) resolve(ctx context.Context, asked Config, p *argParser, passed []string) (Config, error) {
	original, args := asked.Address, p.o
	if asked.HostKeyPolicy != Ask {
		p.seen["stricthostkeychecking"] = true // before the files
	}
	q := query{original, args.HostName, firstOf(asked.User, args.User), args.ConfigFile, args.Tag, asked.Port}
	fill(&q.port, args.Port)
	found, err := r.find(ctx, q)
	if err != nil {
		return Config{}, err
	}
	if err := p.add(found); err != nil {
		return Config{}, err
	}
	c, err := r.complete(asked, p.o)
	if err != nil {
		return Config{}, err
	}
	return r.route(ctx, c, asked, p.o, append(slices.Clip(passed), hop{host: original, port: q.port}.place()))
}

// complete fills in asked from the options, with every token expanded.
func (r *Resolver) complete(asked Config, o Overrides) (Config, error) {
	c, original := asked, asked.Address
	c.Name = firstOf(c.Name, original)
	c.Home = firstOf(c.Home, r.getenv("HOME"), nowhere)
	localUser := firstOf(r.getenv("USER"), r.getenv("LOGNAME"), userName())
	fill(&c.User, firstOf(o.User, localUser))
	fill(&c.Port, o.Port)
	fill(&c.Port, defaultPort)
	fill(&c.HostKeyAlias, o.HostKeyAlias)
	hostname, _ := os.Hostname() // it is for the tokens %l and %L alone
	t := newTokens(&c, original, localUser, hostname, os.Getuid(), r.getenv)
	if o.HostName != "" {
		address, err := t.expand(o.HostName, nameTokens)
		if err != nil {
			return c, fmt.Errorf("HostName: %w", err)
		}
		c.Address, t.values['h'] = address, address
	}
	if err := t.expandAll(&o); err != nil {
		return c, err
	}
	if c.AgentSocket == "" {
		c.AgentSocket = r.getenv("SSH_AUTH_SOCK")
	}
	o.fill(&c)
	if o.ProxyCommand != "" && o.ProxyCommand != none {
		line, err := c.proxyTokens(original).expand(o.ProxyCommand, proxyTokens)
		if err != nil {
			return c, fmt.Errorf("ProxyCommand: %w", err)
		}
		c.ProxyCommand = line
	}
	return c, nil
}

// userName gives the name of the user who runs this, or nothing where the machine does not know.
func userName() string {
	u, err := user.LookupId(strconv.Itoa(os.Getuid()))
	if err != nil {
		return ""
	}
	return u.Username
}

// proxyTokens gives the tokens of ProxyCommand and ProxyJump.
func (c Config) proxyTokens(original string) tokens {
	return tokens{values: map[byte]string{'h': c.Address, 'n': original, 'p': strconv.Itoa(c.Port), 'r': c.User}}
}

// route finds the way to c through its jump hosts. Each of them is a host with a configuration of its own; from the target's they have nothing but the configuration file.
func (r *Resolver) route(ctx context.Context, c, asked Config, o Overrides, passed []string) (Config, error) {
	original := asked.Address
	if o.ProxyJump == "" || o.ProxyJump == none {
		return c, nil
	}
	jumps, err := c.proxyTokens(original).expand(o.ProxyJump, proxyTokens)
	if err != nil {
		return c, fmt.Errorf("ProxyJump: %w", err)
	}
	before, last, several := cutLast(jumps, ",")
	h, err := parseHop(last)
	if err != nil {
		return c, err
	}
	if len(passed) > maxHops || slices.Contains(passed, h.place()) {
		return c, fmt.Errorf("ProxyJump goes in a circle: %s, %s (%s)", strings.Join(passed, ", "), h.place(), jumpRemedy)
	}
	hop := Config{
		Name: h.host, Address: h.host, User: h.user, Port: h.port, Home: c.Home,
		Confirm: c.Confirm, Passphrase: c.Passphrase, Warn: c.Warn, ConnectTimeout: asked.ConnectTimeout, AgentSocket: asked.AgentSocket,
	}
	p := newArgParser()
	p.o.ConfigFile = o.ConfigFile
	if several {
		p.set("proxyjump", "ProxyJump", before)
	}
	via, err := r.resolve(ctx, hop, p, passed)
	if err != nil {
		return c, fmt.Errorf("jump host %s: %w", last, err)
	}
	c.Via = &via
	return c, nil
}

func cutLast(s, sep string) (before, last string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}

// hop is one jump host as the user writes it.
type hop struct {
	user, host string
	port       int // 0: not said
}

// jumpRemedy is what to do about jump hosts that are reached through themselves.
const jumpRemedy = "give the jump host itself ProxyJump none in ssh_config, above what is for all hosts"

// maxHops is how many jump hosts there may be before one.
const maxHops = 16

// place is how messages name a hop.
func (h hop) place() string {
	if h.port == 0 {
		return h.host
	}
	return hostAddress(h.host, h.port)
}

// parseHop reads [user@]host[:port], with brackets around an IPv6 address, or ssh://[user@]host[:port].
func parseHop(s string) (h hop, err error) {
	text := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "ssh://"), "/")
	h.user, h.host, _ = cutLast(text, "@")
	port := ""
	switch {
	case strings.HasPrefix(h.host, "["):
		inside, rest, closed := strings.Cut(h.host[1:], "]")
		if !closed || rest != "" && rest[0] != ':' {
			return h, fmt.Errorf("jump host %q: expected [user@]host[:port]", s)
		}
		h.host, port = inside, strings.TrimPrefix(rest, ":")
	case strings.Count(h.host, ":") == 1:
		h.host, port, _ = strings.Cut(h.host, ":")
	}
	if port != "" {
		if h.port, err = number(port, 1, 65535); err != nil {
			return h, fmt.Errorf("jump host %q: port: %w", s, err)
		}
	}
	if h.host == "" || strings.HasPrefix(h.host, "-") {
		return h, fmt.Errorf("jump host %q: expected [user@]host[:port]", s)
	}
	return h, nil
}

// add takes what configuration files set, after what arguments have said. What means nothing here and what could only add to the connection is passed over.
func (p *argParser) add(found []option) error {
	for _, f := range found {
		set, ok := settable[f.name]
		switch {
		case ok:
			p.take(f.name, func() {
				if err := set(&p.o, f.value); err != nil {
					p.errs = append(p.errs, fmt.Errorf("ssh configuration: %s %s: %w", f.name, f.value, err))
				}
			})
		case slices.Contains(blocking, f.name):
			if text := without(f.name, f.name, f.value); text != "" {
				p.errs = append(p.errs, fmt.Errorf("ssh configuration: %s", text))
			}
		}
	}
	return errors.Join(p.errs...)
}

// Route says how a configuration reaches its host: user@address:port, with the way there. Two configurations with equal routes reach the same login of the same host.
func (c Config) Route() string {
	return c.User + "@" + c.Place()
}

// Place says which host a configuration reaches, whoever logs in: address:port, with the way there.
func (c Config) Place() string {
	s := strings.ToLower(hostAddress(c.Address, c.Port))
	switch {
	case c.ProxyCommand != "":
		return s + " by " + c.ProxyCommand
	case c.Via != nil:
		return s + " through " + c.Via.Route()
	}
	return s
}
