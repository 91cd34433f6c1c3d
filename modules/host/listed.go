package host

import (
	"context"
	"fmt"
	"strings"
)

// Listed gives a Reader that refuses every probe that is not one of the patterns, wrapping ErrNotListed: what a module looks with is part of its Spec. The Reader is no Applier,
// whatever r is.
func Listed(r Reader, patterns []Probe) Reader { return listed{r, patterns} }

type listed struct {
	Reader
	patterns []Probe
}

func (l listed) Probe(ctx context.Context, p Probe) (Output, error) {
	for _, pattern := range l.patterns {
		if p.Matches(pattern) {
			return l.Reader.Probe(ctx, p)
		}
	}
	return Output{}, fmt.Errorf("probe %q: %w", strings.Join(p.Argv, " "), ErrNotListed)
}
