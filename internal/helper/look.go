package helper

import (
	"context"
	"fmt"
	"iter"
	"net"

	"github.com/pfrun/pfrun/internal/wire"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Facts tells what kind of host this is; it is asked for once.
func (h *Host) Facts(ctx context.Context) (*host.Facts, error) {
	f, err := h.facts.get(func() (*host.Facts, error) {
		var f host.Facts
		err := h.ask(ctx, opFacts, nothing{}, &f, newCall(nil), false)
		return &f, err
	})
	if err != nil {
		return nil, err
	}
	own := *f
	return &own, nil
}

// Stat describes a path without following a link at its end.
func (h *Host) Stat(ctx context.Context, path string) (host.Stat, error) {
	var st host.Stat
	err := h.ask(ctx, opStat, path, &st, newCall(nil), false)
	return st, err
}

// ReadFile reads a regular file of at most limit bytes, following links.
func (h *Host) ReadFile(ctx context.Context, path string, limit int64) (*change.File, error) {
	var f change.File
	if err := h.ask(ctx, opRead, readArgs{path, limit}, &f, newCall(nil), false); err != nil {
		return nil, err
	}
	return &f, nil
}

// Walk gives everything below a folder. What was found before a failure is given first.
func (h *Host) Walk(ctx context.Context, dir string) iter.Seq2[host.Stat, error] {
	return func(yield func(host.Stat, error) bool) {
		var found []host.Stat
		var broken error
		// All parts are there when the answer is.
		err := h.ask(ctx, opWalk, dir, nil, newCall(func(body []byte) {
			var p statPart
			if err := wire.Unmarshal(body, &p); err != nil {
				broken = h.lost(err)
			}
			found = append(found, p.Stats...)
		}), true)
		if err != nil && ctx.Err() != nil { // parts may still come
			yield(host.Stat{}, err)
			return
		}
		if err == nil {
			err = broken
		}
		for _, st := range found {
			if !yield(st, nil) {
				return
			}
		}
		if err != nil {
			yield(host.Stat{}, err)
		}
	}
}

// State looks at what typed changes alter.
func (h *Host) State(ctx context.Context, ref change.Ref) (change.State, error) {
	var s stateAnswer
	err := h.ask(ctx, opState, ref, &s, newCall(nil), false)
	return s.State, err
}

// Probe runs a program to look with.
func (h *Host) Probe(ctx context.Context, p host.Probe) (host.Output, error) {
	var out host.Output
	err := h.ask(ctx, opProbe, p, &out, newCall(nil), false)
	return out, err
}

// Apply makes one change.
func (h *Host) Apply(ctx context.Context, c change.Change) (change.Outcome, error) {
	var out change.Outcome
	err := h.ask(ctx, opApply, applyArgs{c}, &out, newCall(nil), true)
	if err != nil {
		return change.Outcome{}, err
	}
	return out, nil
}

// Dial connects from the managed host, as the user that the helper runs as. No forwarding by its sshd is needed.
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", h.name, err)
	}
	body, err := requestBody(opDial, timeout(ctx), wire.Encoder{}, dialArgs{network, address})
	if err != nil {
		return nil, err
	}
	c, conn := newCall(nil), (*stream)(nil)
	id, err := h.start(c, body, func(id uint32) error {
		conn = h.streams.add(id) // before anything can come for it
		return nil
	})
	if err != nil {
		return nil, err
	}
	select {
	case m, there := <-c.done:
		err = h.answered(ctx, m, there, nil)
	case <-ctx.Done():
		h.out.send(message{giveUp, id, []byte{giveUpAll}})
		h.forget(id)
		err = fmt.Errorf("%s: %w", h.name, context.Cause(ctx))
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}
