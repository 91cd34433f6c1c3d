package ssh

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

// checkCertificate says whether a certificate authority that is recorded for the host has signed a certificate, and then what speaks against the certificate.
func (h *hostKeyCheck) checkCertificate(cert *gossh.Certificate) (known bool, err error) {
	authorities, _ := h.find(markerCA)
	i := slices.IndexFunc(authorities, func(k knownKey) bool { return sameKey(k.key, cert.SignatureKey) })
	if i < 0 {
		return false, nil
	}
	if err := h.checkRevoked(cert.SignatureKey); err != nil {
		return true, &hinted{fmt.Errorf("the host's certificate is signed by a revoked key: %w", err), hintOf(err)}
	}
	if err := h.checkClaims(cert); err != nil {
		return true, &hinted{
			fmt.Errorf("the host's certificate (serial %d, %q) is not valid: %w", cert.Serial, cert.KeyId, err),
			"give the host a new certificate: ssh-keygen -h -s CA -I ID -n NAMES, signed by the authority recorded at " + authorities[i].place(),
		}
	}
	return true, nil
}

// checkClaims checks what a certificate says of itself: that it is for a host, for this one, now, and rightly signed.
func (h *hostKeyCheck) checkClaims(cert *gossh.Certificate) error {
	if cert.CertType != gossh.HostCert {
		return errors.New("it is a user's")
	}
	if err := checkRSASize(cert.SignatureKey, h.cfg.RequiredRSASize); err != nil {
		return fmt.Errorf("the authority: %w", err)
	}
	allowed := h.cfg.CASignatureAlgorithms
	if len(allowed) == 0 {
		allowed = defaultCAAlgorithms()
	}
	if !slices.Contains(allowed, cert.Signature.Format) {
		return fmt.Errorf("it is signed with %s, which is not accepted", cert.Signature.Format)
	}
	name := strings.ToLower(firstOf(h.cfg.HostKeyAlias, h.cfg.Address))
	principal := name
	if len(cert.ValidPrincipals) > 0 { // patterns, as OpenSSH takes them
		i := slices.IndexFunc(cert.ValidPrincipals, func(p string) bool { return matchGlob(strings.ToLower(p), name) })
		if i < 0 {
			return fmt.Errorf("it is for %s, not for %s", strings.Join(cert.ValidPrincipals, ", "), name)
		}
		principal = cert.ValidPrincipals[i]
	}
	if err := checkPeriod(cert, time.Now()); err != nil {
		return err
	}
	return (&gossh.CertChecker{}).CheckCert(principal, cert)
}

// checkPeriod holds that a certificate is valid at a time.
func checkPeriod(cert *gossh.Certificate, now time.Time) error {
	seconds := uint64(now.Unix())
	switch {
	case seconds < cert.ValidAfter:
		return fmt.Errorf("it is valid from %s on", instant(cert.ValidAfter))
	case cert.ValidBefore != gossh.CertTimeInfinity && seconds >= cert.ValidBefore:
		return fmt.Errorf("it was valid until %s", instant(cert.ValidBefore))
	}
	return nil
}

func instant(seconds uint64) string {
	return time.Unix(int64(min(seconds, 1<<40)), 0).UTC().Format(time.RFC3339)
}

// checkRSASize refuses an RSA key with fewer bits than least.
func checkRSASize(key gossh.PublicKey, least int) error {
	k, ok := key.(gossh.CryptoPublicKey)
	if !ok {
		return nil
	}
	if r, ok := k.CryptoPublicKey().(*rsa.PublicKey); ok && r.N.BitLen() < least {
		return fmt.Errorf("the RSA key %s has %d bits, fewer than %d (RequiredRSASize)", gossh.FingerprintSHA256(key), r.N.BitLen(), least)
	}
	return nil
}

// readRevoked reads files of keys, one a line as in authorized_keys. As for ssh, a file that cannot be read lets no host be trusted.
func readRevoked(files []string) ([]knownKey, error) {
	var keys []knownKey
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("cannot read the revoked host keys: %w", err)
		}
		if bytes.HasPrefix(text, []byte("SSHKRL\n")) {
			return nil, fmt.Errorf("RevokedHostKeys %s: this is a key revocation list in binary form, which is not supported: list the keys as text, one a line", file)
		}
		n := 0
		for line := range bytes.Lines(text) {
			n++
			line = bytes.TrimSpace(line)
			if len(line) == 0 || line[0] == '#' {
				continue
			}
			key, _, _, _, err := gossh.ParseAuthorizedKey(line)
			if err != nil {
				return nil, fmt.Errorf("RevokedHostKeys %s:%d: %w", file, n, err)
			}
			keys = append(keys, knownKey{marker: markerRevoked, key: key, file: file, line: n})
		}
	}
	return keys, nil
}
