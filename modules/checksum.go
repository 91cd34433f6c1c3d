package modules

import (
	"crypto/md5"  //nolint:gosec // what results tell, no proof of anything
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/pfrun/pfrun/modules/change"
)

// ChecksumAlgorithm is an algorithm that results tell checksums by.
type ChecksumAlgorithm string

// Enum gives the algorithms.
func (ChecksumAlgorithm) Enum() []string {
	return []string{"md5", "sha1", "sha224", "sha256", "sha384", "sha512"}
}

// hash makes a hash of the algorithm.
func (a ChecksumAlgorithm) hash() (hash.Hash, error) {
	switch a {
	case "md5":
		return md5.New(), nil //nolint:gosec // what results tell
	case "sha1":
		return sha1.New(), nil //nolint:gosec // what results tell
	case "sha224":
		return sha256.New224(), nil
	case "sha256":
		return sha256.New(), nil
	case "sha384":
		return sha512.New384(), nil
	case "sha512":
		return sha512.New(), nil
	}
	return nil, fmt.Errorf("no checksum %q is known", string(a))
}

// Checksums gives the checksums of a content by several algorithms, in hex. change.ErrNotHeld is wrapped where only its hash is known.
func Checksums(c change.Content, algorithms ...ChecksumAlgorithm) ([]string, error) {
	r, err := c.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	hashes, writers := make([]hash.Hash, len(algorithms)), make([]io.Writer, len(algorithms))
	for i, a := range algorithms {
		if hashes[i], err = a.hash(); err != nil {
			return nil, err
		}
		writers[i] = hashes[i]
	}
	if _, err := io.Copy(io.MultiWriter(writers...), r); err != nil {
		return nil, err
	}
	sums := make([]string, len(hashes))
	for i, h := range hashes {
		sums[i] = hex.EncodeToString(h.Sum(nil))
	}
	return sums, nil
}
