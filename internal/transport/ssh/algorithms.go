package ssh

import (
	"fmt"
	"slices"
	"strings"

	gossh "golang.org/x/crypto/ssh"
)

func hostKeyList(v string) ([]string, error) {
	have := slices.Concat(gossh.SupportedAlgorithms().HostKeys, gossh.InsecureAlgorithms().HostKeys)
	return algorithmList(v, slices.Concat(certAlgorithms(), defaultHostKeyAlgorithms()), have)
}

// certAlgorithms gives the algorithms for host certificates, in the order of defaultHostKeyAlgorithms.
func certAlgorithms() []string {
	return []string{
		gossh.CertAlgoED25519v01, gossh.CertAlgoECDSA256v01, gossh.CertAlgoECDSA384v01, gossh.CertAlgoECDSA521v01, gossh.CertAlgoRSASHA512v01, gossh.CertAlgoRSASHA256v01,
	}
}

// isCertAlgorithm says whether an algorithm is for host certificates.
func isCertAlgorithm(a string) bool { return strings.Contains(a, "-cert-v") }

// defaultCAAlgorithms are the algorithms by which a certificate may be signed: not SHA-1.
func defaultCAAlgorithms() []string {
	return append(defaultHostKeyAlgorithms(), gossh.KeyAlgoSKED25519, gossh.KeyAlgoSKECDSA256)
}

func caList(v string) ([]string, error) {
	return algorithmList(v, defaultCAAlgorithms(), append(defaultCAAlgorithms(), gossh.KeyAlgoRSA))
}

// publicKeyAlgorithms are those by which this side may prove who it is.
func publicKeyAlgorithms() []string {
	return slices.Concat(certAlgorithms(), []string{gossh.CertAlgoSKED25519v01, gossh.CertAlgoSKECDSA256v01}, defaultCAAlgorithms(), []string{gossh.CertAlgoRSAv01, gossh.KeyAlgoRSA})
}

func publicKeyList(v string) ([]string, error) {
	return algorithmList(v, publicKeyAlgorithms(), publicKeyAlgorithms())
}

func kexList(v string) ([]string, error) {
	return algorithmList(v, gossh.SupportedAlgorithms().KeyExchanges, slices.Concat(gossh.SupportedAlgorithms().KeyExchanges, gossh.InsecureAlgorithms().KeyExchanges))
}

func cipherList(v string) ([]string, error) {
	return algorithmList(v, gossh.SupportedAlgorithms().Ciphers, slices.Concat(gossh.SupportedAlgorithms().Ciphers, gossh.InsecureAlgorithms().Ciphers))
}

func macList(v string) ([]string, error) {
	return algorithmList(v, gossh.SupportedAlgorithms().MACs, slices.Concat(gossh.SupportedAlgorithms().MACs, gossh.InsecureAlgorithms().MACs))
}

// algorithmList reads a list of algorithms as ssh has it: a list, or with + more after the defaults, with ^ before them, with - without some of them (wildcards allowed).
// Names that there are and that x/crypto/ssh lacks are passed over as long as one is left.
func algorithmList(v string, defaults, have []string) ([]string, error) {
	mode := v[0]
	if strings.IndexByte("+-^", mode) >= 0 {
		v = v[1:]
	}
	var named []string
	for n := range strings.SplitSeq(v, ",") {
		named = append(named, strings.TrimSpace(n))
	}
	isNamed := func(a string) bool {
		return slices.ContainsFunc(named, func(n string) bool { return matchGlob(n, a) })
	}
	known := slices.DeleteFunc(slices.Clone(named), func(n string) bool { return !slices.Contains(have, n) })
	others := slices.DeleteFunc(slices.Clone(defaults), isNamed)
	var out []string
	switch mode {
	case '+':
		out = slices.Concat(others, known)
	case '^':
		out = slices.Concat(known, others)
	case '-':
		out = others
	default:
		out = known
	}
	if len(out) == 0 || len(known) == 0 && mode != '-' {
		return nil, fmt.Errorf("none of these algorithms is supported; there are %s", strings.Join(have, ", "))
	}
	return out, nil
}
