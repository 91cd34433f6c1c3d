package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/internal/vault"
)

// vaultJob is one call of pfrun vault.
type vaultJob struct {
	*command
	flags     vaultFlags
	encryptID string
	output    string
	names     []string
	stdinName string
	prompt    bool
	showInput bool
	newID     string
	newFile   string
	secrets   []pfrun.VaultSecret
}

// vaultCommand encrypts and decrypts files and texts as ansible-vault does.
func (c *command) vaultCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vault {create|encrypt|decrypt|view|edit|rekey|encrypt_string}",
		Short: "Encrypt and decrypt files and values, as ansible-vault does",
		Long: `vault does what ansible-vault does; each reads what the other writes.

  pfrun vault encrypt group_vars/mail/vault.yml --vault-id prod@~/.vault-prod
  pfrun vault encrypt_string --vault-password-file pw -n smtp_password < secret
  pfrun vault view group_vars/mail/vault.yml -J`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("say what to do: create, encrypt, decrypt, view, edit, rekey or encrypt_string; see pfrun vault --help")
		},
	}
	j := &vaultJob{command: c}
	encrypt := j.action("encrypt [FILE…]", "Encrypt files, or standard input", j.encrypt)
	decrypt := j.action("decrypt [FILE…]", "Decrypt files, or standard input", j.decrypt)
	text := j.action("encrypt_string [TEXT…]", "Encrypt texts, or standard input, as values of variables", j.encryptStrings)
	rekey := j.action("rekey FILE…", "Encrypt files with another password", j.rekey)
	edit := j.action("edit FILE…", "Change encrypted files with $EDITOR", j.edit)
	create := j.action("create FILE", "Write an encrypted file with $EDITOR", j.create)
	create.Flags().Bool("skip-tty-check", false, "taken as Ansible takes it: the editor is started anyway")
	for _, sub := range []*cobra.Command{encrypt, decrypt, text} {
		sub.Flags().StringVar(&j.output, "output", "", "write into this file; - is standard output")
	}
	for _, sub := range []*cobra.Command{encrypt, text, rekey, edit, create} {
		sub.Flags().StringVar(&j.encryptID, "encrypt-vault-id", "", "the label of the vault password to encrypt with, where several are given")
	}
	text.Flags().StringArrayVarP(&j.names, "name", "n", nil, "the name of the variable (repeatable, one a text)")
	text.Flags().StringVar(&j.stdinName, "stdin-name", "", "the name of the variable whose value is read from standard input")
	text.Flags().BoolVarP(&j.prompt, "prompt", "p", false, "ask for the text, and for its name where none is given")
	text.Flags().BoolVar(&j.showInput, "show-input", false, "with --prompt: show what is typed")
	rekey.Flags().StringVar(&j.newID, "new-vault-id", "", "the new vault password as [LABEL@]SOURCE")
	rekey.Flags().StringVar(&j.newFile, "new-vault-password-file", "", "file with the new vault password")
	cmd.AddCommand(create, encrypt, decrypt, j.action("view FILE…", "Show what is in encrypted files", j.view), edit, rekey, text)
	return cmd
}

// action makes a command that gets its vault passwords from flags, environment or, where these name none, a person.
func (j *vaultJob) action(use, short string, do func(args []string) error) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs}
	j.flags.register(cmd.Flags())
	ignoredVerbosity(cmd.Flags())
	cmd.RunE = func(_ *cobra.Command, args []string) (err error) {
		if err := j.configure(); err != nil {
			return err
		}
		j.encryptID = cmp.Or(j.encryptID, j.command.flags.options.Settings.VaultEncryptIdentity)
		if j.secrets, err = j.vaultSecrets(&j.flags); err != nil {
			return err
		}
		if len(j.secrets) == 0 {
			password, err := j.askVault("Vault password: ", "without --vault-id or --vault-password-file pfrun vault")
			if err != nil {
				return err
			}
			j.secrets = []pfrun.VaultSecret{{ID: vault.DefaultID, Password: password}}
		}
		return do(args)
	}
	return cmd
}

var errNotEncrypted = errors.New("it is not encrypted with ansible-vault")

// secret is the password to encrypt with.
func (j *vaultJob) secret() (pfrun.VaultSecret, error) {
	if j.encryptID == "" {
		if len(j.secrets) > 1 {
			return pfrun.VaultSecret{}, errors.New("several vault passwords are given: say with --encrypt-vault-id LABEL which one encrypts")
		}
		return j.secrets[0], nil
	}
	i := slices.IndexFunc(j.secrets, func(s pfrun.VaultSecret) bool { return s.ID == j.encryptID })
	if i < 0 {
		return pfrun.VaultSecret{}, fmt.Errorf("--encrypt-vault-id: no vault password has the label %s", j.encryptID)
	}
	return j.secrets[i], nil
}

func (j *vaultJob) encrypt(files []string) error {
	secret, err := j.secret()
	if err != nil {
		return err
	}
	return j.each(files, func(text string) (string, error) {
		if vault.IsEncrypted(text) {
			return "", errors.New("it is encrypted already")
		}
		return j.seal(text, secret)
	})
}

// seal encrypts a text, with the salt that the settings name or a random one.
func (j *vaultJob) seal(text string, secret pfrun.VaultSecret) (string, error) {
	if salt := j.command.flags.options.Settings.VaultEncryptSalt; salt != "" {
		return vault.EncryptWithSalt(text, secret, salt)
	}
	return vault.Encrypt(text, secret)
}

func (j *vaultJob) decrypt(files []string) error { return j.each(files, j.open) }

func (j *vaultJob) open(text string) (string, error) {
	if !vault.IsEncrypted(text) {
		return "", errNotEncrypted
	}
	return vault.NewKeyring(j.secrets...).Decrypt(text)
}

// each rewrites files, readable by nobody else; without files standard input goes to standard output.
func (j *vaultJob) each(files []string, rewrite func(string) (string, error)) error {
	if len(files) == 0 {
		files = []string{"-"}
	}
	if j.output != "" && len(files) > 1 {
		return errors.New("--output goes with one file")
	}
	for _, name := range files {
		text, err := j.rewritten(name, rewrite)
		if err != nil {
			return err
		}
		if err := j.write(cmp.Or(j.output, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// rewritten reads a file and gives its new text.
func (j *vaultJob) rewritten(name string, rewrite func(string) (string, error)) (string, error) {
	b, err := j.read(name)
	if err != nil {
		return "", err
	}
	text, err := rewrite(string(b))
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}

func (j *vaultJob) read(name string) ([]byte, error) {
	if name != "-" {
		return os.ReadFile(name)
	}
	if slices.ContainsFunc(j.flags.sources(j.command.flags.options.Settings), func(s source) bool { return s.from == "-" }) {
		return nil, errors.New("standard input cannot hold both the vault password and the text")
	}
	return io.ReadAll(j.streams.In)
}

// write replaces a file as a whole, so that it is never there in part. A link stays one.
func (j *vaultJob) write(name, text string, mode os.FileMode) (err error) {
	if name == "-" {
		_, err := io.WriteString(j.streams.Out, text)
		return err
	}
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".pfrun-vault-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func (j *vaultJob) view(files []string) error {
	if len(files) == 0 {
		return errors.New("name the files to view; - is standard input")
	}
	for _, name := range files {
		text, err := j.rewritten(name, j.open)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(j.streams.Out, text); err != nil {
			return err
		}
	}
	return nil
}

func (j *vaultJob) rekey(files []string) error {
	secret, err := j.newSecret()
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("name the files to encrypt anew")
	}
	for _, name := range files {
		text, err := j.rewritten(name, func(text string) (string, error) {
			plain, err := j.open(text)
			if err != nil {
				return "", err
			}
			return j.seal(plain, secret)
		})
		if err != nil {
			return err
		}
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if err := j.write(name, text, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}

// newSecret is the password to encrypt anew with: of the flags, else of a person.
func (j *vaultJob) newSecret() (pfrun.VaultSecret, error) {
	s := source{from: j.newFile}
	switch {
	case j.newID != "" && j.newFile != "":
		return pfrun.VaultSecret{}, errors.New("--new-vault-id and --new-vault-password-file exclude one another")
	case j.newID != "":
		s = splitID(j.newID)
	case j.newFile == "" && j.encryptID != "":
		return j.secret()
	case j.newFile == "":
		password, err := j.askVault("New Vault password: ", "rekey without --new-vault-id or --new-vault-password-file")
		return pfrun.VaultSecret{ID: vault.DefaultID, Password: password}, err
	}
	password, err := j.vaultPassword(s)
	return pfrun.VaultSecret{ID: cmp.Or(s.label, vault.DefaultID), Password: password}, err
}

// encryptStrings writes values of variables as YAML.
func (j *vaultJob) encryptStrings(texts []string) error {
	secret, err := j.secret()
	if err != nil {
		return err
	}
	if j.prompt {
		return j.encryptTyped(texts, secret)
	}
	if len(j.names) > len(texts) && len(texts) > 0 {
		return fmt.Errorf("there are %d names and %d texts", len(j.names), len(texts))
	}
	var out strings.Builder
	names := j.names
	if len(texts) == 0 || j.stdinName != "" {
		b, err := j.read("-")
		if err != nil {
			return err
		}
		if texts = slices.Insert(slices.Clone(texts), 0, string(b)); j.stdinName != "" {
			names = slices.Insert(slices.Clone(names), 0, j.stdinName)
		}
	}
	for i, text := range texts {
		name := ""
		if i < len(names) {
			name = names[i] + ": "
		}
		sealed, err := j.sealedValue(name, text, secret)
		if err != nil {
			return err
		}
		out.WriteString(sealed)
	}
	return j.write(cmp.Or(j.output, "-"), out.String(), 0o600)
}

// sealedValue gives a value of YAML as ansible-vault writes it, behind the beginning of its line.
func (j *vaultJob) sealedValue(begin, text string, secret pfrun.VaultSecret) (string, error) {
	sealed, err := j.seal(text, secret)
	const indent = "          " // as ansible-vault has it
	return begin + "!vault |\n" + indent + strings.ReplaceAll(strings.TrimSpace(sealed), "\n", "\n"+indent) + "\n", err
}

// encryptTyped asks for a text, and for the name of its variable where --name says none.
func (j *vaultJob) encryptTyped(texts []string, secret pfrun.VaultSecret) error {
	if len(texts) > 0 || len(j.names) > 1 || j.stdinName != "" {
		return errors.New("--prompt asks for one text: give none, no --stdin-name and one --name at most")
	}
	text, err := j.typed("String to encrypt: ", j.showInput)
	if err != nil {
		return err
	}
	if text == "" {
		return errors.New("nothing was typed to encrypt")
	}
	name := strings.Join(j.names, "")
	if name == "" {
		if name, err = j.typed("Variable name (enter for no name): ", true); err != nil {
			return err
		}
	}
	if name != "" {
		name += ": "
	}
	out, err := j.sealedValue(name, text, secret)
	if err != nil {
		return err
	}
	return j.write(cmp.Or(j.output, "-"), out, 0o600)
}

// typed asks for a line on the terminal.
func (j *vaultJob) typed(prompt string, shown bool) (string, error) {
	if !shown {
		return j.askPassword(prompt, "--prompt", "standard input")
	}
	tty := j.terminal()
	if tty == nil {
		return "", errors.New("--prompt needs a terminal to ask on; use standard input")
	}
	fmt.Fprint(j.streams.Err, prompt)
	line, err := readByteLine(tty)
	return strings.TrimRight(line, "\r\n"), err
}

// readByteLine reads a line byte by byte, so that nothing of the next one is taken.
func readByteLine(r io.Reader) (string, error) {
	var line []byte
	b := make([]byte, 1)
	for {
		n, err := r.Read(b)
		if n > 0 {
			line = append(line, b[0])
		}
		if n > 0 && b[0] == '\n' || err == io.EOF && len(line) > 0 {
			return string(line), nil
		}
		if err != nil {
			return "", err
		}
	}
}
