// Package lab brings up real mail hosts for tests: containers of Debian with
// sshd, sudo and a dual-stack Postfix, with systemd as pid 1 or without an init.
//
//	h := lab.Start(t, lab.Options{Debian: 12, Init: true})
//	hosts := lab.Inventory(t, "root", h)       // an inventory file, group "mail"
//	watch := h.WatchBanner(t, lab.V4, 100*time.Millisecond)
//	… run pfrun against it …
//	fmt.Println(watch.Stop(t).Longest, h.Run(t, "postconf", "-h", "inet_protocols"))
//
// A host lives as long as its test. Its ssh port is published on 127.0.0.1; keys
// and passwords are made for each test process, host keys for each container.
// What looks at a host "from outside" (Exec, Run, ReadFile) goes through the
// engine and not through ssh.
//
// Without a container engine, or without the images (make images), Start skips
// the test; with PFRUN_INTEGRATION=require in the environment it fails it.
// Only tests import this package.
package lab

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

// V4 and V6 are the addresses on which a host's Postfix listens for its own.
const (
	V4 = "127.0.0.1:25"
	V6 = "[::1]:25"
)

// Options say which mail host to start.
type Options struct {
	Debian int    // release: 11 (Postfix 3.5), 12 (3.7) or 13 (3.10)
	Init   bool   // systemd is pid 1; else sshd and Postfix run without an init
	Other  string // "sysvinit" or "openrc" of Debian 13 is pid 1
	Name   string // inventory name; by default "debian12" or "debian12-noinit"
}

// Host is a running mail host.
type Host struct {
	Options
	Password string // of the users admin and oper, for login and for oper's sudo
	KeyFile  string // private key that logs in as root, admin and oper; mode 0600

	c       testcontainers.Container
	port    int
	hostKey []string // "ssh-ed25519 AAAA…", a line each
}

// Start brings up a host and waits until sshd and Postfix answer, Postfix on both
// families. The host is removed when the test ends.
func Start(t testing.TB, o Options) *Host {
	t.Helper()
	requireEngine(t)
	if o.Name == "" {
		o.Name = "debian" + strconv.Itoa(o.Debian)
		switch {
		case o.Other != "":
			o.Name += "-" + o.Other
		case !o.Init:
			o.Name += "-noinit"
		}
	}
	h := &Host{Options: o, Password: loginPassword(t), KeyFile: writeKey(t)}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()

	var err error
	h.c, err = testcontainers.Run(ctx, requireImage(t, image(o)), h.request(t)...)
	if h.c != nil {
		t.Cleanup(func() { h.remove(t) })
	}
	if err != nil {
		t.Fatalf("starting %s: %v", o.Name, err)
	}
	h.wait(ctx, t)
	return h
}

// image names the image of a host.
func image(o Options) string {
	name := fmt.Sprintf("pfrun/lab-mail:%d", o.Debian)
	if o.Other != "" {
		name += "-" + o.Other
	}
	return name
}

// request is the container: what systemd needs where systemd runs, and for both
// variants the loopback's ::1 and the right to see whose a socket is.
func (h *Host) request(t testing.TB) []testcontainers.ContainerCustomizer {
	cmd := []string{"/usr/local/sbin/lab-start"}
	switch {
	case h.Other != "":
		cmd = []string{"/usr/local/sbin/lab-init"}
	case h.Init:
		cmd = append(cmd, "systemd")
	}
	return []testcontainers.ContainerCustomizer{
		testcontainers.WithCmd(cmd...),
		testcontainers.WithExposedPorts("22/tcp"),
		testcontainers.WithLogger(log.TestLogger(t)),
		testcontainers.WithLabels(map[string]string{labelOwner: owner(), labelTest: t.Name()}),
		testcontainers.WithEnv(map[string]string{
			"LAB_AUTHORIZED_KEY": publicKey(t),
			"LAB_PASSWORD":       h.Password,
		}),
		testcontainers.WithConfigModifier(func(c *container.Config) { c.Hostname = "mail" }),
		testcontainers.WithHostConfigModifier(func(c *container.HostConfig) {
			c.CapAdd = []string{"SYS_PTRACE"}
			c.Sysctls = map[string]string{"net.ipv6.conf.all.disable_ipv6": "0"}
			if h.Init {
				c.CapAdd = append(c.CapAdd, "SYS_ADMIN")
				c.SecurityOpt = []string{"seccomp=unconfined", "apparmor=unconfined"}
				c.CgroupnsMode = container.CgroupnsModePrivate
				c.Tmpfs = map[string]string{"/run": "", "/run/lock": ""}
			}
		}),
	}
}

// wait returns when the host is ready to be managed.
func (h *Host) wait(ctx context.Context, t testing.TB) {
	t.Helper()
	if err := h.c.CopyToContainer(ctx, inhost(t), inhostPath, 0o755); err != nil {
		t.Fatalf("%s: copying the probe: %v", h.Name, err)
	}
	if h.Init {
		// "degraded" exits 1, and is no reason to give up: what counts is asked below.
		h.Exec(t, "systemctl", "is-system-running", "--wait")
	}
	if out, exit := h.Exec(t, inhostPath, "banner", "-wait=60s", "127.0.0.1:22", V4, V6); exit != 0 {
		t.Fatalf("%s did not come up: %s\n%s", h.Name, out, h.state(t))
	}
	port, err := h.c.MappedPort(ctx, "22/tcp")
	if err != nil {
		t.Fatalf("%s: %v", h.Name, err)
	}
	h.port = int(port.Num())
	if err := sshBanner(h.addr()); err != nil {
		t.Fatalf("%s: sshd answers inside but not on its published port: %v", h.Name, err)
	}
	for line := range strings.Lines(h.Run(t, "sh", "-c", "cat /etc/ssh/ssh_host_*_key.pub")) {
		f := strings.Fields(line)
		h.hostKey = append(h.hostKey, f[0]+" "+f[1])
	}
}

// state is what to print about a host that did not come up.
func (h *Host) state(t testing.TB) string {
	out, _ := h.Exec(t, "sh", "-c", "ss -tlnp; ps ax; tail -n 20 /var/log/mail.log; systemctl --failed --no-pager")
	return out
}

// Address returns where the host's sshd is reached from the test.
func (h *Host) Address() (ip string, port int) { return engineHost, h.port }

func (h *Host) addr() string { return net.JoinHostPort(engineHost, strconv.Itoa(h.port)) }

// Remove takes the host away at once, as a machine that loses its power: for tests
// of what happens when one is gone. The end of the test does it in any case.
func (h *Host) Remove(t testing.TB) {
	t.Helper()
	h.remove(t)
}

// remove ignores the test's context, which has ended when cleanups run.
func (h *Host) remove(t testing.TB) {
	t.Helper()
	terminate(t, h.Name, h.c)
}

func terminate(t testing.TB, name string, c testcontainers.Container) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// No time to stop in order: nothing of it is kept.
	if err := c.Terminate(ctx, testcontainers.StopTimeout(0)); err != nil && !gone(err) {
		t.Errorf("removing %s: %v", name, err)
	}
}

// sshBanner reads what an ssh server says first. Where the engine publishes a port
// with a proxy, a connection can be taken and dropped before sshd is reached.
func sshBanner(addr string) error {
	var err error
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var line string
		if line, err = firstLine(addr); err == nil && strings.HasPrefix(line, "SSH-") {
			return nil
		}
	}
	return fmt.Errorf("no ssh banner from %s: %w", addr, err)
}

func firstLine(addr string) (string, error) {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return "", err
	}
	return bufio.NewReader(c).ReadString('\n')
}
