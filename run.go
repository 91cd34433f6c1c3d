package pfrun

import (
	"context"
	"sync"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/engine"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
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
	set := p.options.Settings
	s, err := engine.Run(ctx, engine.Options{
		Playbooks: p.books,
		Loader:    p.loader,
		Hosts:     p,
		Inventory: p,
		Vars:      p.vars,
		Connector: c,
		Sink:      sink,
		Forks:     p.options.Forks,
		Tags:      p.options.Tags,
		SkipTags:  p.options.SkipTags,
		PlanOnly:  p.options.Check,
		Verbosity: p.options.Verbosity,
		Control:   controlNode{p},
		OnTarget:  onTarget,
		StartAt:   p.startAt(),
		Step:      p.options.Step,
		Stop:      p.options.Stop,
		Lookup:    p.env.Lookup,
		Prompt:    p.prompt(),
		Encrypt:   p.encrypt,
		Secret:    p.secrets.Add,
		Settings: engine.Settings{
			ForceHandlers: p.options.ForceHandlers || set.ForceHandlers, Strategy: set.Strategy, Gathering: set.Gathering,
			MissingHandler: !set.ErrorOnMissingHandler, AnyErrorsFatal: set.AnyErrorsFatal, TaskTimeout: set.TaskTimeout,
			PollInterval: set.PollInterval, NoLog: set.NoLog, Managed: set.Managed,
			Given: engine.Asked{
				User: first(p.options.User, set.RemoteUser), Port: set.RemotePort, Connection: first(p.options.Connection, set.Connection),
			},
			KeyFile: first(p.options.PrivateKeyFile, set.PrivateKeyFile),
		},
	})
	if s == nil {
		return nil, err
	}
	return &Report{Hosts: s.Hosts, Changed: s.Changed, Interrupted: s.Interrupted}, err
}

// prompt asks the person who is there for what a play asks; nil: nobody is.
func (p *Project) prompt() func(context.Context, engine.Prompt) (string, error) {
	if p.options.Prompt == nil {
		return nil
	}
	return func(ctx context.Context, q engine.Prompt) (string, error) {
		answer, err := p.options.Prompt(ctx, q)
		if q.Hidden {
			p.secrets.Add(answer)
		}
		return answer, err
	}
}

// encrypt makes a password's hash with the filter that does it.
func (p *Project) encrypt(ctx context.Context, answer string, q play.Prompt) (string, error) {
	t, err := p.env.CompileExpr("answer | password_hash(scheme, salt if salt else none, salt_size=size if size else none)", q.Pos)
	if err != nil {
		return "", err
	}
	v, err := t.Eval(ctx, jinja.MapScope{"answer": answer, "scheme": q.Encrypt, "salt": q.Salt, "size": int64(q.SaltSize)})
	return jinja.Str(v), err
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
