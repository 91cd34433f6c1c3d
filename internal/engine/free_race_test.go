package engine_test

import (
	"fmt"
	"testing"

	"github.com/pfrun/pfrun/internal/engine"
)

// TestFreeFailures has hosts fail, end and vanish while others go on: for the race detector, and for the counts.
func TestFreeFailures(t *testing.T) {
	for _, strategy := range []string{"free", "host_pinned", "linear"} {
		t.Run(strategy, func(t *testing.T) {
			var names []string
			for i := range 60 {
				names = append(names, fmt.Sprint("h", i))
			}
			w := newWorld(names...)
			for i, n := range w.names {
				w.dead[n] = i%10 == 9
			}
			w.files = map[string]string{"roles/r/tasks/main.yml": "- command: do {{ x }}\n  notify: rh\n", "roles/r/handlers/main.yml": "- {name: rh, command: do it}\n",
				"roles/r/defaults/main.yml": "x: 1\n", "inc/v.yml": "y: 2\n"}
			s := w.run(t, engine.Options{Forks: 16, Settings: engine.Settings{Strategy: strategy}}, `
- hosts: all
  gather_facts: false
  vars: {n: "{{ inventory_hostname[1:] | int % 10 }}"}
  tasks:
    - command: do it
      delegate_to: h0
      register: r
    - include_vars: inc/v.yml
    - fail:
      when: n | int == 1
    - meta: end_host
      when: n | int == 2
    - command: do {{ ansible_play_hosts | length }} {{ hostvars.h0.r is defined }}
    - include_role: {name: r, public: true}
    - meta: flush_handlers
    - block:
        - fail:
          when: n | int == 3
      rescue:
        - debug: {msg: "{{ ansible_failed_task.name }}"}
        - meta: clear_host_errors
          when: false
    - command: do it {{ y }} {{ x }}
      async: 10
      poll: 0
    - meta: reset_connection
    - group_by: {key: a}
      ignore_errors: true
    - command: do it
      delegate_to: "{{ 'h5' if n | int == 4 else 'h6' }}"
- hosts: h0,h4,h5,h6,h14
  gather_facts: false
  tasks:
    - command: do it
      notify: h
    - meta: end_play
      when: inventory_hostname in ['h4', 'h14']
    - command: do it
  handlers:
    - {name: h, command: do it}
`)
			if len(s.Hosts) != 60 {
				t.Errorf("%d hosts", len(s.Hosts))
			}
			for _, h := range s.Hosts {
				switch h.Host[len(h.Host)-1] {
				case '9':
					if h.Unreachable != 1 {
						t.Errorf("%+v", h)
					}
				case '1':
					if h.Failed != 1 {
						t.Errorf("%+v", h)
					}
				case '3':
					if h.Rescued != 1 {
						t.Errorf("%+v", h)
					}
				default:
					if h.Failed+h.Unreachable > 0 {
						t.Errorf("%+v", h)
					}
				}
			}
		})
	}
}
