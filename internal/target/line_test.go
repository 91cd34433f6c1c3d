package target

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var every = func() string {
	b := make([]byte, 255)
	for i := range b {
		b[i] = byte(i + 1)
	}
	return string(b)
}()

func TestOneLine(t *testing.T) {
	for name, word := range map[string]string{"plain": "a b", "quotes": `it's "$x"`, "lines": "a\n\nb\n", "percent": "100%s %%", "dashes": "-n", "every": every, "placeholder": "@login-home@/x"} {
		argv := []string{"printf", "%s|", word, "", "end"}
		for _, line := range []string{oneLine(argv), "exec sh -c '" + strings.ReplaceAll(decoding(argv), "'", `'\''`) + "'"} {
			if strings.ContainsAny(line, "\n!") {
				t.Errorf("%s: more than a line: %q", name, line)
			}
			out, err := exec.Command("sh", "-c", line).Output()
			if want := word + "||end|"; err != nil || string(out) != want {
				t.Errorf("%s: %q, %v; want %q (%s)", name, out, err, want, line)
			}
		}
	}
	if d := decoding([]string{"echo", "@login-home@", "$x"}); strings.Contains(d, "$") || !strings.Contains(d, "@login-home@") {
		t.Errorf("decoding: %s", d)
	}
}

func TestArgv(t *testing.T) {
	prompt := way{prompt: "P"}
	onTerminal := way{prompt: "P", terminal: true}
	tests := []struct {
		name string
		b    Become
		w    way
		want string
	}{
		{"sudo", Become{}, prompt, "sudo -H -n -u root -- id"},
		{"sudo-password", Become{Password: "x"}, prompt, "sudo -H -S -p P -u root -- id"},
		{"sudo-terminal", Become{Password: "x"}, onTerminal, "sudo -H -p P -u root -- id"},
		{"sudo-terminal-no-password", Become{}, onTerminal, "sudo -H -n -u root -- id"},
		{"sudo-ansible-flags", Become{Flags: []string{"-H", "-S", "-n"}, Password: "x"}, prompt, "sudo -H -S -p P -u root -- id"},
		{"sudo-cluster", Become{Flags: []string{"-nE"}, Password: "x"}, prompt, "sudo -E -S -p P -u root -- id"},
		{"sudo-no-flags", Become{Flags: []string{}}, prompt, "sudo -n -u root -- id"},
		{"sudo-other", Become{User: "joe", Exe: []string{"/opt/sudo", "-k"}}, prompt, "/opt/sudo -k -H -n -u joe -- id"},
		{"su", Become{Method: "su", User: "joe"}, prompt, "su joe -c exec id"},
		{"su-flags", Become{Method: "su", Flags: []string{"-", "-s", "/bin/sh"}}, prompt, "su - -s /bin/sh root -c exec id"},
		{"doas", Become{Method: "doas"}, prompt, "doas -n -u root id"},
		{"doas-password", Become{Method: "doas", Password: "x"}, prompt, "doas -n -u root id"},
		{"doas-terminal", Become{Method: "doas", Flags: []string{"-n"}, Password: "x"}, onTerminal, "doas -u root id"},
	}
	for _, tt := range tests {
		b, err := tt.b.normal("")
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(b.argv(tt.w, []string{"id"}), " ")
		if diff := cmp.Diff("env LC_ALL=C "+tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	b, _ := (&Become{Flags: []string{"-iH"}}).normal("")
	if argv := b.argv(prompt, []string{"echo", "$x\n"}); strings.ContainsAny(strings.Join(argv, " "), "$\n") || !slices.Contains(argv, "-iH") {
		t.Errorf("for a login shell: %q", argv)
	}
}

func TestPromptedInWords(t *testing.T) {
	for text, want := range map[string]bool{
		"Password: ": true, "Password:": true, "joe's Password: ": true, "LDAP Password: ": true, "Password for joe@REALM: ": true, "Contraseña: ": true, "密码：": true, "Пароль: ": true,
		"doas (joe@h1) password: ": true, "hello\nMot de passe : ": true, "CONTRASEÑA: ": true,
		"Password: \n": false, "Your password will expire in 3 days\n": false, "Verification code: ": false, "Password": false, "": false,
	} {
		begin, end := promptedInWords([]byte(text), way{})
		if got := begin >= 0; got != want || got && end != len(text) {
			t.Errorf("%q: %d, %d; want %v", text, begin, end, want)
		}
	}
}

func FuzzSpool(f *testing.F) {
	for _, s := range []string{"", "M", "M1 1 ab", "noiseM0 0 ", "M-1 0 ", "M99999999999999999999 1 ", "M3 3 abcde"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &spool{mark: []byte("M"), data: data}
		out, errs, err := s.parts()
		if err == nil && len(out)+len(errs) > len(data) {
			t.Errorf("more came out than went in: %q, %q", out, errs)
		}
	})
}
