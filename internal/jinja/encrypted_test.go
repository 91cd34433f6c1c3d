package jinja_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
)

func TestEncrypted(t *testing.T) {
	opened := 0
	env := jinja.New(jinja.WithDecrypt(func(text string) (string, error) {
		opened++
		plain, ok := strings.CutPrefix(text, "sealed:")
		if !ok {
			return "", errors.New("a wrong password")
		}
		return plain, nil
	}))
	pos := diag.Pos{Source: &diag.Source{Name: "v.yml", Text: "x\ny"}, Line: 2, Column: 4}
	scope := jinja.MapScope{
		"n": int64(7), "plain": env.Encrypted("sealed:secret", pos), "template": env.Encrypted("sealed:{{ n + 1 }}", pos),
		"list": jinja.NewList(env.Encrypted("sealed:a", pos)), "bad": env.Encrypted("sealed:{{ nothing }}", pos), "shut": env.Encrypted("x", pos),
		"loop": env.Encrypted("sealed:{{ loop }}", pos),
	}
	for _, c := range []struct{ source, want string }{
		{"{{ plain }}/{{ plain }}", "secret/secret"},
		{"{{ template }}", "8"},
		{"{{ list }}", "['a']"},
		{"{{ list[0] ~ plain | length }}", "a6"},
		{"{{ shut }}", "v.yml:2:4: a wrong password"},
		{"{{ bad }}", "v.yml:2: 'nothing' is undefined"},
		{"{{ loop }}", "v.yml:2:4: recursive loop"},
	} {
		tpl, err := env.CompileArg(c.source, diag.Pos{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := tpl.Eval(t.Context(), scope)
		got := jinja.Str(v)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s gives %s, want %s", c.source, got, c.want)
		}
	}
	if opened != 6 {
		t.Errorf("decrypted %d times, want once each", opened)
	}
	if _, err := jinja.Force(t.Context(), jinja.New().Encrypted("x", pos), nil); err == nil {
		t.Error("decrypted with nothing that decrypts")
	}
}

// TestVaultEncrypted asks whether a variable is encrypted, without opening it.
func TestVaultEncrypted(t *testing.T) {
	env := jinja.New(jinja.WithDecrypt(func(string) (string, error) { return "", errors.New("nobody may open this") }))
	scope := jinja.MapScope{"secret": env.Encrypted("$ANSIBLE_VAULT;1.1;AES256\n00", diag.Pos{}), "plain": "$ANSIBLE_VAULT;1.1;AES256"}
	for source, want := range map[string]bool{"secret is vault_encrypted": true, "plain is vault_encrypted": false, "secret is not vault_encrypted": false} {
		tmpl, err := env.CompileExpr(source, diag.Pos{})
		if err != nil {
			t.Fatal(err)
		}
		if v, err := tmpl.Eval(t.Context(), scope); err != nil || v != want {
			t.Errorf("%s: %v, %v", source, v, err)
		}
	}
}
