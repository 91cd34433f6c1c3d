// Package ssh connects to managed hosts over SSH: one connection a host and user, over which programs run, files are read and written (SFTP), and the host's own network is
// reached.
//
// It is safe before it is convenient: host keys are always checked, a changed key of a recorded host is refused whatever the policy says, and everything has a deadline, so
// that a dead host costs its own time-out and nobody else's. It is the only package that imports golang.org/x/crypto/ssh and github.com/pkg/sftp.
package ssh

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// HostKeyPolicy says what happens when a host is met whose key is not recorded. No policy accepts another key than the recorded one.
type HostKeyPolicy int

const (
	// Ask asks by Config.Confirm, and refuses where there is nobody to ask (StrictHostKeyChecking=ask).
	Ask HostKeyPolicy = iota
	// Refuse refuses (StrictHostKeyChecking=yes).
	Refuse
	// AcceptNew records the key and goes on (StrictHostKeyChecking=accept-new).
	AcceptNew
	// AcceptNewWithWarning is AcceptNew with a warning for each key recorded: what StrictHostKeyChecking=no and host_key_checking=False come to.
	AcceptNewWithWarning
)

// Config says how to reach a host. The zero value of each field is a sensible default; only Address is required.
type Config struct {
	Name    string // the inventory's name for the host, for messages; empty: Address
	Address string // host name or IP address
	Port    int    // 0: 22
	User    string // empty: the name in $USER or $LOGNAME, or that of the user who runs this
	Network string // tcp (default, both families), tcp4 or tcp6
	Home    string // of the user here, for ~/.ssh; empty: $HOME

	Via          *Config // the jump host to go through, which may have one itself; nil: none
	ProxyCommand string  // a line for sh whose standard input and output are the connection, instead of TCP; empty: none
	BindAddress  string  // this machine's address to connect from; empty: any

	KeyFiles []string // private keys, tried before the agent's others; empty: those of ~/.ssh/id_* that are there, tried after the agent's
	// CertificateFiles are certificates for any of the keys; that of a key file beside it (KEY-cert.pub) is found without.
	CertificateFiles []string
	// PrivateKeys are private keys themselves, as their files would hold them, tried before all others.
	PrivateKeys    []string
	NoKeyFiles     bool   // use no key file (IdentityFile=none)
	IdentitiesOnly bool   // of the agent's keys use only those that KeyFiles name
	AgentSocket    string // the agent's unix socket; empty: no agent
	// Passphrase gives the passphrase of a key file, asked only once the host has said that it takes the key. A key whose passphrase nobody gives is passed over and reported.
	Passphrase func(ctx context.Context, keyfile string) (string, error)
	Password   string // for the methods password and keyboard-interactive; empty: neither is tried
	// Methods are the authentication methods to use, in this order; empty: publickey, password, keyboard-interactive.
	Methods []string

	KnownHosts       []string // files with host keys; new keys go to the first; nil: ~/.ssh/known_hosts and ~/.ssh/known_hosts2
	GlobalKnownHosts []string // further such files, only read; nil: DefaultGlobalKnownHosts
	RevokedHostKeys  []string // files with keys that are refused, one key a line as in authorized_keys
	RequiredRSASize  int      // the least size of an RSA key in bits, of hosts and of this side; 0: 1024
	HostKeyAlias     string   // the name under which the key is recorded, in place of address and port
	HashKnownHosts   bool     // record new keys under hashed names; done in any case where the file's other names are hashed
	HostKeyPolicy    HostKeyPolicy
	Confirm          func(ctx context.Context, question string) (bool, error) // asks a person, for Ask; nil: nobody is there
	Warn             func(message string)                                     // told what is odd but no error; may be nil

	HostKeyAlgorithms     []string // signature algorithms for host keys, in order; empty: the safe ones that x/crypto/ssh has
	CASignatureAlgorithms []string // by which host certificates may be signed; empty: all but those with SHA-1
	PublicKeyAlgorithms   []string // by which this side may prove who it is, those of certificates named apart; empty: all
	KexAlgorithms         []string // key exchanges; empty: x/crypto/ssh's
	Ciphers               []string // likewise
	MACs                  []string // likewise

	Env          []string // NAME=value to ask the host's sshd to set for every program; it takes those that its AcceptEnv names
	ForwardAgent string   // the unix socket of an agent that programs on the host may ask; empty: none
	Attempts     int      // how often to try where nobody answers, with growing pauses; 0: once

	ConnectTimeout time.Duration // for name look-up, connection and key exchange together, then for each answer during authentication; 0: 10 s
	KeepAlive      time.Duration // how often a sign of life is asked for; 0: 15 s
	KeepAliveCount int           // the connection is given up when nothing came for this many KeepAlives; 0: 3
}

const (
	defaultConnectTimeout = 10 * time.Second
	defaultKeepAlive      = 15 * time.Second
	defaultKeepAliveCount = 3
	defaultPort           = 22
	defaultRSASize        = 1024
)

// knownHostsOf gives the user's own files of host keys, as OpenSSH has them.
func knownHostsOf(home string) []string {
	return []string{filepath.Join(home, ".ssh/known_hosts"), filepath.Join(home, ".ssh/known_hosts2")}
}

// DefaultGlobalKnownHosts gives the machine's files of host keys, as OpenSSH has them.
func DefaultGlobalKnownHosts() []string {
	return []string{"/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"}
}

// nowhere stands for the home of one who has none.
const nowhere = "/nonexistent"

// withDefaults gives c with every default filled in.
func (c Config) withDefaults() Config {
	if c.Name == "" {
		c.Name = c.Address
	}
	if c.Home == "" {
		c.Home = firstOf(os.Getenv("HOME"), nowhere)
	}
	if c.Port == 0 {
		c.Port = defaultPort
	}
	if c.User == "" {
		c.User = firstOf(os.Getenv("USER"), os.Getenv("LOGNAME"), userName())
	}
	if c.Network == "" {
		c.Network = "tcp"
	}
	if c.KnownHosts == nil {
		c.KnownHosts = knownHostsOf(c.Home)
	}
	if c.GlobalKnownHosts == nil {
		c.GlobalKnownHosts = DefaultGlobalKnownHosts()
	}
	if c.RequiredRSASize == 0 {
		c.RequiredRSASize = defaultRSASize
	}
	if c.Warn == nil {
		c.Warn = func(string) {}
	}
	if len(c.Methods) == 0 {
		c.Methods = allMethods()
	}
	return c.withDefaultTimes()
}

func (c Config) withDefaultTimes() Config {
	if c.ConnectTimeout <= 0 {
		c.ConnectTimeout = defaultConnectTimeout
	}
	if c.KeepAlive <= 0 {
		c.KeepAlive = defaultKeepAlive
	}
	if c.KeepAliveCount <= 0 {
		c.KeepAliveCount = defaultKeepAliveCount
	}
	return c
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
