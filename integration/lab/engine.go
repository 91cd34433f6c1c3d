package lab

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// Labels by which a container is known as one of ours.
const (
	labelOwner = "pfrun.lab.owner" // machine/pid/start of the process that it belongs to
	labelTest  = "pfrun.lab.test"
)

// engineHost is where published ports are. Ports are published on IPv4, and
// "localhost" can be ::1.
const engineHost = "127.0.0.1"

// engine connects to the container engine once a process.
var engine = sync.OnceValues(func() (*testcontainers.DockerClient, error) {
	// The cleanup container cannot be pulled everywhere: sweep does its work.
	for k, v := range map[string]string{
		"TESTCONTAINERS_RYUK_DISABLED": "true",
		"TESTCONTAINERS_HOST_OVERRIDE": engineHost,
	} {
		if err := os.Setenv(k, v); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.Ping(ctx, client.PingOptions{}); err != nil {
		return nil, err
	}
	return c, sweep(ctx, c)
})

// required says whether a missing engine or image is a failure.
func required() bool { return os.Getenv("PFRUN_INTEGRATION") == "require" }

// missing ends the test, as skipped or as failed.
func missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if required() {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

func requireEngine(t testing.TB) {
	t.Helper()
	if _, err := engine(); err != nil {
		missing(t, "no container engine: %v", err)
	}
}

// requireImage returns the name of a mail host's image, which must be there.
func requireImage(t testing.TB, name string) string {
	t.Helper()
	c, err := engine()
	if err == nil {
		_, err = c.ImageInspect(t.Context(), name)
	}
	if err != nil {
		missing(t, "no image %s (make images): %v", name, err)
	}
	return name
}

// owner names this process so that another one can tell whether it still lives: a
// process number alone is used again.
func owner() string {
	host, _ := os.Hostname()
	pid := os.Getpid()
	return fmt.Sprintf("%s/%d/%s", host, pid, startTime(pid))
}

// alive says whether the owner of a container still runs. One on another machine
// counts as alive.
func alive(owner string) bool {
	p := strings.Split(owner, "/")
	host, _ := os.Hostname()
	if len(p) != 3 || p[0] != host {
		return true
	}
	pid, err := strconv.Atoi(p[1])
	return err != nil || startTime(pid) == p[2]
}

// startTime is the start of a process in clock ticks since boot, or "".
func startTime(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The command, field 2, is in parentheses and may hold anything.
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	return f[19]
}

// sweep removes the containers of runs that were killed before they could.
func sweep(ctx context.Context, c *testcontainers.DockerClient) error {
	list, err := c.ContainerList(ctx, client.ContainerListOptions{
		All:     true,
		Filters: make(client.Filters).Add("label", labelOwner),
	})
	if err != nil {
		return err
	}
	for _, found := range list.Items {
		if alive(found.Labels[labelOwner]) {
			continue
		}
		opts := client.ContainerRemoveOptions{Force: true, RemoveVolumes: true}
		if _, err := c.ContainerRemove(ctx, found.ID, opts); err != nil && !gone(err) {
			return err
		}
	}
	return sweepNetworks(ctx, c)
}

// sweepNetworks removes the networks of fleets whose process has ended.
func sweepNetworks(ctx context.Context, c *testcontainers.DockerClient) error {
	list, err := c.NetworkList(ctx, client.NetworkListOptions{
		Filters: make(client.Filters).Add("label", labelOwner),
	})
	if err != nil {
		return err
	}
	for _, found := range list.Items {
		if alive(found.Labels[labelOwner]) {
			continue
		}
		if _, err := c.NetworkRemove(ctx, found.ID, client.NetworkRemoveOptions{}); err != nil && !strings.Contains(err.Error(), "not found") {
			return err
		}
	}
	return nil
}

// gone says whether an error means that the container is away, or on its way.
func gone(err error) bool {
	s := err.Error()
	return strings.Contains(s, "No such container") || strings.Contains(s, "already in progress")
}
