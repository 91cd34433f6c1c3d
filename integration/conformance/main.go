// Program conformance runs ansible-core's own integration targets with pfrun under the name ansible-playbook, and counts.
//
//	conformance -ansible CHECKOUT -pfrun bin/pfrun [-write docs/conformance.md] [TARGET …]
//	conformance -ansible CHECKOUT -reference 2.18,2.19 [TARGET …]
//
// CHECKOUT is one of ansible/ansible, branch stable-2.18; nothing of it is part of this project. Without names all targets run that the table has.
// The second form runs the targets with ansible-core itself, the release of the checkout and Debian's, and keeps the numbers in reference.json,
// which the first form compares with.
//
// A control node and, fresh for each target, a managed host run in containers (integration/images/conformance.sh) on a network of their own. Every call of ansible-playbook
// goes through the program record, which keeps what was called, said and came of it. A target counts by its steps: one task on one host that was not skipped. A step is done
// where pfrun has the same task, on the same host, with the same outcome, before the first call that ends otherwise than ansible-core's.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

// tables are the names of the tables and their rows, in their order.
var tables = []struct {
	name    string
	targets []string
}{
	{"conformance", strings.Fields(`conditionals loops handlers includes include_vars set_fact filter_core test_core var_precedence lookup_first_found environment omit failed_when
	changed_when special_vars group_by add_host lookup_subelements lookup_password lookup_ini lookup_sequence roles_arg_spec ignore_unreachable vars_files strategy_linear gathering
	templating jinja2_native_types order loop-until`)},
	{"more", strings.Fields(`include_import roles delegate_to until meta_tasks any_errors_fatal throttle module_defaults async playbook parsing gathering_facts unicode become lineinfile
	blockinfile copy template stat command_shell slurp raw script`)},
}

//go:embed reference.json
var numbers []byte

// options are the flags of a call.
type options struct {
	checkout, pfrun, write, keep, reference string
	verbose                                 bool
	targets                                 []string
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := command(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string, out io.Writer) error {
	o := options{}
	fs := flag.NewFlagSet("conformance", flag.ContinueOnError)
	fs.StringVar(&o.checkout, "ansible", "", "checkout of ansible/ansible, branch stable-2.18")
	fs.StringVar(&o.pfrun, "pfrun", "bin/pfrun", "the program to count")
	fs.StringVar(&o.write, "write", "", "Markdown file whose table gets the numbers")
	fs.StringVar(&o.keep, "keep", "", "folder that takes the output of every target")
	fs.StringVar(&o.reference, "reference", "", "run the targets with these releases of ansible-core (2.18,2.19), and keep the numbers")
	fs.BoolVar(&o.verbose, "v", false, "say what failed calls complained of")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if o.targets = fs.Args(); len(o.targets) == 0 {
		for _, t := range tables {
			o.targets = append(o.targets, t.targets...)
		}
	}
	if _, err := os.Stat(filepath.Join(o.checkout, "test/integration/targets")); err != nil || o.checkout == "" {
		return fmt.Errorf("-ansible %s: no checkout of ansible/ansible", o.checkout)
	}
	var ref reference
	if err := json.Unmarshal(numbers, &ref); err != nil {
		return fmt.Errorf("reference.json: %w", err)
	}
	pfrun := o.pfrun
	if o.reference != "" {
		pfrun = ""
	}
	m, err := start(ctx, o.checkout, pfrun)
	if m != nil {
		defer m.stop()
	}
	if err != nil {
		return err
	}
	if o.reference != "" {
		return measure(ctx, m, o, out)
	}
	return count(ctx, m, o, ref, out)
}

// measure runs the targets with releases of ansible-core and keeps their numbers.
func measure(ctx context.Context, m *machines, o options, out io.Writer) error {
	for _, target := range o.targets {
		for release := range strings.SplitSeq(o.reference, ",") {
			if release != own && release != newest {
				return fmt.Errorf("-reference %s: one of %s and %s, or both", release, own, newest)
			}
			got, err := run(ctx, m, peers[release], o, target, nil)
			if err != nil {
				return fmt.Errorf("%s with %s: %w", target, release, err)
			}
			fmt.Fprintf(out, "%-20s %s  %4d steps in %d calls, exit %d, failed lines %v\n", target, release, got.done(), len(got.Calls), got.Exit, got.Lines)
			if err := save(target, release, got); err != nil {
				return err
			}
		}
	}
	return nil
}

// referenceFile is where the sources are; the program is run from the top of the checkout.
const referenceFile = "integration/conformance/reference.json"

// save puts the numbers of one target into the file as it is now: another call may be at work on others.
func save(target, release string, o *outcome) error {
	b, err := os.ReadFile(referenceFile)
	if err != nil {
		return err
	}
	var r reference
	if err := json.Unmarshal(b, &r); err != nil {
		return fmt.Errorf("%s: %w", referenceFile, err)
	}
	if r[target] == nil {
		r[target] = map[string]*outcome{}
	}
	r[target][release] = o
	if b, err = json.MarshalIndent(r, "", " "); err != nil {
		return err
	}
	return os.WriteFile(referenceFile, append(b, '\n'), 0o644)
}

// count runs the targets with pfrun and prints the table.
func count(ctx context.Context, m *machines, o options, ref reference, out io.Writer) error {
	list, err := readReach(reachText)
	if err != nil {
		return err
	}
	t := newTable(out)
	for _, target := range o.targets {
		newer, older := ref[target][newest], ref[target][own]
		if newer == nil {
			return fmt.Errorf("%s: reference.json has no numbers (-reference 2.18,2.19 %s)", target, target)
		}
		if older == nil { // not measured: the newer one passes all of it
			older = newer
		}
		beyond := list.of(target)
		got, err := run(ctx, m, peers["pfrun"], o, target, beyond)
		if err != nil {
			return fmt.Errorf("%s: %w", target, err)
		}
		t.add(judge(target, newer, older, got, beyond), o.verbose)
	}
	t.end()
	if o.write != "" {
		return t.write(o.write)
	}
	return nil
}

// done is the number of steps of a target.
func (o *outcome) done() int {
	n := 0
	for _, c := range o.Calls {
		n += c.Done
	}
	return n
}
