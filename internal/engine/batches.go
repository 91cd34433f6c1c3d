package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
)

// ordered puts the hosts of a play into the order that it asks for.
func (r *run) ordered(p *play.Play, names []string) ([]string, error) {
	if p.Order == nil {
		return names, nil
	}
	v, err := jinja.Force(r.hard, p.Order, r.Vars.Scope(vars.View{Play: p}))
	if err != nil {
		return nil, err
	}
	names = slices.Clone(names)
	if _, omitted := v.(jinja.Omit); omitted {
		return names, nil
	}
	switch word := jinja.Str(v); word {
	case "inventory":
	case "reverse_inventory":
		slices.Reverse(names)
	case "sorted":
		slices.Sort(names)
	case "reverse_sorted":
		slices.Sort(names)
		slices.Reverse(names)
	case "shuffle":
		rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	default:
		return nil, diag.Errorf(p.Pos, "order: %q is none", word).WithHint("there are inventory, reverse_inventory, sorted, reverse_sorted and shuffle")
	}
	return names, nil
}

// batches splits the hosts of a play by serial: the last size holds for all that are left.
func (r *run) batches(p *play.Play, names []string) ([][]string, error) {
	if p.Serial == nil {
		return [][]string{names}, nil
	}
	v, err := jinja.Force(r.hard, p.Serial, r.Vars.Scope(vars.View{Play: p}))
	if err != nil {
		return nil, err
	}
	if _, omitted := v.(jinja.Omit); omitted {
		return [][]string{names}, nil
	}
	sizes := []jinja.Value{v}
	if l, ok := v.(*jinja.List); ok {
		sizes = l.Items()
	}
	var batches [][]string
	for i, rest := 0, names; len(rest) > 0; i++ {
		if len(sizes) == 0 {
			return [][]string{names}, nil
		}
		n, err := share(sizes[min(i, len(sizes)-1)], len(names))
		if err != nil {
			return nil, &diag.Diagnostic{Pos: p.Pos, Message: "serial: " + err.Error()}
		}
		if n <= 0 || n > len(rest) {
			n = len(rest)
		}
		batches, rest = append(batches, rest[:n]), rest[n:]
	}
	return batches, nil
}

// share reads a number of hosts, or a percentage of all, which is one host at least.
func share(v jinja.Value, all int) (int, error) {
	text := strings.TrimSpace(jinja.Str(v))
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		f, err := strconv.ParseFloat(percent, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no percentage", text)
		}
		return max(int(f/100*float64(all)), 1), nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is neither a number nor a percentage", text)
	}
	return n, nil
}

// tooMany reports whether more hosts of the batch failed than max_fail_percentage allows.
func (pr *playRun) tooMany() bool {
	if pr.p.MaxFailPercentage == nil {
		return false
	}
	v, err := jinja.Force(pr.hard, pr.p.MaxFailPercentage, pr.Vars.Scope(vars.View{Play: pr.p}))
	if err != nil {
		pr.giveUp(err)
		return true
	}
	allowed, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(jinja.Str(v), "%")), 64)
	if err != nil || math.IsNaN(allowed) {
		pr.giveUp(diag.Errorf(pr.p.Pos, "max_fail_percentage: %q is no number", jinja.Str(v)))
		return true
	}
	lost := 0
	for _, h := range pr.hosts {
		if h.failed.Load() {
			lost++
		}
	}
	return float64(lost)*100/float64(len(pr.hosts)) > allowed
}

// giveUp ends the run with an error. A single fault is one that a task shows; a list of them is told as it is.
func (r *run) giveUp(err error) {
	if d, ok := err.(*diag.Diagnostic); ok {
		c := *d
		err = c.At(diag.Ended)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.quit == nil {
		r.quit = err
	}
}
