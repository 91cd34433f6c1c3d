package pfrun_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/internal/vault"
)

var prodSecret = pfrun.VaultSecret{ID: "prod", Password: "vault-password"}

func encrypt(t *testing.T, text string, s pfrun.VaultSecret) string {
	t.Helper()
	out, err := vault.Encrypt(text, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// inline gives a value encrypted, as YAML.
func inline(t *testing.T, text string) string {
	t.Helper()
	return "!vault |\n    " + strings.ReplaceAll(strings.TrimSpace(encrypt(t, text, prodSecret)), "\n", "\n    ") + "\n"
}

type messages struct {
	mu   sync.Mutex
	said []string
}

// Emit keeps what debug says and why tasks fail.
func (m *messages) Emit(e pfrun.Event) {
	if r, ok := e.(pfrun.TaskResult); ok {
		m.mu.Lock()
		defer m.mu.Unlock()
		text := r.Message
		if result, ok := r.Result.(map[string]any); ok && r.Status != pfrun.Failed {
			text, _ = result["msg"].(string)
		}
		m.said = append(m.said, text)
	}
}

// vaulted is a folder in which playbook, variables and files are encrypted in every way.
func vaulted(t *testing.T) pfrun.Options {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"hosts":              "mx1\n",
		"files/motd":         encrypt(t, "from a file\n", prodSecret),
		"extra.yml":          encrypt(t, "extra: from -e\n", prodSecret),
		"group_vars/all.yml": encrypt(t, "whole: from a whole file\n", prodSecret),
		"host_vars/mx1.yml":  "inline: " + inline(t, "hunter22") + "lazy: " + inline(t, "{{ inline }} {{ inventory_hostname }}") + "shut: " + "!vault |\n    " + strings.ReplaceAll(strings.TrimSpace(encrypt(t, "x", pfrun.VaultSecret{ID: "lost", Password: "y"})), "\n", "\n    ") + "\n",
		"site.yml":           encrypt(t, playbook, prodSecret),
		"host_vars/mx1.yml~": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return pfrun.Options{
		Playbooks: []string{dir + "/site.yml"}, Inventory: []string{dir + "/hosts"}, ExtraVars: []string{"@" + dir + "/extra.yml"}, Connection: "local",
		VaultSecrets: []pfrun.VaultSecret{{Password: "another"}, prodSecret},
	}
}

const playbook = `
- hosts: all
  gather_facts: false
  tasks:
    - debug: {msg: "{{ whole }}, {{ extra }}, {{ lookup('file', 'motd') }}"}
    - debug: {msg: "{{ inline }}"}
    - debug: {msg: "{{ lazy }}"}
    - debug: {msg: "{{ 'text' | vault('a', 'salt') | unvault('a') }}"}
    - debug: {msg: "{{ shut }}"}
`

func TestVault(t *testing.T) {
	o, sink := vaulted(t), &messages{}
	o.Sink = sink
	project, err := pfrun.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := project.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range sink.said {
		sink.said[i] = project.Mask(sink.said[i])
	}
	if len(sink.said) != 5 || !strings.Contains(sink.said[4], "for the id lost: no password with this id was given") {
		t.Fatalf("said %q", sink.said)
	}
	want := []string{"from a whole file, from -e, from a file", "********", "******** mx1", "text"}
	if diff := cmp.Diff(want, sink.said[:4]); diff != "" {
		t.Error(diff)
	}
}

func TestVaultWithoutItsPassword(t *testing.T) {
	o := vaulted(t)
	o.VaultSecrets = nil
	_, err := pfrun.Load(o)
	var invalid *pfrun.InvalidError
	if !errors.As(err, &invalid) || len(invalid.Diagnostics) != 3 {
		t.Fatalf("got %v, want a fault for each of playbook, -e and group_vars", err)
	}
	for _, d := range invalid.Diagnostics {
		if !strings.Contains(d.Message, "for the id prod, and no vault password was given; give one with --vault-id") {
			t.Errorf("got %s", d.Message)
		}
	}
}

func TestDecryptedLinesAreNotShown(t *testing.T) {
	o := vaulted(t)
	if err := os.WriteFile(o.ExtraVars[0][1:], []byte(encrypt(t, "password: hunter22\nfault: {{ x }}\n", prodSecret)), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := pfrun.Load(o)
	var invalid *pfrun.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatal(err)
	}
	if shown := pfrun.RenderDiagnostic(invalid.Diagnostics[0]); strings.Contains(shown, "hunter22") || !strings.Contains(shown, "extra.yml:2") {
		t.Errorf("got %s", shown)
	}
}
