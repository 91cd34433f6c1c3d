package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pfrun/pfrun"
)

// evalJob is one call of pfrun eval.
type evalJob struct {
	*command
	vault       vaultFlags
	options     pfrun.Options
	playbookDir string
	lines, raw  bool
}

// evalCommand shows what expressions give.
func (c *command) evalCommand() *cobra.Command {
	j := &evalJob{command: c}
	cmd := &cobra.Command{
		Use:   "eval EXPRESSION -i INVENTORY -l HOST",
		Short: "Show the value of an expression as a host sees it",
		Long: `eval shows the value of an expression, bare as in when: or a text with {{ }}, with the variables of a host. Nothing is connected to, so there are no facts.

  pfrun eval relay_domains -i hosts -l mx1
  pfrun eval "{{ groups['mail'] | map('extract', hostvars, 'ip') | list }}" -i hosts -l mx1
  pfrun eval "1 + 1"

Where several hosts match, each value stands behind its host. Values are JSON; --raw gives texts as they are.

  pfrun eval --jsonl < cases.jsonl

answers each line {"template": …, "vars": {…}, "kind": "arg" | "when" | "template", "files": {…}}
with {"value": …}, or {"error": …, "line": …, "column": …}.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return j.run(cmd, args) },
	}
	fs, o := cmd.Flags(), &j.options
	fs.StringArrayVarP(&o.Inventory, "inventory", "i", nil, "inventory file, folder or script, or a list of hosts with a comma: h1,h2, (repeatable)")
	fs.StringVarP(&o.Limit, "limit", "l", "", "only hosts that match this pattern, or @FILE")
	fs.StringArrayVarP(&o.ExtraVars, "extra-vars", "e", nil, "variables: k=v, JSON or YAML, or @FILE (repeatable)")
	fs.StringVar(&j.playbookDir, "playbook-dir", "", "the folder whose group_vars, host_vars, files and templates count")
	fs.BoolVarP(&j.raw, "raw", "r", false, "texts as they are, not as JSON")
	fs.BoolVar(&j.lines, "jsonl", false, "evaluate lines of JSON from standard input")
	j.vault.register(fs)
	return cmd
}

func (j *evalJob) run(cmd *cobra.Command, args []string) (err error) {
	switch {
	case j.lines && (len(args) > 0 || j.raw || len(j.options.Inventory) > 0 || j.options.Limit != "" || len(j.options.ExtraVars) > 0):
		return errors.New("--jsonl takes everything from its lines: no expression, inventory, limit or variables")
	case !j.lines && len(args) != 1:
		return fmt.Errorf("give one expression, got %d; quote it for the shell", len(args))
	}
	if err = j.configure(); err != nil {
		return err
	}
	j.options.Getenv, j.options.Settings = j.flags.options.Getenv, j.flags.options.Settings
	j.playbookDir = cmp.Or(j.playbookDir, j.options.Settings.PlaybookDir)
	if j.options.VaultSecrets, err = j.vaultSecrets(&j.vault); err != nil {
		return err
	}
	if j.lines {
		return j.evalLines(cmd)
	}
	project, err := pfrun.LoadHosts(j.options, j.playbookDir)
	for _, w := range project.Warnings() {
		fmt.Fprint(j.streams.Err, pfrun.RenderDiagnostic(w))
	}
	if err != nil {
		return err
	}
	return j.show(cmd, project, args[0])
}

// show prints the value on each host that is left.
func (j *evalJob) show(cmd *cobra.Command, project *pfrun.Project, expression string) error {
	project.OnWarning(func(d *pfrun.Diagnostic) { fmt.Fprint(j.streams.Err, project.Mask(pfrun.RenderDiagnostic(d))) })
	hosts := project.HostNames()
	if len(hosts) == 0 {
		return errors.New("the inventory has no host")
	}
	failed := false
	for _, host := range hosts {
		prefix := ""
		if len(hosts) > 1 {
			prefix = host + ": "
		}
		text, err := j.value(cmd, project, expression, host, len(hosts) > 1)
		var d *pfrun.Diagnostic
		switch {
		case errors.As(err, &d):
			fmt.Fprint(j.streams.Err, prefix+project.Mask(pfrun.RenderDiagnostic(d)))
			failed = true
		case err != nil:
			fmt.Fprintln(j.streams.Err, "pfrun: "+prefix+project.Mask(err.Error()))
			failed = true
		default:
			fmt.Fprintln(j.streams.Out, prefix+project.Mask(text))
		}
	}
	if failed {
		return exitCode(exitFailed)
	}
	return nil
}

func (j *evalJob) value(cmd *cobra.Command, project *pfrun.Project, expression, host string, oneLine bool) (string, error) {
	v, err := project.Eval(cmd.Context(), expression, host)
	if err != nil {
		return "", err
	}
	if j.raw {
		return v.Text(), nil
	}
	if oneLine {
		return v.JSON(0)
	}
	return v.JSON(4)
}

// maxLine is how long a line of input may be.
const maxLine = 64 << 20

// evalLines answers lines of JSON until the input ends.
func (j *evalJob) evalLines(cmd *cobra.Command) error {
	evaluator, err := pfrun.NewLineEvaluator(j.options)
	if err != nil {
		return err
	}
	in, out := bufio.NewReaderSize(j.streams.In, 1<<16), bufio.NewWriter(j.streams.Out)
	for number := 1; ; number++ {
		line, err := readLimited(in, maxLine)
		if len(strings.TrimSpace(string(line))) > 0 {
			fmt.Fprintln(out, evaluator.Line(cmd.Context(), line, number))
		}
		// Who waits for each answer gets it at once; a pipe that is full is written in one piece.
		if in.Buffered() == 0 || err != nil {
			if err := out.Flush(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readLimited reads a line. Of one that is longer than the limit only the beginning is kept, so that it is no JSON.
func readLimited(in *bufio.Reader, limit int) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line) < limit {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}
