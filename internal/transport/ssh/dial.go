package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"github.com/pfrun/pfrun/modules/host"
)

// dial makes one connection, through another one where via is not nil.
func dial(ctx context.Context, cfg Config, via *Conn) (*Conn, error) {
	d := &dialing{cfg: cfg, address: hostAddress(cfg.Address, cfg.Port), via: via}
	client, raw, err := d.dial(ctx)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, fmt.Errorf("%s (%s): %w", cfg.Name, d.address, cause)
		}
		return nil, err
	}
	c := newConn(cfg, client, raw, via)
	c.arrival = d.arrival
	return c, nil
}

// dialing is one connection in the making.
type dialing struct {
	cfg     Config
	address string
	via     *Conn      // the jump host; nil: none
	proxy   *proxyConn // the ProxyCommand; nil: none
	arrival Arrival    // set when it is made
}

func (d *dialing) fail(step string, err error, hint string) error {
	return &Error{Host: d.cfg.Name, Address: d.address, Step: step, Err: err, Hint: firstOf(hintOf(err), hint)}
}

func (d *dialing) dial(ctx context.Context) (*gossh.Client, *rawConn, error) {
	keyCheck, err := newHostKeyCheck(d.cfg)
	if err != nil {
		return nil, nil, d.fail(StepHostKey, err, "")
	}
	deadline := time.Now().Add(d.cfg.ConnectTimeout)
	conn, err := d.open(ctx, deadline)
	if err != nil {
		return nil, nil, err
	}
	raw := &rawConn{Conn: conn}
	raw.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	client, err := d.handshake(ctx, raw, keyCheck)
	if !stop() && err == nil { // ctx ended at the last moment and closed the connection
		client.Close()
		return nil, nil, context.Cause(ctx)
	}
	if err != nil {
		raw.Close()
		return nil, nil, err
	}
	raw.SetDeadline(time.Time{})
	return client, raw, nil
}

// open opens the connection that SSH is spoken over.
func (d *dialing) open(ctx context.Context, deadline time.Time) (net.Conn, error) {
	switch {
	case d.cfg.ProxyCommand != "":
		p, err := startProxy(d.cfg.ProxyCommand)
		if err != nil {
			return nil, d.fail(StepConnect, fmt.Errorf("the ProxyCommand cannot be started: %w", err), "")
		}
		d.proxy = p
		return p, nil
	case d.via != nil:
		return d.jump(ctx, deadline)
	}
	return d.connect(ctx, deadline)
}

// jump opens the connection from the jump host.
func (d *dialing) jump(ctx context.Context, deadline time.Time) (net.Conn, error) {
	late, cancel := context.WithDeadlineCause(ctx, deadline, errJumpSilent)
	defer cancel()
	conn, err := d.via.Dial(late, "tcp", d.address)
	if err == nil {
		return conn, nil
	}
	jump := d.via.cfg.Name
	switch {
	case errors.Is(err, errJumpSilent):
		return nil, d.fail(StepConnect, fmt.Errorf("the jump host %s got no answer from there within %s", jump, d.cfg.ConnectTimeout), "check that the host is up and reachable from the jump host; -T gives more time")
	case errors.Is(err, host.ErrNoForwarding):
		return nil, d.fail(StepJump, err, "the sshd of the jump host must allow it (AllowTcpForwarding, PermitOpen), or a ProxyCommand such as ssh "+jump+" nc %h %p can go around")
	}
	return nil, d.fail(StepConnect, fmt.Errorf("from the jump host: %w", err), "check the address and ansible_port, and that sshd runs there")
}

var errJumpSilent = errors.New("no answer in time")

// connect opens the TCP connection, over whichever address family answers first.
func (d *dialing) connect(ctx context.Context, deadline time.Time) (net.Conn, error) {
	var mu sync.Mutex
	var tried []string
	local, err := bindAddress(d.cfg.BindAddress)
	if err != nil {
		return nil, d.fail(StepConnect, err, "")
	}
	dialer := net.Dialer{
		Deadline:  deadline,
		LocalAddr: local,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			mu.Lock()
			defer mu.Unlock()
			tried = append(tried, address)
			return nil
		},
	}
	conn, err := dialer.DialContext(ctx, d.cfg.Network, d.address)
	if err == nil {
		return conn, nil
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return nil, d.fail(StepResolve, reasonOfLookup(dns), "check the name, or give an address with ansible_host")
	}
	mu.Lock()
	defer mu.Unlock()
	if len(tried) > 1 || len(tried) == 1 && tried[0] != d.address {
		err = fmt.Errorf("%w (tried %s)", reasonOfDial(err), strings.Join(tried, ", "))
	} else {
		err = reasonOfDial(err)
	}
	return nil, d.fail(StepConnect, err, d.connectHint(err))
}

// bindAddress gives the address to connect from; nil: any.
func bindAddress(address string) (net.Addr, error) {
	if address == "" {
		return nil, nil
	}
	ip := net.ParseIP(address)
	if ip == nil {
		return nil, fmt.Errorf("BindAddress %s: expected an IP address", address)
	}
	return &net.TCPAddr{IP: ip}, nil
}

func (d *dialing) connectHint(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("nothing listens on port %d there: check that sshd runs, and ansible_port", d.cfg.Port)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no route to it: check the address and the network"
	case isTimeout(err):
		return fmt.Sprintf("no answer within %s: check that the host is up and no firewall is in between; -T gives more time", d.cfg.ConnectTimeout)
	}
	return ""
}

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}

func reasonOfLookup(err *net.DNSError) error {
	if err.IsNotFound {
		return fmt.Errorf("there is no such name as %q: %w", err.Name, err)
	}
	return err
}

// reasonOfDial gives the cause without the address, which the message names already.
func reasonOfDial(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

func (d *dialing) handshake(ctx context.Context, raw *rawConn, keyCheck *hostKeyCheck) (*gossh.Client, error) {
	ring := newKeyring(ctx, d.cfg)
	defer ring.close()
	defer context.AfterFunc(ctx, ring.close)()
	auth := newAuthentication(ctx, d.cfg, ring)
	auth.proceed = func() error {
		raw.SetDeadline(time.Now().Add(d.cfg.ConnectTimeout))
		return raw.failure()
	}
	auth.pause = func() func() {
		raw.SetDeadline(time.Time{})
		return func() { raw.SetDeadline(time.Now().Add(d.cfg.ConnectTimeout)) }
	}
	conn, chans, reqs, err := gossh.NewClientConn(raw, d.address, d.clientConfig(ctx, raw, keyCheck, auth))
	if err != nil {
		return nil, d.explain(err, raw, keyCheck, auth)
	}
	d.arrive(conn, keyCheck, auth)
	return gossh.NewClient(conn, chans, reqs), nil
}

func (d *dialing) clientConfig(ctx context.Context, raw *rawConn, keyCheck *hostKeyCheck, auth *authentication) *gossh.ClientConfig {
	return &gossh.ClientConfig{
		Config:            gossh.Config{KeyExchanges: d.cfg.KexAlgorithms, Ciphers: d.cfg.Ciphers, MACs: d.cfg.MACs},
		User:              d.cfg.User,
		ClientVersion:     "SSH-2.0-pfrun",
		HostKeyAlgorithms: keyCheck.algorithms(),
		AuthCallback:      auth.next,
		HostKeyCallback: func(_ string, remote net.Addr, key gossh.PublicKey) error {
			if keyCheck.accepted == nil {
				raw.SetDeadline(time.Time{}) // a person may be asked
				defer func() { raw.SetDeadline(time.Now().Add(d.cfg.ConnectTimeout)) }()
			}
			return keyCheck.check(ctx, remote, key)
		},
	}
}

// explain tells the steps of a failed handshake apart.
func (d *dialing) explain(err error, raw *rawConn, keyCheck *hostKeyCheck, auth *authentication) error {
	switch {
	case keyCheck.failure != nil:
		return d.fail(StepHostKey, keyCheck.failure, "")
	case keyCheck.accepted == nil:
		return d.explainKex(err)
	case raw.failure() != nil && isTimeout(raw.failure()):
		return d.fail(StepAuthentication, fmt.Errorf("the host did not answer the login as %q within %s", d.cfg.User, d.cfg.ConnectTimeout), "look at the host's load and its log of sshd")
	}
	return d.fail(StepAuthentication, auth.explain(d.cfg, unwrapHandshake(err)), "")
}

func (d *dialing) explainKex(err error) error {
	_, negotiated := errors.AsType[*gossh.AlgorithmNegotiationError](err)
	if d.proxy != nil && !negotiated {
		return d.explainProxy(err)
	}
	if isTimeout(err) {
		return d.fail(StepConnect, fmt.Errorf("the port accepts connections, but nothing speaks SSH there within %s", d.cfg.ConnectTimeout),
			"check ansible_port and that sshd is alive; -T gives more time")
	}
	if n, ok := errors.AsType[*gossh.AlgorithmNegotiationError](err); ok {
		step := StepConnect
		if slices.Contains(n.SupportedAlgorithms, gossh.KeyAlgoED25519) || strings.Contains(n.What, "host key") {
			step = StepHostKey
		}
		return d.fail(step, unwrapHandshake(err), "the host offers only old algorithms; they can be allowed with -o HostKeyAlgorithms=+…, KexAlgorithms=+…, Ciphers=+… or MACs=+…")
	}
	return d.fail(StepConnect, fmt.Errorf("this is no working SSH server: %w", unwrapHandshake(err)), "check ansible_port; sshd may also be dropping connections (MaxStartups), or be going down")
}

// explainProxy says what became of a ProxyCommand before the key exchange was through.
func (d *dialing) explainProxy(err error) error {
	hint := "try the ProxyCommand by hand: " + d.cfg.ProxyCommand
	if isTimeout(err) {
		return d.fail(StepConnect, d.proxy.said(fmt.Errorf("nothing speaks SSH through the ProxyCommand within %s", d.cfg.ConnectTimeout)), hint+"; -T gives more time")
	}
	return d.fail(StepConnect, d.proxy.explain(unwrapHandshake(err)), hint)
}

// unwrapHandshake takes off the prefix that x/crypto/ssh puts around each failure.
func unwrapHandshake(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// rawConn is the TCP connection, watched: how much came, and what ended it.
type rawConn struct {
	net.Conn
	received atomic.Int64 // bytes
	ended    atomic.Pointer[error]
}

func (r *rawConn) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	r.received.Add(int64(n))
	if err != nil {
		r.ended.CompareAndSwap(nil, &err)
	}
	return n, err
}

// failure gives what ended the reading, or nil.
func (r *rawConn) failure() error {
	if p := r.ended.Load(); p != nil {
		return *p
	}
	return nil
}

// why says why a connection ended where that is not its own matter: its jump host is gone, or its ProxyCommand has something to say.
func (r *rawConn) why(via *Conn) error {
	if via != nil {
		select {
		case <-via.gone:
			return via.lost()
		case <-time.After(100 * time.Millisecond): // its end may be noticed a moment later
		}
	}
	if p, ok := r.Conn.(*proxyConn); ok {
		return p.explain(errors.New("closed by the host"))
	}
	return nil
}
