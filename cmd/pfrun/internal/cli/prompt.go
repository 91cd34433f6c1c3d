package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/pfrun/pfrun"
)

// secrets reads the passwords that the flags ask for. Where nothing but a list is wanted, only those of ansible-vault are.
func (c *command) secrets(listing bool) (err error) {
	if !listing {
		if err := c.passwords(); err != nil {
			return err
		}
	}
	c.flags.options.VaultSecrets, err = c.vaultSecrets(&c.flags.vault)
	return err
}

// passwords reads those for the hosts: from files, or from the terminal.
func (c *command) passwords() error {
	f := &c.flags
	var err error
	if f.passFile != "" {
		if f.options.ConnectionPassword, err = c.passwordFile("--connection-password-file", f.passFile); err != nil {
			return err
		}
	}
	if f.becomeFile != "" {
		if f.options.BecomePassword, err = c.passwordFile("--become-password-file", f.becomeFile); err != nil {
			return err
		}
	}
	if f.askPass {
		if f.options.ConnectionPassword, err = c.askPassword("SSH password: ", "--ask-pass", "--connection-password-file"); err != nil {
			return err
		}
	}
	if f.askBecome {
		word := "BECOME"
		if set := f.options.Settings; !set.AgnosticBecomePrompt {
			word = strings.ToUpper(cmp.Or(f.options.BecomeMethod, set.BecomeMethod))
		}
		prompt := word + " password: "
		if f.askPass {
			prompt = word + " password[defaults to SSH password]: "
		}
		if f.options.BecomePassword, err = c.askPassword(prompt, "--ask-become-pass", "--become-password-file"); err != nil {
			return err
		}
		if f.options.BecomePassword == "" {
			f.options.BecomePassword = f.options.ConnectionPassword
		}
	}
	return nil
}

// passwordFile reads a password: the first line of a file, or of standard input where the name is "-".
func (c *command) passwordFile(flag, name string) (string, error) {
	r := c.streams.In
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return "", fmt.Errorf("%s: %w", flag, err)
		}
		defer f.Close()
		r = f
	}
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", fmt.Errorf("%s: %s holds no password", flag, name)
	}
	return line, nil
}

// terminal gives the file to ask on, or nil where nobody is there.
func (c *command) terminal() *os.File {
	f, ok := c.streams.In.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return f
}

func (c *command) askPassword(prompt, flag, instead string) (string, error) {
	tty := c.terminal()
	if tty == nil {
		return "", fmt.Errorf("%s needs a terminal to ask on; use %s", flag, instead)
	}
	fmt.Fprint(c.streams.Err, prompt)
	b, err := term.ReadPassword(int(tty.Fd()))
	fmt.Fprintln(c.streams.Err)
	return string(b), err
}

// confirm gives the function that asks yes or no on the terminal, or nil where there is none.
func (c *command) confirm() func(context.Context, string) (bool, error) {
	tty := c.terminal()
	if tty == nil {
		return nil
	}
	in, turn := bufio.NewReader(tty), make(chan struct{}, 1)
	return func(ctx context.Context, question string) (bool, error) {
		select { // one question at a time
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return false, ctx.Err()
		}
		fmt.Fprintf(c.streams.Err, "%s (yes/no) ", question)
		answer, err := in.ReadString('\n')
		return strings.EqualFold(strings.TrimSpace(answer), "yes"), err
	}
}

// passphrase gives the function that asks for the passphrase of a key, or nil where there is no terminal.
func (c *command) passphrase() func(context.Context, string) (string, error) {
	if c.terminal() == nil {
		return nil
	}
	known := map[string]string{}
	turn := make(chan struct{}, 1)
	return func(ctx context.Context, keyfile string) (string, error) {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return "", ctx.Err()
		}
		if p, ok := known[keyfile]; ok {
			return p, nil
		}
		p, err := c.askPassword("Passphrase for "+keyfile+": ", "a key with a passphrase", "ssh-agent")
		known[keyfile] = p
		return p, err
	}
}

// prompter gives the function that asks what vars_prompt and pause want to know, or nil where there is no terminal. What is to be confirmed is asked for until both answers agree.
func (c *command) prompter() func(context.Context, pfrun.Prompt) (string, error) {
	tty := c.terminal()
	if tty == nil {
		return nil
	}
	in := bufio.NewReader(tty)
	ask := func(ctx context.Context, text string, hidden bool) (string, error) {
		fmt.Fprint(c.streams.Err, text)
		if hidden {
			b, err := term.ReadPassword(int(tty.Fd()))
			fmt.Fprintln(c.streams.Err)
			return string(b), err
		}
		line, err := readLine(ctx, in)
		return strings.TrimRight(line, "\r\n"), err
	}
	return func(ctx context.Context, q pfrun.Prompt) (string, error) {
		for {
			answer, err := ask(ctx, q.Text, q.Hidden)
			if err != nil || !q.Confirm {
				return answer, err
			}
			again, err := ask(ctx, "confirm "+q.Text, q.Hidden)
			if err != nil || again == answer {
				return answer, err
			}
			fmt.Fprintln(c.streams.Err, "***** VALUES ENTERED DO NOT MATCH ****")
		}
	}
}

// stepper gives the function that asks before each task, in Ansible's words: no is the answer unless another one is given.
func (c *command) stepper() (func(context.Context, string) (pfrun.StepAnswer, error), error) {
	tty := c.terminal()
	if tty == nil {
		return nil, fmt.Errorf("--step needs a terminal to ask on; --start-at-task and --tags choose tasks without asking")
	}
	in := bufio.NewReader(tty)
	return func(ctx context.Context, task string) (pfrun.StepAnswer, error) {
		fmt.Fprintf(c.streams.Err, "\nPerform task: TASK: %s (N)o/(y)es/(c)ontinue: ", task)
		answer, err := readLine(ctx, in)
		if err != nil {
			return pfrun.SkipTask, fmt.Errorf("--step: no answer was given: %w", err)
		}
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "y", "yes":
			return pfrun.DoTask, nil
		case "c", "continue":
			return pfrun.DoAllFromOn, nil
		}
		return pfrun.SkipTask, nil
	}, nil
}

// readLine reads a line, until the context ends; the reading itself then goes on unheeded.
func readLine(ctx context.Context, in *bufio.Reader) (string, error) {
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := in.ReadString('\n')
		got <- answer{line, err}
	}()
	select {
	case a := <-got:
		return a.line, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
