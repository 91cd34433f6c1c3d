package change_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/modules/change"
)

func TestInvert(t *testing.T) {
	stopped := running
	stopped.Running = false
	enabled := running
	enabled.Enabled = true
	content := change.Bytes([]byte("new\n"))
	after := &change.File{Content: content, Meta: meta(0o600)}
	tests := map[string]struct{ c, want change.Change }{
		"edit":            {change.WriteFile{Path: "/f", Content: content, Meta: after.Meta, Before: file("old\n")}, change.WriteFile{Path: "/f", Content: file("old\n").Content, Meta: meta(0o644), Before: after}},
		"create":          {change.WriteFile{Path: "/f", Content: content, Meta: after.Meta}, change.Remove{Path: "/f", Before: after}},
		"validated":       {change.WriteFile{Path: "/f", Content: content, Meta: after.Meta, Before: file("old\n"), Validate: []string{"x", "%s"}}, change.WriteFile{Path: "/f", Content: file("old\n").Content, Meta: meta(0o644), Before: after}},
		"remove":          {change.Remove{Path: "/f", Before: after}, change.WriteFile{Path: "/f", Content: content, Meta: after.Meta}},
		"remove_unknown":  {change.Remove{Path: "/f"}, nil},
		"set_meta":        {change.SetMeta{Path: "/f", Meta: meta(0o600), Before: meta(0o644)}, change.SetMeta{Path: "/f", Meta: meta(0o644), Before: meta(0o600)}},
		"start":           {change.Service{Name: "p", Action: change.Start, Before: stopped}, change.Service{Name: "p", Action: change.Stop, Before: running}},
		"stop":            {change.Service{Name: "p", Action: change.Stop, Before: running}, change.Service{Name: "p", Action: change.Start, Before: stopped}},
		"enable":          {change.Service{Name: "p", Action: change.Enable, Before: running}, change.Service{Name: "p", Action: change.Disable, Before: enabled}},
		"disable":         {change.Service{Name: "p", Action: change.Disable, Before: enabled}, change.Service{Name: "p", Action: change.Enable, Before: running}},
		"reload":          {change.Service{Name: "p", Action: change.Reload, Before: running}, change.Service{Name: "p", Action: change.Reload, Before: running}},
		"restart":         {change.Service{Name: "p", Action: change.Restart, Before: running}, change.Service{Name: "p", Action: change.Restart, Before: running}},
		"restart_stopped": {change.Service{Name: "p", Action: change.Restart, Before: stopped}, change.Service{Name: "p", Action: change.Stop, Before: running}},
		"exec":            {change.Exec{Argv: []string{"x"}}, nil},
		"unknown_action":  {change.Service{Name: "p", Action: "explode"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := change.Invert(tt.c)
			if ok != (tt.want != nil) {
				t.Fatalf("got %+v, %t", got, ok)
			}
			if diff := cmp.Diff(tt.want, got, compare); diff != "" {
				t.Error(diff)
			}
		})
	}
}
