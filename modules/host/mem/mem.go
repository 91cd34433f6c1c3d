// Package mem is a managed host in memory: files with mode and owner, links, services, and programs that answer as they were told. It keeps every promise of host.Host,
// and is what modules, the engine and renderers are tested on.
//
//	h := mem.New(
//		mem.File("/etc/postfix/main.cf", "inet_protocols = all\n"),
//		mem.Service("postfix", change.ServiceState{Manager: change.Systemd, Exists: true, Running: true}),
//		mem.Answer(host.Output{Stdout: "ipv4\n"}, "postconf", "-h", "inet_protocols"),
//	)
//
// A program that nobody gave an answer for is one that the host does not have (status 127). Time is a counter: each change is a second later than the one before.
package mem

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// Host is a host in memory. It is safe for concurrent use.
type Host struct {
	mu         sync.Mutex
	nodes      map[string]*node
	states     map[change.Ref]change.State
	facts      host.Facts
	answers    []answer // later ones win
	dial       func(ctx context.Context, network, address string) (net.Conn, error)
	clock      time.Time
	failAt     int
	failWith   error
	applied    []change.Change
	unanswered []string
}

type node struct {
	kind    host.Kind
	content change.Content
	meta    change.Meta
	target  string
	mtime   time.Time
}

type answer struct {
	pattern host.Probe
	give    func(*Host, change.Exec) (change.Outcome, error)
}

// Option puts something onto a host that is being made.
type Option func(*Host)

// New makes a host, a Debian 12 with systemd seen as root unless Facts says otherwise. Folders above a path come into being with it.
func New(options ...Option) *Host {
	h := &Host{
		nodes:  map[string]*node{"/": {kind: host.Dir, meta: change.Meta{Mode: 0o755, Owner: "root", Group: "root"}}},
		states: map[change.Ref]change.State{},
		clock:  time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC),
		facts: host.Facts{
			User: "root", Home: "/root", Kernel: "Linux", Arch: "x86_64", Node: "mem", ServiceManager: change.Systemd, Umask: 0o022,
			OSRelease: map[string]string{"ID": "debian", "VERSION_ID": "12"},
		},
	}
	for _, o := range options {
		o(h)
	}
	return h
}

// Root is the meta of a path that belongs to root.
func Root(mode uint32) change.Meta { return change.Meta{Mode: mode, Owner: "root", Group: "root"} }

// File puts a file of root with mode 0644.
func File(name, content string) Option { return FileAs(name, content, Root(0o644)) }

// FileAs puts a file with mode and owner.
func FileAs(name, content string, meta change.Meta) Option {
	return put(name, node{kind: host.Regular, content: change.Bytes([]byte(content)), meta: meta})
}

// Dir puts a folder with mode and owner.
func Dir(name string, meta change.Meta) Option { return put(name, node{kind: host.Dir, meta: meta}) }

// Link puts a symbolic link, with its target as it is written in it.
func Link(name, target string) Option { return LinkAs(name, target, Root(0o777)) }

// LinkAs puts a symbolic link with an owner.
func LinkAs(name, target string, meta change.Meta) Option {
	return put(name, node{kind: host.Link, target: target, meta: meta})
}

// Special puts what is neither file, folder nor link, such as a socket.
func Special(name string) Option { return put(name, node{kind: host.Other, meta: Root(0o600)}) }

func put(name string, n node) Option {
	return func(h *Host) {
		n.mtime = h.clock
		name = path.Clean("/" + name)
		for dir := path.Dir(name); h.nodes[dir] == nil; dir = path.Dir(dir) {
			h.nodes[dir] = &node{kind: host.Dir, meta: Root(0o755), mtime: h.clock}
		}
		h.nodes[name] = &n
	}
}

// State puts the state of a thing.
func State(ref change.Ref, s change.State) Option { return func(h *Host) { h.states[ref] = s } }

// Service puts the state of a service.
func Service(name string, s change.ServiceState) Option {
	return State(change.Ref{Kind: change.ServiceRef, Name: name}, s)
}

// Facts replaces the facts.
func Facts(f host.Facts) Option { return func(h *Host) { h.facts = f } }

// Answer says what a program gives, as a probe and as an Exec. The words of argv are a pattern as in host.Probe: "*" for any one word, "..." at the end for the rest.
func Answer(out host.Output, argv ...string) Option {
	return AnswerFunc(func(*Host, change.Exec) (change.Outcome, error) {
		return change.Outcome{Known: true, Status: out.Status, Stdout: []byte(out.Stdout), Stderr: []byte(out.Stderr)}, nil
	}, argv...)
}

// AnswerFunc computes what a program gives; it may look at the host and, as a program with effects does, use Put and Delete. A probe's scratch files are not laid: they are
// seen by nobody.
func AnswerFunc(give func(*Host, change.Exec) (change.Outcome, error), argv ...string) Option {
	return func(h *Host) { h.answers = append(h.answers, answer{host.Probe{Argv: argv}, give}) }
}

// Dialer says who answers connections from the host. Without it every connection is refused.
func Dialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(h *Host) { h.dial = dial }
}

// Put changes the host behind everybody's back, as another admin would.
func (h *Host) Put(options ...Option) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tick()
	for _, o := range options {
		o(h)
	}
}

// Delete removes a path and what is below it behind everybody's back.
func (h *Host) Delete(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for p := range h.nodes {
		if p == name || strings.HasPrefix(p, name+"/") {
			delete(h.nodes, p)
		}
	}
}

// FailAt makes the k-th change from now on fail with err, counted from 1, and changes nothing in that step. 0 ends it.
func (h *Host) FailAt(k int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failAt, h.failWith = k, err
}

// Applied gives the changes that were made, in their order.
func (h *Host) Applied() []change.Change {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.applied)
}

// Unanswered gives the programs that were asked and that nobody gave an answer for, as one line each.
func (h *Host) Unanswered() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.unanswered)
}

// Close does nothing: the host can be used on.
func (h *Host) Close() error { return nil }

// Facts tells what kind of host this is.
func (h *Host) Facts(ctx context.Context) (*host.Facts, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	f := h.facts
	return &f, nil
}

// Dial connects through the Dialer.
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if h.dial == nil {
		return nil, fmt.Errorf("dial %s %s: connection refused", network, address)
	}
	return h.dial(ctx, network, address)
}

// State gives the state of a thing; a service that nobody put does not exist. Users and groups are those of the files of a host, and those that getent answers with.
func (h *Host) State(ctx context.Context, ref change.Ref) (change.State, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	h.mu.Lock()
	s, ok := h.states[ref]
	h.mu.Unlock()
	switch {
	case ok:
		return s, nil
	case ref.Kind == change.ServiceRef:
		return change.ServiceState{}, nil
	case ref.Kind == change.UserRef || ref.Kind == change.GroupRef:
		return host.AccountState(ctx, h, ref, func(argv ...string) (string, error) {
			out, err := h.run(change.Exec{Argv: argv, Effectless: true})
			return string(out.Stdout), err
		})
	}
	return nil, fmt.Errorf("state of %s %s: %w", ref.Kind, ref.Name, fs.ErrNotExist)
}

// Probe asks the program that the host was given.
func (h *Host) Probe(ctx context.Context, p host.Probe) (host.Output, error) {
	if err := ctx.Err(); err != nil {
		return host.Output{}, context.Cause(ctx)
	}
	out, err := h.run(change.Exec{Argv: p.Argv, Stdin: p.Stdin, Effectless: true, Reads: p.Reads})
	return host.Output{Status: out.Status, Stdout: string(out.Stdout), Stderr: string(out.Stderr)}, err
}

// run asks the last answer that matches.
func (h *Host) run(c change.Exec) (change.Outcome, error) {
	h.mu.Lock()
	var give func(*Host, change.Exec) (change.Outcome, error)
	for _, a := range h.answers {
		if (host.Probe{Argv: c.Argv}).Matches(a.pattern) {
			give = a.give
		}
	}
	if give == nil {
		h.unanswered = append(h.unanswered, strings.Join(c.Argv, " "))
	}
	h.mu.Unlock()
	if give == nil {
		return change.Outcome{Known: true, Status: host.NotFound, Stderr: []byte(c.Argv[0] + ": not found\n")}, nil
	}
	return give(h, c)
}

func (h *Host) tick() { h.clock = h.clock.Add(time.Second) }
