package lab

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/exec"
	"github.com/testcontainers/testcontainers-go/network"
)

// Fleet is a control node and the hosts that it manages, on a network of their own:
// the names h1, h2 … are the same in every fleet, so that what is run in one can be
// run in another unchanged. The control node logs in as root, or as admin, who may
// use sudo, with its own ~/.ssh, where the hosts' keys are known.
type Fleet struct {
	Control *Node
	Hosts   []*Node
}

// Nodes are all the machines of the fleet, the control node first.
func (f *Fleet) Nodes() []*Node { return append([]*Node{f.Control}, f.Hosts...) }

// Node is a machine of a fleet.
type Node struct {
	Name string
	c    testcontainers.Container
}

// StartFleet brings up hosts and a control node, with ansible-core or without it.
// They are removed when the test ends.
func StartFleet(t testing.TB, hosts int, ansible bool) *Fleet {
	t.Helper()
	requireEngine(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	net, err := network.New(ctx, network.WithLabels(map[string]string{labelOwner: owner(), labelTest: t.Name()}))
	if err != nil {
		t.Fatalf("a network for the fleet: %v", err)
	}
	// Cleanups run last to first: the containers are gone by then.
	t.Cleanup(func() {
		if err := net.Remove(context.Background()); err != nil {
			t.Errorf("removing the fleet's network: %v", err)
		}
	})
	f := &Fleet{}
	image := "host"
	if ansible {
		image = "control"
	}
	f.Control = &Node{Name: "control"}
	for i := range hosts {
		f.Hosts = append(f.Hosts, &Node{Name: fmt.Sprintf("h%d", i+1)})
	}
	image = requireImage(t, "pfrun/lab-parity:"+image)
	hostImage := requireImage(t, "pfrun/lab-parity:host")
	var wg sync.WaitGroup
	for _, n := range f.Nodes() {
		wg.Go(func() {
			if n == f.Control {
				n.start(ctx, t, net, image)
			} else {
				n.start(ctx, t, net, hostImage)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	f.login(t)
	return f
}

// start does not end the test where it fails: others start at the same time.
func (n *Node) start(ctx context.Context, t testing.TB, net *testcontainers.DockerNetwork, image string) {
	t.Helper()
	c, err := testcontainers.Run(ctx, image,
		testcontainers.WithLogger(log.New(io.Discard, "", 0)), // a dozen machines have more to say than the tests
		testcontainers.WithLabels(map[string]string{labelOwner: owner(), labelTest: t.Name()}),
		testcontainers.WithEnv(map[string]string{"LAB_AUTHORIZED_KEY": publicKey(t)}),
		testcontainers.WithConfigModifier(func(c *container.Config) { c.Hostname = n.Name }),
		network.WithNetwork([]string{n.Name}, net))
	if c != nil {
		t.Cleanup(func() { terminate(t, n.Name, c) })
	}
	if err != nil {
		t.Errorf("starting %s: %v", n.Name, err)
	}
	n.c = c
}

// login gives the control node a key that the hosts know, and their keys.
func (f *Fleet) login(t testing.TB) {
	t.Helper()
	key, err := os.ReadFile(writeKey(t))
	if err != nil {
		t.Fatal(err)
	}
	f.Control.WriteFile(t, "/root/.ssh/id_ed25519", key, 0o600)
	var known strings.Builder
	for _, h := range f.Hosts {
		line := h.Run(t, "sh", "-c", "until [ -s /run/sshd.pid ]; do sleep 0.05; done; cat /etc/ssh/ssh_host_ed25519_key.pub")
		fields := strings.Fields(line)
		fmt.Fprintf(&known, "%s %s %s\n", h.Name, fields[0], fields[1])
	}
	f.Control.WriteFile(t, "/root/.ssh/known_hosts", []byte(known.String()), 0o600)
}

// Exec runs a command on the machine as root, through the engine, and returns what
// it wrote (standard output and standard error as they came) and its exit status.
func (n *Node) Exec(t testing.TB, argv ...string) (output string, exit int) {
	t.Helper()
	exit, r, err := n.c.Exec(t.Context(), argv, exec.Multiplexed())
	if err != nil {
		t.Fatalf("%s: %s: %v", n.Name, strings.Join(argv, " "), err)
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, r); err != nil {
		t.Fatalf("%s: %s: %v", n.Name, strings.Join(argv, " "), err)
	}
	return b.String(), exit
}

// Run is Exec for a command that must exit 0.
func (n *Node) Run(t testing.TB, argv ...string) string {
	t.Helper()
	out, exit := n.Exec(t, argv...)
	if exit != 0 {
		t.Fatalf("%s: %s: exit %d\n%s", n.Name, strings.Join(argv, " "), exit, out)
	}
	return out
}

// WriteFile writes a file on the machine, owned by root.
func (n *Node) WriteFile(t testing.TB, path string, content []byte, mode int64) {
	t.Helper()
	if err := n.c.CopyToContainer(t.Context(), content, path, mode); err != nil {
		t.Fatalf("%s: writing %s: %v", n.Name, path, err)
	}
}

// WriteFolder copies a folder with all that is in it to the machine, as dest, with the modes that it has here.
func (n *Node) WriteFolder(t testing.TB, folder, dest string) {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := errors.Join(w.AddFS(os.DirFS(folder)), w.Close()); err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	archive := strings.ReplaceAll(strings.Trim(dest, "/"), "/", "-") + ".tar"
	n.WriteFile(t, "/var/tmp/"+archive, b.Bytes(), 0o600)
	n.Run(t, "sh", "-ec", `mkdir -p "$1"; tar -xf "/var/tmp/$2" -C "$1" --no-same-owner; rm "/var/tmp/$2"`, "sh", dest, archive)
}
