package vault_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/vault"
)

// What ansible-vault wrote of the text "hello world\n".
const (
	plain     = "hello world\n"
	byDefault = `$ANSIBLE_VAULT;1.1;AES256
32666533356266356362643230356338323466666634613665313437616237656437656666653666
3636623533303439316564616338633035613962353632650a346263653032356665303263363731
62313761383963353365343834383966313431323733646163386337663232633530643030306564
6633656630366563620a303637303937393161626332343031613030373061353062376535313635
6337
`
	byProd = `$ANSIBLE_VAULT;1.2;AES256;prod
37646132376539626234363561316461303938373232396266346163303166353934643364386538
3462393330623634613239393536303937356639363661660a623161643161356439653833656236
66313363326363666336643639393136656139333766376138613135356631653366303138393837
6665646339333333340a336465323534363666663964303864616137376365656234353264356334
3134
`
	bySalt = `$ANSIBLE_VAULT;1.2;AES256;prod
37333631366337340a33313139393761613533643164353433626664313630643933393665306231
3832613632613862666233393364303737373438623834626564373335346236620a653031376162
6461343666313435356263323761306463343633653064616265
`
)

var (
	secret1 = vault.Secret{Password: "secret1"}
	prod    = vault.Secret{ID: "prod", Password: "other"}
)

func TestDecryptWhatAnsibleWrote(t *testing.T) {
	for _, c := range []struct {
		name, text string
		secrets    []vault.Secret
	}{
		{"1.1", byDefault, []vault.Secret{secret1}},
		{"1.2", byProd, []vault.Secret{prod}},
		{"the id decides what is first", byProd, []vault.Secret{secret1, prod}},
		{"another id opens it too", byProd, []vault.Secret{secret1, {ID: "stage", Password: "other"}}},
		{"a wrong one of the same id", byProd, []vault.Secret{{ID: "prod", Password: "old"}, prod}},
		{"carriage returns", strings.ReplaceAll(byProd, "\n", "\r\n"), []vault.Secret{prod}},
		{"indented", strings.ReplaceAll(byProd, "\n", "\n    "), []vault.Secret{prod}},
		{"no newline at the end", strings.TrimSpace(byDefault), []vault.Secret{secret1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := vault.NewKeyring(c.secrets...)
			for range 2 { // the second time with keys that are known
				got, err := k.Decrypt(c.text)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(plain, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestOpenGivesTheSecret(t *testing.T) {
	_, with, err := vault.NewKeyring(secret1, vault.Secret{ID: "stage", Password: "other"}).Open(byProd)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vault.Secret{ID: "stage", Password: "other"}, with); diff != "" {
		t.Error(diff)
	}
}

func TestPasswordErrors(t *testing.T) {
	for _, c := range []struct {
		name, text string
		secrets    []vault.Secret
		want       string
	}{
		{"none", byDefault, nil, "the text is encrypted with ansible-vault, and no vault password was given"},
		{"none for an id", byProd, nil, "the text is encrypted with ansible-vault for the id prod, and no vault password was given"},
		{"wrong", byDefault, []vault.Secret{prod}, "the text is encrypted with ansible-vault: the vault password is wrong, or the text was changed"},
		{"no such id", byProd, []vault.Secret{secret1}, "the text is encrypted with ansible-vault for the id prod: no password with this id was given, and none of the others opens it (default)"},
		{"several", byProd, []vault.Secret{secret1, {ID: "prod", Password: "x"}}, "the text is encrypted with ansible-vault for the id prod: none of the vault passwords opens it (prod, default), or it was changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := vault.NewKeyring(c.secrets...).Decrypt(c.text)
			var wrong *vault.PasswordError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want a PasswordError", err)
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDamaged(t *testing.T) {
	const header = "$ANSIBLE_VAULT;1.1;AES256\n"
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "first line"},
		{"header only", "$ANSIBLE_VAULT;1.1", "first line"},
		{"other mark", "$VAULT;1.1;AES256\n", "first line"},
		{"other format", "$ANSIBLE_VAULT;1.0;AES\n", `format "1.0"`},
		{"other cipher", "$ANSIBLE_VAULT;1.1;AES\n", `"AES"`},
		{"no body", header, "three parts"},
		{"no digits", header + "xyz\n", "hexadecimal"},
		{"odd digits", header + "616\n", "hexadecimal"},
		{"cut", strings.Join(strings.Split(byDefault, "\n")[:2], "\n"), "three parts"},
		{"salt", header + "78780a36310a3631\n", "its salt"},
		{"data", header + "36310a36310a7878\n", "its data"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := vault.NewKeyring(secret1).Decrypt(c.text)
			var format *vault.FormatError
			if !errors.As(err, &format) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a FormatError with %q", err, c.want)
			}
		})
	}
}

func TestChangedTextIsRefused(t *testing.T) {
	last := len(byDefault) - 2
	_, err := vault.NewKeyring(secret1).Decrypt(byDefault[:last] + "8" + byDefault[last+1:])
	var wrong *vault.PasswordError
	if !errors.As(err, &wrong) {
		t.Errorf("got %v, want a PasswordError", err)
	}
}

func TestEncrypt(t *testing.T) {
	for _, c := range []struct {
		name, text string
		secret     vault.Secret
		header     string
	}{
		{"empty", "", secret1, "$ANSIBLE_VAULT;1.1;AES256"},
		{"one block", "0123456789abcdef", secret1, "$ANSIBLE_VAULT;1.1;AES256"},
		{"id default", plain, vault.Secret{ID: "default", Password: "ü"}, "$ANSIBLE_VAULT;1.1;AES256"},
		{"id", "grüße\x00\xff", prod, "$ANSIBLE_VAULT;1.2;AES256;prod"},
		{"long", strings.Repeat("line\n", 10000), prod, "$ANSIBLE_VAULT;1.2;AES256;prod"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := vault.Encrypt(c.text, c.secret)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(text, "\n")
			if lines[0] != c.header || len(lines[1]) != 80 || lines[len(lines)-1] != "" {
				t.Errorf("wrong form: %.200s", text)
			}
			again, err := vault.Encrypt(c.text, c.secret)
			if err != nil || again == text {
				t.Errorf("two encryptions are equal, %v", err)
			}
			got, err := vault.NewKeyring(c.secret).Decrypt(text)
			if err != nil || got != c.text {
				t.Errorf("got %.100q, %v", got, err)
			}
		})
	}
}

func TestEncryptWithSalt(t *testing.T) {
	a, err := vault.EncryptWithSalt(plain, prod, "salt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bySalt, a); diff != "" {
		t.Errorf("not what Ansible's filter gives: %s", diff)
	}
}

func TestEncryptRefuses(t *testing.T) {
	for name, err := range map[string]error{
		"an empty password": second(vault.Encrypt("x", vault.Secret{})),
		"an empty salt":     second(vault.EncryptWithSalt("x", prod, "")),
		"an id of lines":    second(vault.Encrypt("x", vault.Secret{ID: "a\nb", Password: "x"})),
		"an id with ;":      second(vault.Encrypt("x", vault.Secret{ID: "a;b", Password: "x"})),
	} {
		if err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func second(_ string, err error) error { return err }

func TestIsEncryptedAndID(t *testing.T) {
	for _, c := range []struct {
		text      string
		encrypted bool
		id        string
	}{{byDefault, true, ""}, {byProd, true, "prod"}, {" " + byDefault, false, ""}, {"x", false, ""}, {"$ANSIBLE_VAULT;1.2; AES256 ; x y \r\n", true, "x y"}} {
		if got := vault.IsEncrypted(c.text); got != c.encrypted {
			t.Errorf("IsEncrypted(%.40q) is %t", c.text, got)
		}
		if id, err := vault.ID(c.text); c.encrypted && (err != nil || id != c.id) {
			t.Errorf("ID(%.40q) is %q, %v", c.text, id, err)
		}
	}
}

func TestKeyringConcurrently(t *testing.T) {
	k := vault.NewKeyring(secret1, prod)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, text := range []string{byDefault, byProd} {
				if got, err := k.Decrypt(text); err != nil || got != plain {
					t.Errorf("got %q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzDecrypt(f *testing.F) {
	for _, s := range []string{byDefault, byProd, "$ANSIBLE_VAULT;1.1;AES256\n36310a36310a3631\n", "$ANSIBLE_VAULT;;;", "$ANSIBLE_VAULT;1.2;AES256;a;b\n", "\r"} {
		f.Add(s)
	}
	k := vault.NewKeyring(secret1)
	f.Fuzz(func(t *testing.T, text string) {
		id, idErr := vault.ID(text)
		got, err := k.Decrypt(text)
		if idErr != nil && err == nil {
			t.Errorf("a text without a header opens: %q", got)
		}
		if strings.ContainsAny(id, ";\n\r") {
			t.Errorf("the id %q", id)
		}
		if err == nil && got != plain {
			t.Errorf("got %q of a text that nobody encrypted", got)
		}
	})
}
