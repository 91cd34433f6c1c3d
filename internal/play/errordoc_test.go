package play_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/pfrun/pfrun/internal/play"
)

const (
	errorsDoc   = "../../docs/errors.md"
	errorsHead  = "testdata/errors-head.md"
	ansibleSays = "testdata/ansible-errors.txt"
)

// shownInDoc are the playbooks that docs/errors.md shows: what people get wrong, each once.
var shownInDoc = strings.Fields(`scalar not-yaml no-hosts hosts-null hosts-mapping play-keyword-typo play-words play-keyword-module import-playbook import-playbook-circle import-playbook-faults
	gather-facts-not-boolean vars-not-mapping vars-bad-names booleans port tasks-mapping task-not-mapping task-keyword-typo task-numbers with block local-action unknown-module ansible-module
	ansible-module-with-when two-modules no-module unknown-argument unknown-argument-templated missing-argument bad-choice bad-type alias-twice free-form-args bad-when unknown-filter template-error
	unknown-test bad-loop loop-control bad-register missing-handler listen-in-task meta unquoted-template many-at-once duplicate-key vars-prompt vars-files import-tasks import-tasks-circle
	include-tasks include-tasks-faults include-role import-role role-missing role-faults role-circle role-plugins end-role handler-block handler-role handler-in-role-missing args words
	ignore-errors-argument tab colon indentation quote alias two-faults-two-files`)

// TestErrorsDoc holds docs/errors.md: what pfrun says of broken playbooks, beside what ansible-core says.
func TestErrorsDoc(t *testing.T) {
	archive, err := txtar.ParseFile(brokenFile)
	if err != nil {
		t.Fatal(err)
	}
	head, err := os.ReadFile(errorsHead)
	if err != nil {
		t.Fatal(err)
	}
	theirs := ansibleErrors(t)
	b := strings.Builder{}
	b.Write(head)
	seen := 0
	for _, book := range brokens(t, archive) {
		if _, ok := theirs[book.name]; !ok {
			t.Errorf("of %s it is not known what ansible-core says: run integration/scripts/ansibleerrors", book.name)
		}
		if slices.Contains(shownInDoc, book.name) {
			seen++
			section(&b, book, theirs[book.name])
		}
	}
	if seen != len(shownInDoc) || seen < 40 {
		t.Errorf("%d of %d playbooks are shown", seen, len(shownInDoc))
	}
	if *update {
		if err := os.WriteFile(errorsDoc, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := os.ReadFile(errorsDoc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(doc), b.String()); diff != "" {
		t.Errorf("go test ./internal/play -update writes the document anew: want -, got +:\n%s", diff)
	}
}

// ansibleErrors gives what is recorded of each playbook, as the document shows it.
func ansibleErrors(t *testing.T) map[string]string {
	b, err := os.ReadFile(ansibleSays)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for line := range strings.Lines(string(b)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(fields) != 5 {
			continue
		}
		text := fields[4]
		if r := []rune(text); len(r) > 300 {
			text = string(r[:300]) + "…"
		}
		if fields[3] != "" {
			text = fields[3] + ": " + text
		}
		switch fields[1] {
		case "run":
			text = "(when the task is reached) " + text
		case "warning":
			text = "warning: " + text
		case "nothing":
			text = "(nothing)"
		}
		said[fields[0]] = text
	}
	return said
}

func section(b *strings.Builder, book broken, theirs string) {
	fmt.Fprintf(b, "\n## %s\n", book.name)
	files := []string{}
	for name := range book.files {
		if name != "site.yml" {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	for _, name := range append([]string{"site.yml"}, files...) {
		title := ""
		if len(files) > 0 {
			title = "# " + name + "\n"
		}
		fmt.Fprintf(b, "\n```yaml\n%s%s```\n", title, book.files[name])
	}
	fmt.Fprintf(b, "\npfrun:\n\n```text\n%s```\n\nansible-core:\n\n```text\n%s\n```\n", book.answer.Data, theirs)
}

// otherCodes are the playbooks of which pfrun ends with another code than ansible-core, and why.
var otherCodes = map[string]string{
	"gather-subset":                 "the argument of the task that gathers facts is wrong, and the play's keyword is too",
	"become-method":                 "pfrun has not all methods, and tells it at once",
	"ansible-module-with-when":      "only a warning, the task fails when it is reached",
	"free-form-quote":               "what is wrong with a line of arguments is as what is wrong with arguments",
	"when-template":                 "only a warning, the task fails when it is reached",
	"bad-notify":                    "the task changes nothing, so that ansible-core does not look",
	"missing-handler":               "the first task fails in ansible-core",
	"import-playbook-circle":        "ansible-core breaks down",
	"import-tasks-circle":           "ansible-core breaks down",
	"include-unguarded-and-guarded": "only a warning, the task fails when it is reached",
	"import-tasks":                  "of its faults one in another file comes first here",
	"meta-template":                 "a meta without a word is told at once",
	"include-old":                   "pfrun takes what ansible-core had before",
	"role-plugins":                  "pfrun has no plug-ins in Python, and tells it at once",
	"handler-in-role-missing":       "the task changes nothing, so that ansible-core does not look",
	"handler-include-open":          "the task changes nothing, so that ansible-core does not look",
	"tags-null":                     "ansible-core passes over it",
	"notify-undefined-in-block":     "the task changes nothing, so that ansible-core does not look",
}

// TestExitCodes holds which code a broken playbook ends with under the name ansible-playbook: that of ansible-core.
func TestExitCodes(t *testing.T) {
	archive, err := txtar.ParseFile(brokenFile)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(ansibleSays)
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if fields := strings.Split(line, "\t"); len(fields) == 5 {
			theirs[fields[0]] = fields[2]
		}
	}
	for _, book := range brokens(t, archive) {
		dir := lay(t, book.files)
		o := options()
		o.Late = true
		_, ds := play.NewLoader(o).Playbook(filepath.Join(dir, "site.yml"))
		ours := "0"
		if wrong := ds.Errors(); len(wrong) > 0 {
			ours = fmt.Sprint(wrong.First().ExitCode())
		}
		why, known := otherCodes[book.name]
		if (ours != theirs[book.name]) != known {
			t.Errorf("%s ends with %s, with ansible-core with %s; why that is: %q", book.name, ours, theirs[book.name], why)
		}
	}
}
