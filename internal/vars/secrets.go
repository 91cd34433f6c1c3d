package vars

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Secrets is the set of texts of a run that nobody may see. The zero value is empty and ready to use; it is safe for concurrent use.
type Secrets struct {
	mu    sync.RWMutex
	texts []string
}

// Masked stands in place of a secret.
const Masked = "********"

// shortest is the length from which on a text can be masked by value: shorter ones stand in ordinary text too often.
const shortest = 4

// Add makes a text secret, and every line of one that has several. A text of fewer than 4 characters cannot be masked by value.
func (s *Secrets) Add(text string) {
	if s.has(text) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range append(strings.Split(text, "\n"), text) {
		t = strings.TrimRight(t, "\r")
		if utf8.RuneCountInString(t) >= shortest && !slices.Contains(s.texts, t) {
			s.texts = append(s.texts, t)
		}
	}
}

func (s *Secrets) has(text string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return text == "" || slices.Contains(s.texts, text)
}

// Mask replaces every secret in a text. Where secrets overlap, what they cover together is replaced by one mask.
func (s *Secrets) Mask(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var hidden []span
	for _, t := range s.texts {
		for from := 0; ; {
			i := strings.Index(text[from:], t)
			if i < 0 {
				break
			}
			hidden = append(hidden, span{from + i, from + i + len(t)})
			from += i + 1
		}
	}
	if hidden == nil {
		return text
	}
	slices.SortFunc(hidden, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	at := 0
	for i := 0; i < len(hidden); {
		h := hidden[i]
		for i++; i < len(hidden) && hidden[i].from < h.to; i++ {
			h.to = max(h.to, hidden[i].to)
		}
		b.WriteString(text[at:h.from])
		b.WriteString(Masked)
		at = h.to
	}
	return b.String() + text[at:]
}

// span is a part of a text that a secret covers.
type span struct{ from, to int }
