package hosttest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

func testConcurrency(s *suite) {
	var wg sync.WaitGroup
	var want []string
	for i := range 8 {
		name := fmt.Sprint("f", i)
		want = append(want, name)
		wg.Go(func() {
			text := strings.Repeat(name+"\n", 1000)
			c := change.WriteFile{Path: s.path(name), Content: change.Bytes([]byte(text)), Meta: s.own}
			if _, err := s.host.Apply(s.Context(), c); err != nil {
				s.Error(err)
				return
			}
			f, err := s.host.ReadFile(s.Context(), s.path(name), limit)
			if err != nil || !f.Same(&change.File{Content: c.Content, Meta: c.Meta}) {
				s.Errorf("%s: %+v, %v", name, f, err)
			}
		})
	}
	wg.Wait()
	s.only(want...)
	s.onlyOneWins()
}

// onlyOneWins has several writers expect the same: one of them gets it.
func (s *suite) onlyOneWins() {
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = s.host.Apply(s.Context(), change.WriteFile{Path: s.path("one"), Content: change.Bytes([]byte(fmt.Sprint(i))), Meta: s.own})
		})
	}
	wg.Wait()
	won := slices.IndexFunc(errs, func(err error) bool { return err == nil })
	stale := 0
	for _, err := range errs {
		if errors.Is(err, host.ErrStale) {
			stale++
		}
	}
	if won < 0 || stale != len(errs)-1 {
		s.Fatalf("of several that make the same file: %v", errs)
	}
	if diff := cmp.Diff(fmt.Sprint(won), s.text(s.path("one"))); diff != "" {
		s.Error(diff)
	}
}
