package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/word"
	"github.com/pfrun/pfrun/inventory"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// word does what is no module but an action of the engine itself; ok is false where the task is one of a module.
func (ht *hostTask) word(task modules.Task, scope jinja.Scope) (e ending, ok bool) {
	switch t := task.(type) {
	case *word.AddHost:
		return ht.addHost(t), true
	case *word.GroupBy:
		return ht.groupBy(t), true
	case *word.SetStats:
		return ht.setStats(t), true
	case *word.Pause:
		return ht.pause(t), true
	case *word.WaitForConnection:
		return ht.waitForConnection(t, scope), true
	case *word.IncludeVars:
		return ht.includeVars(t, scope), true
	case *word.ValidateArgumentSpec:
		return ht.validateSpec(t, scope), true
	case *word.AsyncStatus:
		return ht.asyncStatus(t), true
	}
	return ending{}, false
}

// done makes the ending of a word from what it found.
func (ht *hostTask) done(p *modules.Plan, changed bool) ending {
	res := ht.result(event.OK)
	res.Verbose = 1
	if changed {
		res.Status = event.Changed
	}
	if p.Unmet != "" {
		res.Status, res.Message = event.Failed, p.Unmet
	}
	e := ht.judge(res, p)
	e.effects = append(e.effects, ht.keep(e, p)...)
	return e
}

func (ht *hostTask) wordFailed(err error) ending { return endingOf(ht.failed(ht.t.Pos, err)) }

var errFixedInventory = errors.New("the inventory cannot be changed here")

func (ht *hostTask) addHost(t *word.AddHost) ending {
	if ht.Inventory == nil {
		return ht.wordFailed(errFixedInventory)
	}
	variables := jinja.NewDict()
	for name, v := range t.Vars {
		variables.Set(name, jinja.FromGo(v))
	}
	groups := make([]any, len(t.Groups))
	for i, g := range t.Groups {
		groups[i] = g
	}
	vars, _ := jinja.ToGo(variables).(map[string]any)
	name, port := inventory.SplitAddress(t.Name)
	if port != 0 {
		vars["ansible_ssh_port"] = int64(port)
	}
	added := map[string]any{"host_name": name, "groups": groups, "host_vars": vars}
	return ht.toInventory(map[string]any{"add_host": added}, func() (bool, error) {
		changed, err := ht.Inventory.AddHost(t.Name, t.Groups, variables)
		if changed {
			ht.join(t.Name)
		}
		return changed, err
	})
}

func (ht *hostTask) groupBy(t *word.GroupBy) ending {
	if ht.Inventory == nil {
		return ht.wordFailed(errFixedInventory)
	}
	group := groupName(t.Key)
	var parents []string
	parentsOut := []any{}
	for _, p := range t.Parents {
		parents = append(parents, groupName(p))
		parentsOut = append(parentsOut, groupName(p))
	}
	return ht.toInventory(map[string]any{"add_group": group, "parent_groups": parentsOut}, func() (changed bool, err error) {
		for _, n := range ht.keepers() {
			c, err := ht.Inventory.AddToGroup(n, group, parents)
			if err != nil {
				return false, err
			}
			changed = changed || c
		}
		return changed, nil
	})
}

// toInventory is the ending of a word that changes the inventory. As in Ansible that is done when the task has ended, with all its tries, and has not failed. Handlers were looked for before:
// they run only where changed_when says so, or where an item before in the loop has changed something.
func (ht *hostTask) toInventory(result map[string]any, change func() (bool, error)) ending {
	e := ht.done(&modules.Plan{Result: result}, false)
	e.alter = func() ending {
		changed, err := change()
		if err != nil {
			return ht.wordFailed(err)
		}
		e := ht.done(&modules.Plan{Result: result}, changed)
		e.late = ht.t.ChangedWhen == nil
		return e
	}
	return e
}

func (ht *hostTask) setStats(t *word.SetStats) ending {
	data, _ := jinja.FromGo(t.Data).(*jinja.Dict)
	if data == nil {
		data = jinja.NewDict()
	}
	shown, _ := jinja.ToGo(data).(map[string]any)
	e := ht.done(&modules.Plan{Result: map[string]any{"ansible_stats": map[string]any{"data": shown, "per_host": bool(t.PerHost), "aggregate": bool(t.Aggregate)}}}, false)
	e.effects = append(e.effects, func() {
		owners := []string{wholeRun}
		if t.PerHost {
			owners = ht.keepers()
		}
		for _, o := range owners {
			for k, v := range data.Items {
				ht.stats.set(o, jinja.Str(k), v, bool(t.Aggregate))
			}
		}
	})
	return e
}

// groupName makes the name of a group of what a task says.
func groupName(s string) string { return strings.ReplaceAll(s, " ", "-") }

// pauseTime gives how long a pause takes, where it says so.
func pauseTime(t *word.Pause) (time.Duration, bool) {
	switch {
	case t.Minutes != nil:
		return time.Duration(*t.Minutes * float64(time.Minute)), true
	case t.Seconds != nil:
		return time.Duration(*t.Seconds * float64(time.Second)), true
	}
	return 0, false
}

// pause waits, or asks. Where nobody is there to answer a pause without a time is none, with a word of warning.
func (ht *hostTask) pause(t *word.Pause) ending {
	start := time.Now()
	result := map[string]any{"user_input": "", "echo": t.Echo, "rc": int64(0), "stderr": ""}
	switch seconds, timed := pauseTime(t); {
	case timed:
		if err := wait(ht.looking, seconds); err != nil {
			return endingOf(ht.brokenOffResult())
		}
	case ht.Prompt == nil:
		ht.warnOnce(event.Warning{Diagnostic: diag.Warnf(ht.t.Pos, "Not waiting for response to prompt as stdin is not interactive")})
	default:
		text := t.Prompt
		if text == "" {
			text = "Press enter to continue, Ctrl+C to interrupt"
		}
		answer, err := ht.Options.Prompt(ht.looking, Prompt{Text: fmt.Sprintf("[%s]\n%s:", ht.name(), text), Hidden: !t.Echo})
		if err != nil {
			return ht.wordFailed(err)
		}
		result["user_input"] = answer
	}
	took := time.Since(start)
	result["start"], result["stop"] = start.Format("2006-01-02 15:04:05.000000"), time.Now().Format("2006-01-02 15:04:05.000000")
	result["delta"] = int64(took.Seconds())
	unit, n := "seconds", took.Seconds()
	if t.Minutes != nil {
		unit, n = "minutes", took.Minutes()
	}
	result["stdout"] = fmt.Sprintf("Paused for %v %s", float64(int(n*100))/100, unit)
	return ht.done(&modules.Plan{Result: result}, false)
}

// waitForConnection connects until it goes well.
func (ht *hostTask) waitForConnection(t *word.WaitForConnection, scope jinja.Scope) ending {
	start := time.Now()
	if err := wait(ht.looking, time.Duration(t.Delay)*time.Second); err != nil {
		return endingOf(ht.brokenOffResult())
	}
	limit, cancel := context.WithTimeout(ht.looking, time.Duration(t.Timeout)*time.Second)
	defer cancel()
	for {
		err := ht.connects(limit, scope)
		if err == nil {
			return ht.done(&modules.Plan{Result: map[string]any{"elapsed": int64(time.Since(start).Seconds())}}, false)
		}
		if !errors.Is(err, host.ErrUnreachable) && limit.Err() == nil {
			return ht.wordFailed(err)
		}
		if werr := wait(limit, time.Duration(t.Sleep)*time.Second); werr != nil {
			if ht.looking.Err() != nil {
				return endingOf(ht.brokenOffResult())
			}
			return ht.wordFailed(fmt.Errorf("timed out waiting for ping module test: %w", err))
		}
	}
}

// connects looks whether the host can be reached anew.
func (ht *hostTask) connects(ctx context.Context, scope jinja.Scope) error {
	login, err := ht.login(scope)
	if err != nil {
		return err
	}
	s := ht.session(ht.h, login)
	if _, err = s.real.Facts(ctx); err != nil {
		ht.forget(login)
	}
	return err
}
