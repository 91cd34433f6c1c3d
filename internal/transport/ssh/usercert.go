package ssh

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// certificate is a user certificate, from a file or from the agent.
type certificate struct {
	name   string // for messages
	cert   *gossh.Certificate
	signer gossh.Signer // where it is the agent's: signs with it
}

// readCertificates reads the files of CertificateFile.
func (r *keyring) readCertificates() []certificate {
	var certs []certificate
	for _, file := range r.cfg.CertificateFiles {
		c, err := readCertificate(file)
		if err != nil {
			r.miss("certificate "+file, reasonOf(err))
			continue
		}
		certs = append(certs, c)
	}
	return certs
}

func readCertificate(file string) (certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return certificate{}, err
	}
	key, _, _, _, err := gossh.ParseAuthorizedKey(text)
	if err != nil {
		return certificate{}, err
	}
	cert, ok := key.(*gossh.Certificate)
	if !ok {
		return certificate{}, fmt.Errorf("this is a %s key and no certificate", key.Type())
	}
	return certificate{name: "certificate " + file, cert: cert}, nil
}

// certificateOf gives the certificate that an identity of the agent is, where it is one.
func certificateOf(id identity) (*gossh.Certificate, bool) {
	key := id.signer.PublicKey()
	if cert, ok := key.(*gossh.Certificate); ok {
		return cert, true
	}
	if !isCertAlgorithm(key.Type()) {
		return nil, false
	}
	parsed, err := gossh.ParsePublicKey(key.Marshal())
	cert, ok := parsed.(*gossh.Certificate)
	return cert, ok && err == nil
}

// withCertificates puts before each key its certificates: from the file beside it, from CertificateFile, from the agent. Those that are no user's, or not valid now, are
// passed over and reported.
func (r *keyring) withCertificates(ids, fromAgent []identity) []identity {
	certs := r.readCertificates()
	for _, id := range fromAgent {
		if cert, ok := certificateOf(id); ok {
			certs = append(certs, certificate{id.name, cert, id.signer})
		}
	}
	var out []identity
	for _, id := range ids {
		own := certs
		if id.file != "" {
			beside, err := readCertificate(id.file + "-cert.pub")
			switch {
			case err == nil:
				own = append([]certificate{beside}, certs...)
			case !errors.Is(err, fs.ErrNotExist):
				r.miss("certificate "+id.file+"-cert.pub", reasonOf(err))
			}
		}
		if _, isCert := certificateOf(id); isCert {
			own = slices.DeleteFunc(slices.Clone(certs), func(c certificate) bool { return !sameKey(c.cert, id.signer.PublicKey()) })
		}
		out = append(out, r.certified(id, own)...)
	}
	return out
}

// certified gives an identity with those of the certificates before it that are for its key. A certificate of the agent stands for itself.
func (r *keyring) certified(id identity, certs []certificate) []identity {
	key := id.signer.PublicKey()
	_, isCert := certificateOf(id)
	var out []identity
	for _, c := range certs {
		if !sameKey(c.cert.Key, key) && !sameKey(c.cert, key) {
			continue
		}
		if err := checkUserCertificate(c.cert); err != nil {
			r.miss(c.name, err)
			continue
		}
		signer, err := c.signer, error(nil)
		if signer == nil && !isCert {
			signer, err = gossh.NewCertSigner(c.cert, id.signer)
		}
		if signer == nil || err != nil {
			continue
		}
		out = append(out, identity{name: c.name, signer: signer})
	}
	if isCert {
		return out
	}
	return append(out, id)
}

func checkUserCertificate(cert *gossh.Certificate) error {
	if cert.CertType != gossh.UserCert {
		return errors.New("it is a host's")
	}
	return checkPeriod(cert, time.Now())
}

// usable leaves out the keys that the configuration does not allow: RSA keys that are too small, and algorithms that PubkeyAcceptedAlgorithms does not name.
func (r *keyring) usable(ids []identity) []identity {
	var out []identity
	for _, id := range ids {
		key, err := gossh.ParsePublicKey(id.signer.PublicKey().Marshal())
		if err == nil {
			err = checkRSASize(key, r.cfg.RequiredRSASize)
		}
		if err == nil {
			id.signer, err = restrict(id.signer, r.cfg.PublicKeyAlgorithms)
		}
		if err != nil {
			r.miss(id.name, err)
			continue
		}
		out = append(out, id)
	}
	return out
}

// restrict gives a signer that signs by the allowed algorithms only; none listed: by all.
func restrict(s gossh.Signer, allowed []string) (gossh.Signer, error) {
	if len(allowed) == 0 {
		return s, nil
	}
	format := s.PublicKey().Type()
	candidates := []string{format}
	switch format {
	case gossh.KeyAlgoRSA:
		candidates = []string{gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256, gossh.KeyAlgoRSA}
	case gossh.CertAlgoRSAv01:
		candidates = []string{gossh.CertAlgoRSASHA512v01, gossh.CertAlgoRSASHA256v01, gossh.CertAlgoRSAv01}
	}
	var plain []string // the algorithms of the signatures themselves
	for _, a := range candidates {
		if slices.Contains(allowed, a) {
			plain = append(plain, signatureOf(a))
		}
	}
	if len(plain) == 0 {
		return nil, fmt.Errorf("PubkeyAcceptedAlgorithms does not name %s", strings.Join(candidates, ", "))
	}
	as, ok := s.(gossh.AlgorithmSigner)
	if !ok || len(plain) == len(candidates) {
		return s, nil
	}
	return gossh.NewSignerWithAlgorithms(as, plain)
}

// signatureOf gives the signature algorithm that proves a key by a public key algorithm.
func signatureOf(a string) string {
	if !isCertAlgorithm(a) {
		return a
	}
	plain := strings.Replace(a, "-cert-v01@openssh.com", "", 1)
	if strings.HasPrefix(plain, "sk-") {
		plain += "@openssh.com"
	}
	return plain
}
