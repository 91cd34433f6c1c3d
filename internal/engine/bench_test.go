package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/event"
)

// BenchmarkSkippedTasks goes with 1,000 hosts through 1,000 tasks whose conditions do not hold.
func BenchmarkSkippedTasks(b *testing.B) {
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprintf("h%04d", i)
	}
	var book strings.Builder
	book.WriteString("- hosts: all\n  gather_facts: false\n  vars: {role: relay}\n  tasks:\n")
	for i := range 1000 {
		fmt.Fprintf(&book, "    - {name: task %d, command: do it, when: role == 'store'}\n", i)
	}
	for b.Loop() {
		w := newWorld(names...)
		w.onEvent = func(event.Event) { w.events = w.events[:0] }
		s := w.run(b, engine.Options{Forks: 50}, book.String())
		if len(s.Hosts) != 1000 || s.Hosts[0].Skipped != 1000 {
			b.Fatalf("%d hosts, %+v", len(s.Hosts), s.Hosts[0])
		}
	}
}
