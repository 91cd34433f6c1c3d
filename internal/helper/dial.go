package helper

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The helper connects by system calls, and has names resolved by the machine's own getent: package net would do both, and be a fifteenth of the program.

// dialLimit bounds an attempt to connect where the context does not.
const dialLimit = 10 * time.Second

// dialHere connects from this machine: network is tcp or unix. Of several addresses of a name the first that answers is taken.
func dialHere(ctx context.Context, network, address string) (io.ReadWriteCloser, error) {
	targets, err := socketAddresses(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("dial %s %s: %w", network, address, err)
	}
	var failed error
	for _, to := range targets {
		s, err := dialSocket(ctx, to)
		if err == nil {
			return s, nil
		}
		failed = cmp.Or(failed, err)
	}
	return nil, fmt.Errorf("dial %s %s: %w", network, address, failed)
}

// socketAddresses gives what an address may stand for.
func socketAddresses(ctx context.Context, network, address string) ([]syscall.Sockaddr, error) {
	switch network {
	case "unix":
		return []syscall.Sockaddr{&syscall.SockaddrUnix{Name: address}}, nil
	case "tcp":
	default:
		return nil, errors.New("only tcp and unix can be dialled")
	}
	colon := strings.LastIndexByte(address, ':')
	port, err := strconv.ParseUint(address[colon+1:], 10, 16)
	if colon < 0 || err != nil {
		return nil, errors.New("an address is HOST:PORT, with a number for the port")
	}
	addresses, err := resolve(ctx, strings.Trim(address[:colon], "[]"))
	if err != nil {
		return nil, err
	}
	var all []syscall.Sockaddr
	for _, a := range addresses {
		if a = a.Unmap(); a.Is4() {
			all = append(all, &syscall.SockaddrInet4{Port: int(port), Addr: a.As4()})
		} else {
			all = append(all, &syscall.SockaddrInet6{Port: int(port), Addr: a.As16(), ZoneId: zone(a)})
		}
	}
	return all, nil
}

// zone gives the number of the interface that an address names.
func zone(a netip.Addr) uint32 {
	if n, err := strconv.ParseUint(a.Zone(), 10, 32); err == nil {
		return uint32(n)
	}
	index, err := os.ReadFile("/sys/class/net/" + strings.ReplaceAll(a.Zone(), "/", "") + "/ifindex")
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseUint(strings.TrimSpace(string(index)), 10, 32)
	return uint32(n)
}

// resolve gives the addresses of a name, as the machine resolves it.
func resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{a}, nil
	}
	if name == "" {
		name = "localhost"
	}
	out, err := exec.CommandContext(ctx, "getent", "ahosts", "--", name).Output()
	var all []netip.Addr
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if len(words) < 2 || words[1] != "STREAM" {
			continue
		}
		if a, err := netip.ParseAddr(words[0]); err == nil {
			all = append(all, a)
		}
	}
	switch {
	case len(all) > 0:
		return all, nil
	case name == "localhost":
		return []netip.Addr{netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
	case err != nil:
		return nil, fmt.Errorf("there is no such name as %q (getent: %w)", name, err)
	}
	return nil, fmt.Errorf("there is no such name as %q", name)
}

// dialSocket connects to one address. A context that ends does not wait for it.
func dialSocket(ctx context.Context, to syscall.Sockaddr) (io.ReadWriteCloser, error) {
	limit := dialLimit
	if at, ok := ctx.Deadline(); ok {
		limit = max(time.Until(at), time.Millisecond)
	}
	type result struct {
		s   *socket
		err error
	}
	done := make(chan result, 1)
	go func() {
		s, err := connectSocket(to, limit)
		done <- result{s, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, r.err
		}
		return r.s, nil
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				r.s.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}

func connectSocket(to syscall.Sockaddr, limit time.Duration) (_ *socket, err error) {
	family := syscall.AF_INET6
	switch to.(type) {
	case *syscall.SockaddrUnix:
		family = syscall.AF_UNIX
	case *syscall.SockaddrInet4:
		family = syscall.AF_INET
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer func() {
		if err != nil {
			syscall.Close(fd)
		}
	}()
	wait := syscall.NsecToTimeval(int64(limit))
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &wait); err != nil { // which connect heeds too
		return nil, os.NewSyscallError("setsockopt", err)
	}
	switch err := syscall.Connect(fd, to); {
	case errors.Is(err, syscall.EINPROGRESS), errors.Is(err, syscall.EAGAIN) && family != syscall.AF_UNIX:
		return nil, fmt.Errorf("connect: no answer within %v: %w", limit, context.DeadlineExceeded)
	case err != nil:
		return nil, os.NewSyscallError("connect", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return &socket{os.NewFile(uintptr(fd), "socket")}, nil
}

// socket is a connection.
type socket struct{ *os.File }

// CloseWrite says that no more is sent.
func (s *socket) CloseWrite() error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	var shut error
	err = raw.Control(func(fd uintptr) { shut = syscall.Shutdown(int(fd), syscall.SHUT_WR) })
	return cmp.Or(err, shut)
}
