package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	gossh "golang.org/x/crypto/ssh"
)

// hostKeyCheck checks the key of one host during one connection.
type hostKeyCheck struct {
	cfg      Config
	db       *knownHosts
	refused  []knownKey // the keys of the files of RevokedHostKeys
	name     string     // under which the host is recorded
	accepted gossh.PublicKey
	failure  error // why the key was refused; nil: it was not
}

func newHostKeyCheck(cfg Config) (*hostKeyCheck, error) {
	db, err := readKnownHosts(slices.Concat(cfg.KnownHosts, cfg.GlobalKnownHosts), cfg.Warn)
	if err != nil {
		return nil, err
	}
	refused, err := readRevoked(cfg.RevokedHostKeys)
	if err != nil {
		return nil, err
	}
	h := &hostKeyCheck{cfg: cfg, db: db, refused: refused, name: knownName(cfg.Address, cfg.Port)}
	if cfg.HostKeyAlias != "" {
		h.name = strings.ToLower(cfg.HostKeyAlias)
	}
	return h, nil
}

// known gives the recorded keys of the host.
func (h *hostKeyCheck) known() (keys []knownKey, exact bool) { return h.find(noMarker) }

// find gives the lines about the host. As OpenSSH does, one for the host without a port counts where there is none with it.
func (h *hostKeyCheck) find(m marker) (keys []knownKey, exact bool) {
	keys = h.db.find(h.name, m)
	if len(keys) > 0 || h.cfg.HostKeyAlias != "" || h.cfg.Port == defaultPort {
		return keys, true
	}
	return h.db.find(knownName(h.cfg.Address, defaultPort), m), false
}

// algorithms gives the signature algorithms to offer: certificates where an authority is recorded for the host, then those of its recorded keys. Without that order a server
// with several keys shows one that is not recorded, which looks like a changed key (golang/go#29286). The others follow, so that a key of another type is seen and can be
// named in the refusal.
func (h *hostKeyCheck) algorithms() []string {
	offered := h.cfg.HostKeyAlgorithms
	if len(offered) == 0 {
		offered = slices.Concat(certAlgorithms(), defaultHostKeyAlgorithms())
	}
	authorities, _ := h.find(markerCA)
	known, _ := h.known()
	isKnown := func(algorithm string) bool {
		return slices.ContainsFunc(known, func(k knownKey) bool { return k.key.Type() == keyTypeOf(algorithm) })
	}
	var certs, first, rest []string
	for _, a := range offered {
		switch {
		case isCertAlgorithm(a):
			if len(authorities) > 0 {
				certs = append(certs, a)
			}
		case isKnown(a):
			first = append(first, a)
		default:
			rest = append(rest, a)
		}
	}
	return slices.Concat(certs, first, rest)
}

// defaultHostKeyAlgorithms gives OpenSSH's order of preference, without SHA-1, DSA and certificates.
func defaultHostKeyAlgorithms() []string {
	return []string{
		gossh.KeyAlgoED25519, gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521, gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256,
	}
}

// keyTypeOf gives the type of the keys that a signature algorithm is for.
func keyTypeOf(algorithm string) string {
	if algorithm == gossh.KeyAlgoRSASHA512 || algorithm == gossh.KeyAlgoRSASHA256 {
		return gossh.KeyAlgoRSA
	}
	return algorithm
}

// check decides about the key that the host showed. It is called again when keys are exchanged anew.
func (h *hostKeyCheck) check(ctx context.Context, remote net.Addr, key gossh.PublicKey) error {
	if h.accepted != nil {
		if sameKey(h.accepted, key) {
			return nil
		}
		return errors.New("the host changed its key in the middle of the connection")
	}
	if h.failure = h.decide(ctx, remote, key); h.failure != nil {
		return h.failure
	}
	h.accepted = key
	return nil
}

func (h *hostKeyCheck) decide(ctx context.Context, remote net.Addr, key gossh.PublicKey) error {
	cert, isCert := key.(*gossh.Certificate)
	if isCert {
		key = cert.Key
	}
	if err := h.checkRevoked(key); err != nil {
		return err
	}
	if err := checkRSASize(key, h.cfg.RequiredRSASize); err != nil {
		return err
	}
	var unfit error // why the certificate does not speak for the host
	if isCert {
		known, err := h.checkCertificate(cert)
		if known && err == nil {
			return nil
		}
		unfit = err
	}
	known, exact := h.known()
	switch {
	case slices.ContainsFunc(known, func(k knownKey) bool { return sameKey(k.key, key) }):
		return nil
	case unfit != nil:
		return unfit
	case exact && len(known) > 0:
		return changedKey(h.name, known, key)
	}
	return h.unknown(ctx, remote, key)
}

func (h *hostKeyCheck) checkRevoked(key gossh.PublicKey) error {
	k, found := h.db.revoked(key)
	if i := slices.IndexFunc(h.refused, func(k knownKey) bool { return sameKey(k.key, key) }); !found && i >= 0 {
		k, found = h.refused[i], true
	}
	if !found {
		return nil
	}
	return &hinted{
		fmt.Errorf("the host's key %s is revoked: it is marked @revoked, or listed, at %s", describeKey(key), k.place()),
		"the key is known to be in wrong hands: give the host a new one",
	}
}

// changedKey is the refusal of a key that differs from the recorded one.
func changedKey(name string, known []knownKey, key gossh.PublicKey) error {
	old := known[0]
	if i := slices.IndexFunc(known, func(k knownKey) bool { return k.key.Type() == key.Type() }); i >= 0 {
		old = known[i]
	}
	return &hinted{
		fmt.Errorf("the host's key has changed: it shows %s, recorded at %s is %s", describeKey(key), old.place(), describeKey(old.key)),
		fmt.Sprintf("somebody may be in between; if the host was really given a new key, remove the old one: ssh-keygen -R '%s' -f %s", name, old.file),
	}
}

// unknown deals with the key of a host that is not recorded.
func (h *hostKeyCheck) unknown(ctx context.Context, remote net.Addr, key gossh.PublicKey) error {
	switch h.cfg.HostKeyPolicy {
	case AcceptNew:
		return h.record(key)
	case AcceptNewWithWarning:
		h.cfg.Warn(fmt.Sprintf("%s: the new host key %s is accepted unseen and recorded; from now on another key is refused", h.cfg.Name, describeKey(key)))
		return h.record(key)
	case Ask:
		return h.ask(ctx, remote, key)
	case Refuse:
	}
	return h.refuseUnknown(key)
}

func (h *hostKeyCheck) ask(ctx context.Context, remote net.Addr, key gossh.PublicKey) error {
	if h.cfg.Confirm == nil {
		return h.refuseUnknown(key)
	}
	ok, err := h.cfg.Confirm(ctx, fmt.Sprintf("%s (%s) is not known. Its key is %s. Record this key and connect?", h.name, remote, describeKey(key)))
	if err != nil {
		return fmt.Errorf("the host's key %s is not recorded, and nobody could be asked: %w", describeKey(key), err)
	}
	if !ok {
		return fmt.Errorf("the host's key %s was not accepted", describeKey(key))
	}
	return h.record(key)
}

func (h *hostKeyCheck) refuseUnknown(key gossh.PublicKey) error {
	return &hinted{
		fmt.Errorf("the host is not known: no key for %s in %s; it shows %s", h.name, strings.Join(slices.Concat(h.cfg.KnownHosts, h.cfg.GlobalKnownHosts), ", "), describeKey(key)),
		"compare the fingerprint and record the key by connecting once with ssh, or use StrictHostKeyChecking=accept-new",
	}
}

// record writes the key down. A file that cannot be written is told and does not stop the connection, as with OpenSSH.
func (h *hostKeyCheck) record(key gossh.PublicKey) error {
	err := appendKnownHost(h.target(), h.name, key, h.cfg.HashKnownHosts)
	if _, changed := errors.AsType[*hinted](err); changed {
		return err
	}
	if err != nil {
		h.cfg.Warn(fmt.Sprintf("%s: the host key could not be recorded: %v", h.cfg.Name, err))
	}
	return nil
}

// target is the file that new keys go to.
func (h *hostKeyCheck) target() string {
	if len(h.cfg.KnownHosts) == 0 {
		return "/dev/null"
	}
	return h.cfg.KnownHosts[0]
}

func describeKey(key gossh.PublicKey) string {
	return key.Type() + " " + gossh.FingerprintSHA256(key)
}
