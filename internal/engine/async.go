package engine

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/word"
	"github.com/pfrun/pfrun/modules"
)

// jobs are tasks that run in the background. pfrun itself sees to them: a job that nobody waited for is waited for at the end of the run, as long as its async allows.
type jobs struct {
	mu   sync.Mutex
	last int
	byID map[string]*job
}

// job is a task in the background.
type job struct {
	id     string
	host   string
	done   chan struct{}
	hidden bool   // nothing is shown of it
	e      ending // once done is closed
}

func (j *job) over() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

func (js *jobs) add(host string) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.last++
	if js.byID == nil {
		js.byID = map[string]*job{}
	}
	j := &job{id: fmt.Sprintf("j%d.%d", time.Now().UnixMilli(), js.last), host: host, done: make(chan struct{})}
	js.byID[j.id] = j
	return j
}

func (js *jobs) find(id, host string) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	if j := js.byID[id]; j != nil && j.host == host {
		return j
	}
	return nil
}

func (js *jobs) remove(id string) {
	js.mu.Lock()
	defer js.mu.Unlock()
	delete(js.byID, id)
}

// finishJobs waits for what still runs in the background.
func (r *run) finishJobs() {
	r.jobs.mu.Lock()
	var left []*job
	for _, j := range r.jobs.byID {
		left = append(left, j)
	}
	r.jobs.mu.Unlock()
	for _, j := range left {
		select {
		case <-j.done:
		case <-r.hard.Done():
			return
		}
	}
}

// inBackground starts the work of a task with async, and with poll waits for its end; ok is false where the task is to be done at once: async is 0, or changes are only planned.
func (w *work) inBackground(scope jinja.Scope) (e ending, ok bool) {
	ht := w.ht
	seconds, err := optionalNumber(ht.looking, ht.t.Async, scope, 0)
	if err != nil {
		return endingOf(ht.failed(ht.t.Pos, fmt.Errorf("async: %w", err))), true
	}
	poll, err := optionalNumber(ht.looking, ht.t.Poll, scope, float64(cmp.Or(ht.PollInterval, 15)))
	if err != nil {
		return endingOf(ht.failed(ht.t.Pos, fmt.Errorf("poll: %w", err))), true
	}
	if seconds <= 0 || plansOnly(w.host) {
		w.background = seconds > 0 && poll <= 0
		return ending{}, false
	}
	j := ht.jobs.add(ht.there().Host)
	j.hidden = ht.hides()
	ht.begin(w.session)
	go w.detached().job(j, time.Duration(seconds*float64(time.Second)))
	if poll > 0 {
		return ht.poll(j, seconds, poll), true
	}
	p := &modules.Plan{Result: map[string]any{"ansible_job_id": j.id, "started": true, "finished": false, "results_file": ""}}
	res := ht.result(event.Changed)
	res.Verbose = 1
	return ht.judge(res, p), true
}

// asJob gives what was only planned the keys of a task that goes on in the background.
func (w *work) asJob(e ending) ending {
	d, ok := e.value.(*jinja.Dict)
	if !w.background || !ok {
		return e
	}
	for _, key := range []string{"ansible_job_id", "results_file", "finished"} {
		d.Set(key, jinja.Unknown{})
	}
	d.Set("started", true)
	e.res.Result = jinja.ToGo(d)
	return e
}

// detached gives the same work with nothing in it that the tasks which follow on the host change. Its verdicts are passed when somebody asks for the result.
func (w *work) detached() *work {
	own, bare := *w.ht, *w.ht.t
	bare.ChangedWhen, bare.FailedWhen = nil, nil
	own.h, own.t = &hostState{name: own.h.name}, &bare
	if own.local != nil {
		own.local = own.local.Copy()
	}
	return &work{ht: &own, task: w.task, session: w.session, host: w.host, env: w.env}
}

// begin notes that a session has a task in the background.
func (r *run) begin(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.jobs++
}

// end notes that a task in the background has ended; a session that was to be closed meanwhile is closed.
func (r *run) end(s *session) {
	r.mu.Lock()
	s.jobs--
	closing := s.jobs == 0 && s.forgotten
	r.mu.Unlock()
	if closing {
		s.close()
	}
}

// job does the work of a task in the background, and ends it where it takes too long.
func (w *work) job(j *job, limit time.Duration) {
	defer close(j.done)
	defer w.ht.end(w.session)
	own := *w.ht
	late := fmt.Errorf("async task did not complete within the requested time - %gs", limit.Seconds())
	ctx, cancel := context.WithTimeoutCause(w.ht.hard, limit, late)
	defer cancel()
	own.looking, own.limit = ctx, ctx
	back := &work{ht: &own, task: w.task, session: w.session, host: w.host, env: w.env}
	j.e = back.do()
	if ctx.Err() != nil && w.ht.hard.Err() == nil {
		j.e = endingOf(own.fault(own.t.Pos, late))
	}
	if d, ok := j.e.value.(*jinja.Dict); ok {
		d.Set("ansible_job_id", j.id)
		d.Set("started", true)
		d.Set("finished", true)
		j.e.res.Result = jinja.ToGo(d)
	}
}

// poll waits for the end of a job, and tells each look.
func (ht *hostTask) poll(j *job, seconds, every float64) ending {
	for {
		select {
		case <-j.done:
		case <-time.After(time.Duration(every * float64(time.Second))):
		case <-ht.looking.Done():
			return endingOf(ht.brokenOffResult())
		}
		if j.over() {
			ht.jobs.remove(j.id)
			e := ht.rejudged(j.e)
			ht.emit(event.AsyncPoll{Host: ht.h.name, JobID: j.id, Started: true, Finished: true, Failed: e.res.Status == event.Failed})
			return e
		}
		ht.emit(event.AsyncPoll{Host: ht.h.name, JobID: j.id, Started: true})
	}
}

// rejudged lets changed_when and failed_when decide over what a job gave.
func (ht *hostTask) rejudged(e ending) ending {
	if ht.t.ChangedWhen == nil && ht.t.FailedWhen == nil {
		return e
	}
	d, ok := e.value.(*jinja.Dict)
	if !ok || (e.res.Status != event.OK && e.res.Status != event.Changed && e.res.Status != event.Failed) {
		return e
	}
	return ht.judgeValue(e.res, d, nil)
}

// asyncStatus looks how far a job is.
func (ht *hostTask) asyncStatus(t *word.AsyncStatus) ending {
	j := ht.jobs.find(t.Jid, ht.there().Host)
	result := map[string]any{"ansible_job_id": t.Jid, "started": true, "finished": false}
	switch {
	case j == nil:
		result["started"], result["finished"], result["msg"] = true, true, "could not find job"
		return ht.done(&modules.Plan{Result: result, Unmet: "could not find job"}, false)
	case t.Mode == "cleanup":
		if j.over() {
			ht.jobs.remove(j.id)
		}
		result["erased"] = ""
		return ht.done(&modules.Plan{Result: result}, false)
	case !j.over():
		return ht.done(&modules.Plan{Result: result}, false)
	}
	d, ok := j.e.value.(*jinja.Dict)
	if !ok {
		j.e.res.Hidden = j.hidden
		return j.e
	}
	res := ht.result(j.e.res.Status)
	res.Hidden = j.hidden
	res.Message, res.Verbose, res.Changes, res.Diff = j.e.res.Message, 1, j.e.res.Changes, j.e.res.Diff
	return ht.judgeValue(res, d.Copy(), nil)
}
