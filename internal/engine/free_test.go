package engine_test

import (
	"fmt"
	"testing"

	"github.com/pfrun/pfrun/internal/engine"
)

// TestFree has many hosts go through a play at once: each does everything, and none disturbs another.
func TestFree(t *testing.T) {
	for _, strategy := range []string{"free", "host_pinned", "linear"} {
		t.Run(strategy, func(t *testing.T) {
			var names []string
			for i := range 40 {
				names = append(names, fmt.Sprintf("h%d", i))
			}
			w := newWorld(names...)
			w.files = map[string]string{"inc/a.yml": "- set_fact: {seen: '{{ item }}'}\n- command: do {{ seen }}\n  notify: done\n"}
			s := w.run(t, engine.Options{Forks: 8, Settings: engine.Settings{Strategy: strategy}}, `
- hosts: all
  gather_facts: false
  tasks:
    - include_tasks: inc/a.yml
      loop: [a, b]
    - block:
        - fail:
          when: inventory_hostname.endswith('3')
      rescue:
        - debug: {msg: rescued}
    - fail:
      when: inventory_hostname.endswith('7')
  handlers:
    - {name: done, command: do it}
`)
			for _, h := range s.Hosts {
				want := 9 // two includes with two tasks each, the handler, and two that are skipped
				fails := h.Host[len(h.Host)-1]
				switch {
				case fails == '7' && (h.Failed != 1 || h.OK != 6):
					t.Errorf("%+v", h)
				case fails == '3' && (h.Rescued != 1 || h.OK != 8 || h.Skipped != 1):
					t.Errorf("%+v", h)
				case fails != '7' && fails != '3' && h.OK+h.Skipped != want:
					t.Errorf("%+v", h)
				}
			}
		})
	}
}
