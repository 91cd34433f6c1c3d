package vars

import (
	"slices"
	"strings"
	"sync"
)

// Secrets is the set of texts of a run that nobody may see. The zero value is empty and ready to use; it is safe for concurrent use.
type Secrets struct {
	mu    sync.RWMutex
	texts []string // longest first, so that a secret within another leaves nothing behind
}

// Masked stands in place of a secret.
const Masked = "********"

// shortest is the length from which on a text can be masked by value: shorter ones stand in ordinary text too often.
const shortest = 4

// Add makes a text secret, and every line of one that has several.
func (s *Secrets) Add(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range append(strings.Split(text, "\n"), text) {
		if len(t) >= shortest && !slices.Contains(s.texts, t) {
			s.texts = append(s.texts, t)
		}
	}
	slices.SortFunc(s.texts, func(a, b string) int { return len(b) - len(a) })
}

// Mask replaces every secret in a text.
func (s *Secrets) Mask(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, t := range s.texts {
		text = strings.ReplaceAll(text, t, Masked)
	}
	return text
}
