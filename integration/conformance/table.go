package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// table prints rows as they come, and their sums.
type table struct {
	w    io.Writer
	rows []*score
}

func newTable(w io.Writer) *table {
	fmt.Fprintf(w, "%-20s %5s %5s %6s %8s  %s\n", "target", "done", "of", "later", "apart", "first failure")
	return &table{w: w}
}

// add prints a row, and under it what was complained of where asked for.
func (t *table) add(s *score, verbose bool) {
	t.rows = append(t.rows, s)
	fmt.Fprintf(t.w, "%-20s %5d %5d %6d %8s  %s\n", s.target, s.done, s.of, s.later, s.asides(), s.failed)
	if lacks := s.lacking(); lacks != "" {
		fmt.Fprintf(t.w, "    out of reach: %s\n", lacks)
	}
	for i, line := range s.why {
		if i < 3 || verbose {
			fmt.Fprintf(t.w, "    %.300s\n", line)
		}
	}
}

// asides is what is counted apart, and how much of it was done as the newer release does it.
func (s *score) asides() string {
	if s.apart == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.same, s.apart)
}

// lacking is what is out of reach, and why.
func (s *score) lacking() string {
	var parts []string
	for _, l := range s.beyond {
		where := ""
		if len(l.calls) > 0 {
			where = "in call " + strings.ReplaceAll(strings.Trim(fmt.Sprint(l.calls), "[]"), " ", ", ") + " "
		}
		parts = append(parts, fmt.Sprintf("%d %s(%s)", l.steps, where, l.reason))
	}
	return strings.Join(parts, "; ")
}

// end prints the sums.
func (t *table) end() {
	sum := score{}
	full := 0
	for _, s := range t.rows {
		sum.done += s.done
		sum.of += s.of
		sum.later += s.later
		sum.apart += s.apart
		sum.same += s.same
		if s.full() {
			full++
		}
	}
	fmt.Fprintf(t.w, "%-20s %5d %5d %6d %8s  %d of %d targets in full\n", "all", sum.done, sum.of, sum.later, sum.asides(), full, len(t.rows))
}

// fence is the line of the document at which a table begins, and with a slash that at which it ends. Nothing else stands between them.
func fence(slash, name string) string { return "<!-- " + slash + name + " -->" }

// write puts the rows into the tables of a document: a target that did not run keeps its row.
func (t *table) write(file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text := string(b)
	for _, part := range tables {
		if text, err = merge(text, part.name, part.targets, t.rows); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// merge puts the rows of targets into one table of a document.
func merge(doc, name string, targets []string, rows []*score) (string, error) {
	begin, end := fence("", name), fence("/", name)
	head, rest, ok := strings.Cut(doc, begin)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("no lines %s and %s", begin, end)
	}
	known := map[string]string{}
	for line := range strings.Lines(old) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |"); ok && strings.HasPrefix(line, "| ") {
			known[strings.TrimSpace(name)] = line
		}
	}
	for _, s := range rows {
		known[s.target] = fmt.Sprintf("| %s | %d | %d | %s | %s | %s |\n", s.target, s.done, s.of, s.asides(), cell(s.lacking()), cell(s.failed))
	}
	b := strings.Builder{}
	b.WriteString(head + begin + "\n| target | done | of | apart | out of reach | first failure |\n|---|---|---|---|---|---|\n")
	for _, target := range targets {
		b.WriteString(known[target])
	}
	return b.String() + end + tail, nil
}

// cell is a text as the cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }
