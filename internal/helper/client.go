package helper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pfrun/pfrun/internal/wire"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Host is a managed host with a helper on it. It implements host.Host and modules.Planner; all its methods may be called concurrently.
type Host struct {
	name    string
	out     *frameWriter
	streams *streams
	close   func() error // ends the helper
	gone    chan struct{}

	facts lazy[*host.Facts]

	mu      sync.Mutex
	last    uint32 // number of the last request
	pending map[uint32]*call
	dead    error
	offers  map[string]*offer // large contents that the helper may ask for, by hash

	planMu sync.Mutex // held while what an overlay lacks is sent with the request that needs it
	plans  map[any]*sentPlan
	tasks  map[modules.Task]uint32 // that have further rounds
}

var (
	_ host.Host       = (*Host)(nil)
	_ modules.Planner = (*Host)(nil)
)

// call is a request under way.
type call struct {
	part func(body []byte) // may be nil; must not wait
	done chan message
}

// offer is a content that the helper may ask for.
type offer struct {
	content change.Content
	users   int
}

var errClosed = errors.New("the host is closed")

// session is what a Host is made of: a helper that has said hello.
type session struct {
	name string
	in   io.Reader
	out  io.Writer
	end  func() error
}

// Speak makes a Host of a helper that is there already and has said its hello: what it says comes from in, and what it is told goes to out. end ends it, and may be called more than
// once. Tests speak with a Server in their own process.
func Speak(name string, in io.Reader, out io.Writer, end func() error) (*Host, error) {
	return newHost(session{name: name, in: in, out: out, end: end}, begin{Name: name})
}

// newHost begins to speak.
func newHost(s session, b begin) (*Host, error) {
	out := &frameWriter{w: s.out}
	h := &Host{
		name: s.name, out: out, streams: newStreams(out), close: s.end, gone: make(chan struct{}), pending: map[uint32]*call{}, offers: map[string]*offer{},
		plans: map[any]*sentPlan{}, tasks: map[modules.Task]uint32{},
	}
	body, err := requestBody(opBegin, 0, wire.Encoder{}, b)
	if err != nil {
		return nil, err
	}
	if err := out.send(message{request, 0, body}); err != nil {
		return nil, err
	}
	go h.listen(newFrameReader(s.in))
	return h, nil
}

// listen hands on what comes, until the connection ends.
func (h *Host) listen(in *frameReader) {
	defer close(h.gone)
	for {
		m, err := in.next()
		if err != nil {
			h.fail(err)
			return
		}
		switch m.kind {
		case data, credit, end:
			h.streams.take(m)
		case want:
			go h.bring(m)
		case part, answer:
			h.hear(m)
		}
	}
}

func (h *Host) hear(m message) {
	h.mu.Lock()
	c := h.pending[m.id]
	if m.kind == answer {
		delete(h.pending, m.id)
	}
	h.mu.Unlock()
	switch {
	case c == nil: // given up
	case m.kind == answer:
		c.done <- m
	case c.part != nil:
		c.part(m.body)
	}
}

// fail ends everything that is under way, and all that is to come.
func (h *Host) fail(err error) {
	h.mu.Lock()
	if h.dead == nil {
		h.dead = h.lost(err)
	}
	dead, all := h.dead, h.pending
	h.pending = map[uint32]*call{}
	h.mu.Unlock()
	for _, c := range all {
		close(c.done)
	}
	h.streams.fail(dead)
	h.close() // what it says is known by now
}

// lost makes the error of a helper that is gone.
func (h *Host) lost(err error) error {
	if errors.Is(err, host.ErrUnreachable) {
		return err
	}
	return fmt.Errorf("%s: %w: the helper on the host has ended: %w", h.name, host.ErrUnreachable, err)
}

// Close ends the helper. Calls under way fail.
func (h *Host) Close() error {
	h.mu.Lock()
	if h.dead == nil {
		h.dead = fmt.Errorf("%s: %w", h.name, errClosed)
	}
	h.mu.Unlock()
	return h.close()
}

// patience is how long an answer is waited for after a request was given up whose step is finished or undone first.
const patience = 30 * time.Second

// start sends a request. before, where there is one, is called with its number first.
func (h *Host) start(c *call, body []byte, before func(id uint32) error) (uint32, error) {
	h.mu.Lock()
	if h.dead != nil {
		defer h.mu.Unlock()
		return 0, h.dead
	}
	h.last++
	id := h.last
	h.pending[id] = c
	h.mu.Unlock()
	err := error(nil)
	if before != nil {
		err = before(id)
	}
	if err == nil {
		err = h.out.send(message{request, id, body})
	}
	if err == nil {
		return id, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pending, id)
	if h.dead != nil {
		return 0, h.dead
	}
	return 0, h.lost(err)
}

// result is what an answer says.
func (h *Host) result(m message, there bool, into any) error {
	if !there {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.dead
	}
	if len(m.body) == 0 {
		return h.lost(errFrame)
	}
	if m.body[0] == answerFault {
		var f fault
		if err := wire.Unmarshal(m.body[1:], &f); err != nil {
			return h.lost(err)
		}
		return f.err()
	}
	if into == nil {
		return nil
	}
	if err := wire.Unmarshal(m.body[1:], into); err != nil {
		return h.lost(err)
	}
	return nil
}

// ask sends a request and gives its answer. It is given up when ctx ends: a look at once, a step (careful) once it was finished or undone.
func (h *Host) ask(ctx context.Context, o op, args, into any, c *call, careful bool) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("%s: %w", h.name, err)
	}
	var offered []change.Content
	body, err := requestBody(o, timeout(ctx), h.encoder(&offered), args)
	if err != nil {
		return fmt.Errorf("%s: %w", h.name, err)
	}
	h.offer(offered)
	defer h.withdraw(offered)
	id, err := h.start(c, body, nil)
	if err != nil {
		return err
	}
	select {
	case m, there := <-c.done:
		return h.answered(ctx, m, there, into)
	case <-ctx.Done():
	}
	h.out.send(message{giveUp, id, []byte{giveUpAll}})
	if careful {
		select {
		case m, there := <-c.done:
			return h.answered(ctx, m, there, into)
		case <-time.After(patience):
		}
	}
	h.forget(id)
	return fmt.Errorf("%s: %w", h.name, context.Cause(ctx))
}

// answered gives what an answer says; that a request was given up is told with the reason that only this side knows.
func (h *Host) answered(ctx context.Context, m message, there bool, into any) error {
	err := h.result(m, there, into)
	if cause := context.Cause(ctx); err != nil && cause != nil && there && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

func (h *Host) forget(id uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pending, id)
}

func newCall(part func([]byte)) *call { return &call{part, make(chan message, 1)} }

// timeout gives how long ctx still has; 0 where it has no end.
func timeout(ctx context.Context) time.Duration {
	at, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return max(time.Until(at), 1)
}

// encoder writes what goes to the helper. What is too large to go along is added to offered.
func (h *Host) encoder(offered *[]change.Content) wire.Encoder {
	return wire.Encoder{Inline: inline, NoBefore: true, Offer: func(c change.Content) { *offered = append(*offered, c) }}
}

// offer lets the helper ask for contents.
func (h *Host) offer(contents []change.Content) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range contents {
		if h.offers[c.SHA256] == nil {
			h.offers[c.SHA256] = &offer{content: c}
		}
		h.offers[c.SHA256].users++
	}
}

func (h *Host) withdraw(contents []change.Content) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range contents {
		if o := h.offers[c.SHA256]; o != nil {
			if o.users--; o.users == 0 {
				delete(h.offers, c.SHA256)
			}
		}
	}
}

// bring sends a content that the helper asks for.
func (h *Host) bring(m message) {
	s := h.streams.add(m.id)
	h.mu.Lock()
	o := h.offers[string(m.body)]
	h.mu.Unlock()
	if o == nil {
		s.closeFor(change.ErrNotHeld)
		return
	}
	s.closeFor(modules.Guard("the content", func() error {
		r, err := o.content.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = io.Copy(s, r)
		return err
	}))
}

// lazy is a value that is looked up once; a failure is not kept.
type lazy[T any] struct {
	mu    sync.Mutex
	value T
	there bool
}

func (l *lazy[T]) get(look func() (T, error)) (T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.there {
		return l.value, nil
	}
	v, err := look()
	if err == nil {
		l.value, l.there = v, true
	}
	return v, err
}
