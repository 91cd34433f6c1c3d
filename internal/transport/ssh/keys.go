package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// identity is one key that may be tried.
type identity struct {
	name   string // for messages
	signer gossh.Signer
	file   string // where it is from one
}

// keyring finds the keys to try, in order: the files that the user named (by the agent's copy, where the agent has it), the agent's others, the usual files.
type keyring struct {
	cfg    Config
	agent  agent.ExtendedAgent
	conn   net.Conn // to the agent; nil: none
	unused []string // keys that could not be used, each with the reason
}

func newKeyring(ctx context.Context, cfg Config) *keyring {
	r := &keyring{cfg: cfg}
	if cfg.AgentSocket == "" {
		return r
	}
	var d net.Dialer
	ctx, cancel := context.WithTimeout(ctx, cfg.ConnectTimeout)
	defer cancel()
	conn, err := d.DialContext(ctx, "unix", cfg.AgentSocket)
	if err != nil {
		r.miss("the agent", err)
		return r
	}
	r.conn, r.agent = conn, agent.NewClient(conn)
	return r
}

// close ends the connection to the agent.
func (r *keyring) close() {
	if r.conn != nil {
		r.conn.Close()
	}
}

func (r *keyring) miss(name string, err error) {
	r.unused = append(r.unused, fmt.Sprintf("%s: %v", name, err))
}

// identities gives the keys to try, each after its certificates.
func (r *keyring) identities(ctx context.Context) []identity {
	fromAgent := r.fromAgent()
	ids := r.given()
	ids = append(ids, r.fromFiles(ctx, r.cfg.KeyFiles, fromAgent, true)...)
	if !r.cfg.IdentitiesOnly {
		ids = append(ids, fromAgent...)
	}
	if len(r.cfg.KeyFiles) == 0 && !r.cfg.NoKeyFiles {
		ids = append(ids, r.fromFiles(ctx, usualKeyFiles(r.cfg.Home), fromAgent, false)...)
	}
	return r.usable(withoutDoubles(r.withCertificates(ids, fromAgent)))
}

// given gives the keys that the configuration itself holds.
func (r *keyring) given() []identity {
	var ids []identity
	for _, text := range r.cfg.PrivateKeys {
		signer, err := gossh.ParsePrivateKey([]byte(text))
		if err != nil {
			r.miss("the key given as text", err)
			continue
		}
		ids = append(ids, identity{name: "the key given as text " + gossh.FingerprintSHA256(signer.PublicKey()), signer: signer})
	}
	return ids
}

func withoutDoubles(ids []identity) []identity {
	var out []identity
	for _, id := range ids {
		if findKey(out, id.signer.PublicKey()) < 0 {
			out = append(out, id)
		}
	}
	return out
}

func findKey(ids []identity, key gossh.PublicKey) int {
	return slices.IndexFunc(ids, func(id identity) bool { return sameKey(id.signer.PublicKey(), key) })
}

// usualKeyFiles are the files that ssh tries by itself.
func usualKeyFiles(home string) []string {
	var files []string
	for _, n := range []string{"id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"} {
		files = append(files, filepath.Join(home, ".ssh", n))
	}
	return files
}

func (r *keyring) fromAgent() []identity {
	if r.agent == nil {
		return nil
	}
	r.conn.SetDeadline(time.Now().Add(r.cfg.ConnectTimeout))
	signers, err := r.agent.Signers()
	if err != nil {
		r.miss("the agent", err)
		return nil
	}
	r.conn.SetDeadline(time.Time{}) // a person may have to confirm a signature; the context ends that wait
	var ids []identity
	for _, s := range signers {
		name := "agent key " + gossh.FingerprintSHA256(s.PublicKey())
		if k, ok := s.PublicKey().(*agent.Key); ok && k.Comment != "" {
			name += " " + k.Comment
		}
		ids = append(ids, identity{name: name, signer: s})
	}
	return ids
}

// fromFiles gives the keys in files. A file that is not there is reported only where the user named it.
func (r *keyring) fromFiles(ctx context.Context, files []string, fromAgent []identity, named bool) []identity {
	var ids []identity
	for _, f := range files {
		signer, err := r.readKey(ctx, f, fromAgent)
		if err != nil {
			if named || !errors.Is(err, fs.ErrNotExist) {
				r.miss("key "+f, reasonOf(err))
			}
			continue
		}
		ids = append(ids, identity{"key " + f, signer, f})
	}
	return ids
}

// reasonOf gives an error without the path, which the message names already.
func reasonOf(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

func (r *keyring) readKey(ctx context.Context, file string, fromAgent []identity) (gossh.Signer, error) {
	text, err := readPrivateFile(file)
	if err != nil {
		return nil, err
	}
	if pub, _, _, _, err := gossh.ParseAuthorizedKey(text); err == nil {
		if i := findKey(fromAgent, pub); i >= 0 {
			return fromAgent[i].signer, nil
		}
		return nil, errors.New("this is a public key, and the agent does not hold its private part")
	}
	signer, err := gossh.ParsePrivateKey(text)
	if err == nil {
		return signer, nil
	}
	missing, encrypted := errors.AsType[*gossh.PassphraseMissingError](err)
	if !encrypted {
		return heldByAgent(file, fromAgent, err)
	}
	return r.encryptedKey(ctx, file, text, missing.PublicKey, fromAgent)
}

// heldByAgent gives the agent's copy of a key whose file holds no key that could sign, such as that of a security key; else err.
func heldByAgent(file string, fromAgent []identity, err error) (gossh.Signer, error) {
	pub := readPublicPart(file)
	if pub == nil {
		return nil, err
	}
	if i := findKey(fromAgent, pub); i >= 0 {
		return fromAgent[i].signer, nil
	}
	if strings.HasPrefix(pub.Type(), "sk-") {
		return nil, errors.New("it is of a security key, which only an agent can use: ssh-add " + file)
	}
	return nil, err
}

// encryptedKey gives a signer that asks for the passphrase when it first signs, so only once the host has said that it takes the key.
func (r *keyring) encryptedKey(ctx context.Context, file string, text []byte, pub gossh.PublicKey, fromAgent []identity) (gossh.Signer, error) {
	if pub == nil {
		pub = readPublicPart(file)
	}
	k := &lockedKey{pub: pub, open: func() (gossh.Signer, error) { return r.unlock(ctx, file, text) }}
	if pub == nil {
		signer, err := k.open()
		return signer, err
	}
	if i := findKey(fromAgent, pub); i >= 0 {
		return fromAgent[i].signer, nil
	}
	return k, nil
}

func readPublicPart(file string) gossh.PublicKey {
	text, err := os.ReadFile(file + ".pub")
	if err != nil {
		return nil
	}
	pub, _, _, _, err := gossh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return pub
}

func (r *keyring) unlock(ctx context.Context, file string, text []byte) (gossh.Signer, error) {
	if r.cfg.Passphrase == nil {
		return nil, errors.New("it has a passphrase, and nobody can be asked for it: add the key to an agent")
	}
	passphrase, err := r.cfg.Passphrase(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("it has a passphrase: %w", err)
	}
	signer, err := gossh.ParsePrivateKeyWithPassphrase(text, []byte(passphrase))
	if err != nil {
		return nil, errors.New("the passphrase is wrong")
	}
	return signer, nil
}

// lockedKey is a key whose private part needs a passphrase.
type lockedKey struct {
	pub    gossh.PublicKey
	open   func() (gossh.Signer, error)
	signer gossh.Signer
}

func (k *lockedKey) PublicKey() gossh.PublicKey { return k.pub }

func (k *lockedKey) Sign(rand io.Reader, data []byte) (*gossh.Signature, error) {
	return k.SignWithAlgorithm(rand, data, "")
}

func (k *lockedKey) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*gossh.Signature, error) {
	if k.signer == nil {
		s, err := k.open()
		if err != nil {
			return nil, err
		}
		k.signer = s
	}
	return signWith(k.signer, rand, data, algorithm)
}

func signWith(s gossh.Signer, rand io.Reader, data []byte, algorithm string) (*gossh.Signature, error) {
	if as, ok := s.(gossh.AlgorithmSigner); ok {
		return as.SignWithAlgorithm(rand, data, algorithm)
	}
	return s.Sign(rand, data)
}

// readPrivateFile reads a key file, and refuses one of the user's own that others may read, as ssh does.
func readPrivateFile(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if ok && int(st.Uid) == os.Getuid() && info.Mode().Perm()&0o077 != 0 && !strings.HasSuffix(file, ".pub") {
		return nil, fmt.Errorf("its mode %04o lets others read it: chmod 600 %s", info.Mode().Perm(), file)
	}
	return os.ReadFile(file)
}
