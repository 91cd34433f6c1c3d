package transport

import (
	"fmt"
	"math/rand/v2"
)

// Token gives a word that nobody can guess or has used before: 32 hexadecimal digits. It comes from the runtime's generator (ChaCha8, seeded by the system), which unlike crypto/rand
// brings no ciphers into the helper.
func Token() string { return fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()) }
