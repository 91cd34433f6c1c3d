package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Images of the two machines; integration/images/conformance.sh builds them.
const (
	controlImage = "pfrun/conformance-control"
	managedImage = "pfrun/conformance-managed"
)

// at is the folder of the control node that holds everything of the run.
const at = "/conformance"

// output is a folder that both machines share: targets write on the one and read on the other, for where ansible-core's own tests run they are one machine.
const output = "/output"

// machines are a control node and, for one target at a time, a managed host, on a network that leads nowhere else.
type machines struct {
	name    string // of the network, and the beginning of the containers' names
	key     string // the public key that may log in
	hostKey string // the private key of the managed host
}

// docker runs the engine's client and returns what it printed.
func docker(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "docker", args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("docker %s: %w: %s", args[0], err, strings.TrimSpace(errOut.String()))
	}
	return out.String(), nil
}

// start brings up the control node with the checkout and the programs in it.
func start(ctx context.Context, checkout, pfrun string) (*machines, error) {
	m := &machines{name: "pfrun-conformance-" + strconv.Itoa(os.Getpid())}
	if _, err := docker(ctx, "network", "create", "--internal", "--label", "pfrun.conformance=1", m.name); err != nil {
		return nil, err
	}
	// What Python reads all the time lies in volumes: an engine whose file system is slow would make a minute of a second.
	if _, err := docker(ctx, "run", "-d", "--name", m.control(), "--hostname", "control", "--network", m.name, "--label", "pfrun.conformance=1",
		"-v", "/usr", "-v", at, "-v", m.name+"-output:"+output, controlImage); err != nil {
		return m, err
	}
	if err := m.lay(ctx, checkout, pfrun); err != nil {
		return m, err
	}
	return m, m.keys(ctx)
}

func (m *machines) control() string { return m.name + "-control" }
func (m *machines) managed() string { return m.name + "-managed" }

// lay puts the checkout and the programs onto the control node.
func (m *machines) lay(ctx context.Context, checkout, pfrun string) error {
	tmp, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	record := filepath.Join(tmp, "record")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", record, "github.com/pfrun/pfrun/integration/conformance/record")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if msg, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building record: %w\n%s", err, msg)
	}
	script := "mkdir -p " + at + "/bin " + at + "/pfrun " + at + "/checkout/test " + at + "/run"
	if _, err := m.sh(ctx, script); err != nil {
		return err
	}
	copies := [][2]string{
		{record, at + "/record"},
		{filepath.Join(checkout, "test/integration"), at + "/checkout/test/integration"},
		{filepath.Join(checkout, "test/support"), at + "/checkout/test/support"},
		{filepath.Join(checkout, "lib"), at + "/checkout/lib"},
		{filepath.Join(checkout, "bin"), at + "/checkout/bin"},
	}
	if pfrun != "" {
		copies = append(copies, [2]string{pfrun, at + "/pfrun/pfrun"})
	}
	for _, c := range copies {
		if _, err := docker(ctx, "cp", "-q", c[0], m.control()+":"+c[1]); err != nil {
			return err
		}
	}
	_, err = m.sh(ctx, `cd `+at+` && chown -R root:root checkout
for program in ansible ansible-playbook ansible-config ansible-console ansible-doc ansible-galaxy ansible-inventory ansible-pull ansible-vault; do
	ln -s ../record bin/$program
done
ln -s pfrun pfrun/ansible-playbook; ln -s pfrun pfrun/ansible
echo ': the packages that targets want are there already' >bin/virtualenv.sh
cat >bash_env <<'END'
`+bashEnv+`END
: >ansible.cfg`)
	return err
}

// bashEnv has the script of a target keep its failed lines, and go on behind an exit that tells of a failure.
const bashEnv = `case $0 in */runme.sh)
	trap 'echo $LINENO $(ls $CONFORMANCE_LOG | grep -c json) >>$CONFORMANCE_LOG/lines' ERR
	exit() {
		[ "${1:-0}" != 0 ] || builtin exit 0
		return "$1"
	}
	;;
esac
`

// keys makes the keys of the run, and what the control node knows the managed host by.
func (m *machines) keys(ctx context.Context) (err error) {
	m.key, err = m.sh(ctx, `cd `+at+` && ssh-keygen -q -t ed25519 -N '' -f key && ssh-keygen -q -t ed25519 -N '' -f host &&
mkdir -p -m 700 /root/.ssh && echo "* $(cut -d' ' -f1,2 host.pub)" >/root/.ssh/known_hosts && cat key.pub`)
	if err == nil {
		m.hostKey, err = m.sh(ctx, "cat "+at+"/host")
	}
	return err
}

// sh runs a line of shell on the control node.
func (m *machines) sh(ctx context.Context, script string) (string, error) {
	return docker(ctx, "exec", m.control(), "bash", "-c", script)
}

// fresh replaces the managed host by one that nothing has been done to, but that /usr, which no target changes, is one for all.
func (m *machines) fresh(ctx context.Context) error {
	if err := m.drop(ctx, m.managed()); err != nil {
		return err
	}
	_, err := docker(ctx, "run", "-d", "--name", m.managed(), "--hostname", "managed", "--network", m.name, "--network-alias", "managed", "--label", "pfrun.conformance=1",
		"--cap-add", "SYS_ADMIN", "--cap-add", "SYS_PTRACE", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
		"--cgroupns=private", "--tmpfs", "/run", "--tmpfs", "/run/lock", "-v", m.name+"-usr:/usr", "-v", m.name+"-output:"+output, "-v", "/root", "-v", "/tmp",
		"-e", "CONFORMANCE_AUTHORIZED_KEY="+m.key, "-e", "CONFORMANCE_HOST_KEY="+m.hostKey, managedImage)
	if err != nil {
		return err
	}
	for range 120 {
		if _, err = m.sh(ctx, "ssh -o BatchMode=yes -o ConnectTimeout=5 -i "+at+"/key root@managed true"); err == nil || ctx.Err() != nil {
			return err
		}
		time.Sleep(250 * time.Millisecond)
	}
	return fmt.Errorf("the managed host does not come up: %w", err)
}

// drop removes a container, if it is there.
func (m *machines) drop(ctx context.Context, name string) error {
	_, err := docker(ctx, "rm", "-f", "-v", name)
	if err != nil && strings.Contains(err.Error(), "No such container") {
		return nil
	}
	return err
}

// stop removes all that start and fresh have made.
func (m *machines) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	for _, name := range []string{m.managed(), m.control()} {
		if err := m.drop(ctx, name); err != nil {
			fmt.Fprintln(os.Stderr, "conformance:", err)
		}
	}
	for _, what := range [][]string{{"network", "rm", m.name}, {"volume", "rm", "-f", m.name + "-usr", m.name + "-output"}} {
		if _, err := docker(ctx, what...); err != nil {
			fmt.Fprintln(os.Stderr, "conformance:", err)
		}
	}
}
