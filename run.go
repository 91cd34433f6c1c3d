package pfrun

import (
	"context"
	"sync"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/event"
)

// Run runs the playbooks. The error is of the run as a whole; what fails on hosts is in the report. When ctx ends everything ends at once; to end in good order, close Options.Stop.
func (p *Project) Run(ctx context.Context) (*Report, error) {
	if err := p.invalid(); err != nil {
		return nil, err
	}
	sink := &lockedSink{sink: p.options.Sink}
	c := newConnector(&p.options, &p.secrets, func(text string) { sink.Emit(event.Warning{Diagnostic: diag.Warnf(diag.Pos{}, "%s", text)}) })
	defer c.close()
	p.odd.to(func(d *diag.Diagnostic) { sink.Emit(event.Warning{Diagnostic: d}) })
	s, err := engine.Run(ctx, engine.Options{
		Playbooks: p.books,
		Hosts:     p,
		Vars:      p.vars,
		Connector: c,
		Sink:      sink,
		Forks:     p.options.Forks,
		Tags:      p.options.Tags,
		SkipTags:  p.options.SkipTags,
		PlanOnly:  p.options.Check,
		Verbosity: p.options.Verbosity,
		OnTarget:  onTarget,
		StartAt:   p.startAt(),
		Step:      p.options.Step,
		Stop:      p.options.Stop,
	})
	if s == nil {
		return nil, err
	}
	return &Report{Hosts: s.Hosts, Changed: s.Changed, Interrupted: s.Interrupted}, err
}

// lockedSink hands events on one at a time: the engine and the connections emit from many goroutines. A nil sink takes everything.
type lockedSink struct {
	mu   sync.Mutex
	sink event.Sink
}

func (l *lockedSink) Emit(e event.Event) {
	if l.sink == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sink.Emit(e)
}
