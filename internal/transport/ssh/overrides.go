package ssh

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Overrides is what options of ssh say, from the arguments of a command line or from a configuration file. Paths and commands are as they were written: ~ and the tokens
// (%h) are expanded when it is known where to. The zero value says nothing.
type Overrides struct {
	HostName     string
	User         string
	Port         int
	Network      string // tcp4 (-4) or tcp6 (-6)
	BindAddress  string
	ProxyJump    string // none: no jump hosts whatever follows
	ProxyCommand string // none: likewise
	ConfigFile   string // -F; none: no configuration file
	Tag          string // -P, for Match tagged

	KeyFiles         []string // -i and IdentityFile, in their order
	NoKeyFiles       bool     // IdentityFile=none
	CertificateFiles []string
	IdentitiesOnly   bool
	AgentSocket      *string // IdentityAgent; empty: no agent
	ForwardAgent     string  // yes, or the socket of an agent

	KnownHosts       []string
	GlobalKnownHosts []string
	RevokedHostKeys  []string
	HostKeyAlias     string
	HashKnownHosts   bool
	HostKeyPolicy    *HostKeyPolicy
	RequiredRSASize  int // bits

	Batch          bool // BatchMode: nobody is asked anything
	Methods        []string
	WithoutMethods []string // PasswordAuthentication=no and the like
	SetEnv         []string // NAME=value
	ConnectTimeout time.Duration
	Attempts       int
	KeepAlive      time.Duration
	KeepAliveCount int

	HostKeyAlgorithms     []string
	CASignatureAlgorithms []string
	PublicKeyAlgorithms   []string
	KexAlgorithms         []string
	Ciphers               []string
	MACs                  []string
}

// fill puts what the options say into c where c leaves it open; key files come after those that c has.
func (o Overrides) fill(c *Config) {
	fill(&c.User, o.User)
	fill(&c.Port, o.Port)
	fill(&c.Network, o.Network)
	fill(&c.BindAddress, o.BindAddress)
	fill(&c.HostKeyAlias, o.HostKeyAlias)
	fill(&c.RequiredRSASize, o.RequiredRSASize)
	fill(&c.ConnectTimeout, o.ConnectTimeout)
	fill(&c.Attempts, o.Attempts)
	fill(&c.KeepAlive, o.KeepAlive)
	fill(&c.KeepAliveCount, o.KeepAliveCount)
	c.NoKeyFiles = c.NoKeyFiles || o.NoKeyFiles
	c.IdentitiesOnly = c.IdentitiesOnly || o.IdentitiesOnly
	c.HashKnownHosts = c.HashKnownHosts || o.HashKnownHosts
	c.KeyFiles = slices.Concat(c.KeyFiles, o.KeyFiles)
	c.CertificateFiles = slices.Concat(c.CertificateFiles, o.CertificateFiles)
	c.Env = slices.Concat(c.Env, o.SetEnv)
	fillList(&c.KnownHosts, o.KnownHosts)
	fillList(&c.GlobalKnownHosts, o.GlobalKnownHosts)
	fillList(&c.RevokedHostKeys, o.RevokedHostKeys)
	fillList(&c.HostKeyAlgorithms, o.HostKeyAlgorithms)
	fillList(&c.CASignatureAlgorithms, o.CASignatureAlgorithms)
	fillList(&c.PublicKeyAlgorithms, o.PublicKeyAlgorithms)
	fillList(&c.KexAlgorithms, o.KexAlgorithms)
	fillList(&c.Ciphers, o.Ciphers)
	fillList(&c.MACs, o.MACs)
	if o.AgentSocket != nil {
		c.AgentSocket = *o.AgentSocket
	}
	if o.HostKeyPolicy != nil {
		c.HostKeyPolicy = *o.HostKeyPolicy
	}
	if o.Batch {
		c.Confirm = nil
		c.Passphrase = func(context.Context, string) (string, error) { return "", errors.New("nobody is asked in batch mode") }
	}
	c.forwardAgent(o.ForwardAgent)
	o.fillMethods(c)
}

// forwardAgent sets the agent to offer to the host: the own one for yes, or a socket.
func (c *Config) forwardAgent(v string) {
	switch {
	case v == "yes":
		c.ForwardAgent = c.AgentSocket
	case v != "":
		c.ForwardAgent = v
	}
}

func (o Overrides) fillMethods(c *Config) {
	fillList(&c.Methods, o.Methods)
	if len(o.WithoutMethods) == 0 {
		return
	}
	if len(c.Methods) == 0 {
		c.Methods = allMethods()
	}
	c.Methods = slices.DeleteFunc(slices.Clone(c.Methods), func(m string) bool { return slices.Contains(o.WithoutMethods, m) })
	if len(c.Methods) == 0 {
		c.Methods = []string{"none"}
	}
}

func allMethods() []string { return []string{methodPublicKey, methodPassword, methodKeyboard} }

func fill[T comparable](to *T, v T) {
	var zero T
	if *to == zero {
		*to = v
	}
}

func fillList(to *[]string, v []string) {
	if *to == nil {
		*to = v
	}
}
