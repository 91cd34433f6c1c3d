package helper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// walkPart is how many paths travel in a part.
const walkPart = 500

func (j *job) walk(dir string) error {
	var p statPart
	for st, err := range j.s.host.Walk(j.look, dir) {
		if err != nil {
			return errors.Join(j.part(nil, p), err)
		}
		if p.Stats = append(p.Stats, st); len(p.Stats) == walkPart {
			if err := j.part(nil, p); err != nil {
				return err
			}
			p.Stats = nil
		}
	}
	return j.part(nil, p)
}

// dial connects, and carries what is said from then on in a stream with the request's number.
func (j *job) dial(a dialArgs) error {
	if j.s.Dial == nil {
		return errors.ErrUnsupported
	}
	conn, err := j.s.Dial(j.look, a.Network, a.Address)
	if err != nil {
		return err
	}
	s := j.s.streams.add(j.id)
	if err := context.Cause(j.look); err != nil { // given up: nobody will close it
		s.Close()
		return errors.Join(err, conn.Close())
	}
	go carry(s, conn)
	return nil
}

// carry copies in both directions until both have ended.
func carry(s *stream, conn io.ReadWriteCloser) {
	defer s.Close()
	defer conn.Close()
	var both sync.WaitGroup
	both.Go(func() {
		io.Copy(s, conn)
		s.CloseWrite()
	})
	both.Go(func() {
		io.Copy(conn, s)
		if w, ok := conn.(interface{ CloseWrite() error }); ok && !s.over() {
			w.CloseWrite()
			return
		}
		conn.Close()
	})
	both.Wait()
}

// perform plans a task, and makes its steps where it is to.
func (j *job) perform(a performArgs) (performAnswer, error) {
	at := slices.IndexFunc(j.s.Modules, func(m modules.Spec) bool { return m.Name == a.Module })
	if at < 0 {
		return performAnswer{}, fmt.Errorf("the helper has no module %q", a.Module)
	}
	module := j.s.Modules[at]
	if err := j.wait(a.After); err != nil {
		return performAnswer{}, err
	}
	shown, err := j.shown(a.Overlay)
	if err != nil {
		return performAnswer{}, err
	}
	task, err := j.task(module, a)
	if err != nil {
		return performAnswer{}, err
	}
	ctx := modules.ContextWithEnvironment(j.look, a.Env)
	plan, err := look(ctx, task, host.Listed(shown, module.Probes), a)
	if err != nil {
		return performAnswer{}, err
	}
	made, failed, err := j.make(a, plan)
	if err == nil && a.Replan && made == 0 && errors.Is(failed, host.ErrStale) {
		a.Next = false
		if plan, err = look(ctx, task, host.Listed(shown, module.Probes), a); err != nil {
			return performAnswer{}, err
		}
		_, failed, err = j.make(a, plan)
	}
	j.keep(a.Number, task, plan)
	if failed == nil || err != nil {
		return performAnswer{}, err
	}
	f := newFault(failed)
	return performAnswer{&f}, nil
}

func look(ctx context.Context, task modules.Task, r host.Reader, a performArgs) (plan *modules.Plan, err error) {
	more, several := task.(modules.Continuer)
	if a.Next && !several {
		return nil, fmt.Errorf("the module %s has no further rounds", a.Module)
	}
	err = modules.Guard("the module "+a.Module, func() (err error) {
		if a.Next {
			plan, err = more.Continue(ctx, r, a.Outcomes)
		} else {
			plan, err = task.Plan(ctx, r)
		}
		return err
	})
	return plan, err
}

// shown gives the host as the task is to see it.
func (j *job) shown(overlay uint32) (host.Reader, error) {
	if overlay == 0 {
		return j.s.host, nil
	}
	j.s.mu.Lock()
	defer j.s.mu.Unlock()
	r := j.s.overlays[overlay]
	if r == nil {
		return nil, errFrame
	}
	return r.overlay, r.err
}

// task gives the task of a request: a new one, or for a further round the one that was.
func (j *job) task(module modules.Spec, a performArgs) (modules.Task, error) {
	if a.Next {
		j.s.mu.Lock()
		defer j.s.mu.Unlock()
		if task := j.s.tasks[a.Number]; task != nil {
			return task, nil
		}
		return nil, fmt.Errorf("%w: a further round of a task that is over", errFrame)
	}
	task := module.New()
	if err := j.s.decoder().Decode(a.Task, task); err != nil {
		return nil, err
	}
	if v, ok := task.(modules.Validator); ok { // it may make what does not travel
		return task, v.Validate()
	}
	return task, nil
}

func (j *job) keep(number uint32, task modules.Task, plan *modules.Plan) {
	j.s.mu.Lock()
	defer j.s.mu.Unlock()
	if plan != nil && plan.More {
		j.s.tasks[number] = task
	} else {
		delete(j.s.tasks, number)
	}
}

// make tells the plan, and makes its steps: each is told before, and its outcome after. failed is the error of the step after the last that was made. A step is not begun any
// more once nobody is there to hear of it.
func (j *job) make(a performArgs, plan *modules.Plan) (made int, failed, err error) {
	plan.WithEnvironment(a.Env)
	if err := j.part([]byte{partPlan}, plan); err != nil {
		return 0, nil, err
	}
	if !a.Make {
		return 0, nil, nil
	}
	for _, c := range plan.Steps {
		if j.s.over() {
			return made, io.ErrUnexpectedEOF, nil
		}
		if err := j.part([]byte{partStep}, int64(made)); err != nil {
			return made, nil, err
		}
		out, failed := modules.Apply(j.hard, j.s.host, c)
		if failed != nil {
			return made, failed, nil
		}
		if err := j.part([]byte{partOutcome}, out); err != nil {
			return made, nil, err
		}
		made++
	}
	return made, nil, nil
}
