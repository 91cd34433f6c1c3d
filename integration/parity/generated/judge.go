package generated

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// number reads a number of the environment.
func number(name string, fallback int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return fallback
}

// peers are the programs that are compared. ansible-core is there twice: quick, with its tasks in one process, and as it is, to confirm what differs; nil: quick is that.
type peers struct {
	quick, real *ansible
	ours        *pfrun
}

func startPeers(ctx context.Context, ours *pfrun) (*peers, error) {
	quick, err := startAnsible(ctx, "inline")
	if err != nil {
		return nil, err
	}
	real, err := startAnsible(ctx)
	return &peers{quick, real, ours}, err
}

func (p *peers) close() error { return errors.Join(p.quick.close(), p.real.close()) }

// verdict is what the two said of a case.
type verdict struct {
	theirs, ours output
}

func (v verdict) differs() bool { return v.theirs.trace() != v.ours.trace() }

// tooLong is the exit code of a program that was ended for the time that it took.
const tooLong = 124

// invalid reports whether ansible-core did not begin with the playbook, or did not end.
func (v verdict) invalid() bool { return v.theirs.refuses() || v.theirs.Exit == tooLong }

func (o output) refuses() bool {
	return o.Exit != 0 && !strings.Contains(o.Out, "PLAY") && !strings.Contains(o.Out, "playbook: ")
}

func (p *peers) run(ctx context.Context, c *Case) (v verdict, err error) {
	if v.theirs, err = p.quick.play(c.commandLine(), c.texts()); err != nil {
		return v, err
	}
	v.ours, err = p.ours.play(ctx, c.commandLine(), c.texts())
	return v, err
}

// confirm runs a case by ansible-core as it is.
func (p *peers) confirm(c *Case, v verdict) (verdict, error) {
	var err error
	v.theirs, err = p.real.play(c.commandLine(), c.texts())
	return v, err
}

// The ways in which a case may end.
const (
	alike   = "alike"
	differs = "differ"
	refused = "refused by ansible-core"
)

// judge runs the case of a seed, and makes one that differs smaller, with so many tries.
func (p *peers) judge(ctx context.Context, seed uint64, tries int) (how, report string, err error) {
	c := Generate(seed)
	v, err := p.run(ctx, c)
	if err == nil && v.differs() {
		v, err = p.confirm(c, v)
	}
	switch {
	case err != nil:
		return "", "", fmt.Errorf("seed %d: %w", seed, err)
	case v.invalid():
		return refused, fmt.Sprintf("seed %d: ansible-core refuses it (%d): %.300s", seed, v.theirs.Exit, v.theirs.Err), nil
	case !v.differs():
		return alike, "", nil
	}
	c = shrink(c, tries, func(c *Case) bool {
		w, err := p.run(ctx, c)
		return err == nil && w.differs() && w.theirs.refuses() == v.theirs.refuses() && w.ours.refuses() == v.ours.refuses()
	})
	if v, err = p.run(ctx, c); err == nil {
		v, err = p.confirm(c, v)
	}
	report = fmt.Sprintf("seed %d differs:\n%s\n== ansible-core\n%s\n== pfrun\n%s%s\n", seed, c, v.theirs.trace(), v.ours.trace(), v.ours.Err)
	return differs, report, err
}
