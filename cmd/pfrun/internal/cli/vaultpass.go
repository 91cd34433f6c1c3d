package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/pfrun/pfrun"
)

// vaultFlags say where vault passwords come from, under Ansible's names.
type vaultFlags struct {
	ids   []string
	files []string
	ask   bool
}

func (f *vaultFlags) register(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.ids, "vault-id", nil, "vault password as [LABEL@]SOURCE: a file, a program, prompt, or - for standard input (repeatable)")
	fs.StringArrayVar(&f.files, "vault-password-file", nil, "file with a vault password, or program that prints it; - is standard input (repeatable)")
	fs.StringArrayVar(&f.files, "vault-pass-file", nil, "the same as --vault-password-file")
	fs.BoolVarP(&f.ask, "ask-vault-pass", "J", false, "ask for the vault password")
	fs.BoolVar(&f.ask, "ask-vault-password", false, "the same as --ask-vault-pass")
	for _, name := range []string{"vault-pass-file", "ask-vault-password"} {
		_ = fs.MarkHidden(name)
	}
}

const (
	promptSource = "prompt"
	askSource    = "prompt_ask_vault_pass" // prompt in the words of --ask-vault-pass
)

// source is where one vault password comes from.
type source struct{ label, from string }

// sources gives them in the order in which their passwords are tried. Those of the settings come first for ids and last for files, as in Ansible.
func (f *vaultFlags) sources(set *pfrun.Settings) []source {
	var out []source
	for _, id := range slices.Concat(set.VaultIdentityList, f.ids) {
		out = append(out, splitID(id))
	}
	for _, file := range slices.Concat(f.files, []string{set.VaultPasswordFile}) {
		if file != "" {
			out = append(out, source{from: file})
		}
	}
	if f.ask || set.AskVaultPass && len(f.files) == 0 {
		out = append(out, source{from: askSource})
	}
	return out
}

// splitID splits LABEL@SOURCE; where there is no @ all of it is the source.
func splitID(id string) source {
	label, from, ok := strings.Cut(id, "@")
	if !ok {
		return source{from: id}
	}
	return source{label, from}
}

// vaultSecrets reads the vault passwords that flags and settings name.
func (c *command) vaultSecrets(f *vaultFlags) ([]pfrun.VaultSecret, error) {
	var out []pfrun.VaultSecret
	stdin := c.flags.passFile == "-" || c.flags.becomeFile == "-"
	for _, s := range f.sources(c.flags.options.Settings) {
		if s.from == "-" && stdin {
			return nil, errors.New("only one password can come from standard input")
		}
		stdin = stdin || s.from == "-"
		password, err := c.vaultPassword(s)
		if err != nil {
			return nil, err
		}
		out = append(out, pfrun.VaultSecret{ID: cmp.Or(s.label, c.flags.options.Settings.VaultIdentity), Password: password})
	}
	return out, nil
}

func (c *command) vaultPassword(s source) (string, error) {
	switch s.from {
	case promptSource:
		return c.askVault("Vault password ("+cmp.Or(s.label, c.flags.options.Settings.VaultIdentity)+"): ", "--vault-id")
	case askSource:
		return c.askVault("Vault password: ", "--ask-vault-pass")
	case "-":
		return vaultText(c.streams.In, "standard input")
	}
	path := s.from
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		path = filepath.Join(os.Getenv("HOME"), rest)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("the vault password file: %w", err)
	case info.IsDir():
		return "", fmt.Errorf("the vault password file %s is a folder", s.from)
	case info.Mode()&0o111 != 0:
		return c.vaultProgram(path, s)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the vault password file: %w", err)
	}
	return vaultText(bytes.NewReader(b), s.from)
}

func (c *command) askVault(prompt, flag string) (string, error) {
	password, err := c.askPassword(prompt, flag, "--vault-password-file")
	if err == nil && password == "" {
		err = errors.New("the vault password must not be empty")
	}
	return password, err
}

// vaultProgram runs a program that prints the password. One whose name ends in -client is told the label.
func (c *command) vaultProgram(path string, s source) (string, error) {
	if !strings.ContainsRune(path, '/') {
		path = "./" + path
	}
	var args []string
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if strings.HasSuffix(name, "-client") && s.label != "" {
		args = []string{"--vault-id", s.label}
	}
	var out bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.streams.In, &out, c.streams.Err
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("the vault password program %s: %w; a file that is no program must not be executable", s.from, err)
	}
	password := strings.Trim(out.String(), "\r\n")
	if password == "" {
		return "", fmt.Errorf("the vault password program %s printed nothing", s.from)
	}
	return password, nil
}

// vaultText reads a password without the white space around it.
func vaultText(r io.Reader, name string) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return "", fmt.Errorf("the vault password of %s: %w", name, err)
	}
	password := strings.TrimSpace(string(b))
	switch {
	case password == "":
		return "", fmt.Errorf("%s holds no vault password", name)
	case strings.HasPrefix(password, "$ANSIBLE_VAULT;"):
		return "", fmt.Errorf("%s is itself encrypted with ansible-vault: a vault password must be plain", name)
	}
	return password, nil
}
