package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/modules/host"
)

// TestWaitForConnection has a host answer the third time.
func TestWaitForConnection(t *testing.T) {
	w, tries := newWorld("h1"), 0
	w.connect = func(context.Context, string) error {
		if tries++; tries < 3 {
			return fmt.Errorf("not yet: %w", host.ErrUnreachable)
		}
		return nil
	}
	s := w.run(t, engine.Options{}, `
- hosts: all
  gather_facts: false
  tasks:
    - ping:
      ignore_unreachable: true
    - wait_for_connection: {sleep: 0, timeout: 60}
    - ping:
`)
	if h := s.Hosts[0]; h.OK != 3 || h.Ignored != 1 || h.Unreachable != 0 || tries != 3 {
		t.Errorf("%+v after %d attempts\n%s", h, tries, w.log())
	}
}

// TestResetConnection connects anew after the meta task.
func TestResetConnection(t *testing.T) {
	w := newWorld("h1")
	w.run(t, engine.Options{}, `
- hosts: all
  gather_facts: false
  tasks:
    - ping:
    - ping:
    - meta: reset_connection
    - ping:
`)
	if len(w.logins) != 2 {
		t.Errorf("logins: %v", w.logins)
	}
}
