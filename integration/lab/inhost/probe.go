package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"
)

// patience is how long one connection may wait for its greeting. It is longer than
// any outage that a test allows, and shorter than a test.
const patience = 20 * time.Second

// seen is what a probe prints; the lab decodes it as Banners.
type seen struct {
	Tries, Refused, Banners int
	Longest                 time.Duration
}

// probe tries at every interval until ctx ends. A try that waits for its greeting
// when ctx ends is given up: its wait counts.
func probe(ctx context.Context, addr string, every time.Duration, try func(context.Context, string) error) seen {
	var s seen
	last := time.Now()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		s.Tries++
		err := try(ctx, addr)
		now := time.Now()
		switch {
		case err == nil:
			s.Longest = max(s.Longest, now.Sub(last))
			last = now
			s.Banners++
		case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.ENETUNREACH):
			s.Refused++
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	s.Longest = max(s.Longest, time.Since(last))
	return s
}

// knock connects and hangs up.
func knock(ctx context.Context, addr string) error {
	c, err := dial(ctx, addr)
	if err != nil {
		return err
	}
	return c.Close()
}

// greet connects, waits for "220", and leaves.
func greet(ctx context.Context, addr string) error {
	line, err := greeting(ctx, addr)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "220") {
		return fmt.Errorf("%s says %q", addr, line)
	}
	return nil
}

func dial(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: patience}
	return d.DialContext(ctx, "tcp", addr)
}

// greeting returns the first line that a server says.
func greeting(ctx context.Context, addr string) (string, error) {
	c, err := dial(ctx, addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err == nil {
		// Manners: a server need not log a lost connection. What it answers is not read.
		_, _ = c.Write([]byte("QUIT\r\n"))
	}
	return line, err
}

// waitBanners returns when each address has said something.
func waitBanners(addrs []string, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	for _, addr := range addrs {
		for {
			_, err := greeting(ctx, addr)
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return fmt.Errorf("nothing from %s in %s: %w", addr, wait, err)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return nil
}
