package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/internal/vault"
)

// edit lets a person change encrypted files, each encrypted again with the password that opened it unless the flags say which.
func (j *vaultJob) edit(files []string) error {
	if len(files) == 0 {
		return errors.New("name the files to edit")
	}
	for _, name := range files {
		if err := j.editFile(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// create lets a person write a file that is not there yet; its folder is made where it is missing.
func (j *vaultJob) create(files []string) error {
	if len(files) != 1 {
		return errors.New("name one file to create")
	}
	name := files[0]
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("%s exists: use edit instead", name)
	}
	secret, err := j.secret()
	if err != nil {
		return err
	}
	plain, err := j.edited("", filepath.Ext(name))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	text, err := j.seal(plain, secret)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return j.write(name, text, 0o600)
}

func (j *vaultJob) editFile(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if !vault.IsEncrypted(string(b)) {
		return errNotEncrypted
	}
	plain, secret, err := vault.NewKeyring(j.secrets...).Open(string(b))
	if err != nil {
		return err
	}
	if j.encryptID != "" {
		if secret, err = j.secret(); err != nil {
			return err
		}
	} else if secret, err = keepID(secret, string(b)); err != nil {
		return err
	}
	changed, err := j.edited(plain, filepath.Ext(name))
	if err != nil || changed == plain && j.encryptID == "" {
		return err
	}
	text, err := j.seal(changed, secret)
	if err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	return j.write(name, text, info.Mode().Perm())
}

// keepID gives a secret the id that a text names, so that it keeps it.
func keepID(s pfrun.VaultSecret, text string) (pfrun.VaultSecret, error) {
	id, err := vault.ID(text)
	s.ID = id
	return s, err
}

// edited gives a text as the editor leaves it. It stands meanwhile in a folder that only this user can look into.
func (j *vaultJob) edited(text, ext string) (_ string, err error) {
	dir, err := os.MkdirTemp("", "pfrun-vault-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "text"+ext)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return "", err
	}
	editor := cmp.Or(j.command.flags.options.Settings.Editor, "vi")
	cmd := exec.Command("/bin/sh", "-c", editor+` "$1"`, "sh", file)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = j.streams.In, j.streams.Out, j.streams.Err
	// What ends the editor must not end pfrun before the plain text is gone.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("the editor %s: %w; nothing was written", editor, err)
	}
	b, err := os.ReadFile(file)
	return string(b), err
}
