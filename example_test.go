package pfrun_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pfrun/pfrun"
	"github.com/pfrun/pfrun/internal/transport/local"
	"github.com/pfrun/pfrun/modules/host"
)

// A program that embeds pfrun can bring its own way to reach hosts: into containers, over a bus, or, as here, to this machine under whatever name.
func ExampleConnect() {
	dir, err := os.MkdirTemp("", "pfrun-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	playbook := filepath.Join(dir, "site.yml")
	text := "- hosts: all\n  gather_facts: false\n  tasks:\n    - command: \"true\"\n"
	if err := os.WriteFile(playbook, []byte(text), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	project, err := pfrun.Load(pfrun.Options{
		Playbooks: []string{playbook},
		Inventory: []string{"mail1,"},
		ExtraVars: []string{"ansible_connection=container", "ansible_user=root"},
		Connect: func(_ context.Context, info pfrun.ConnectionInfo) (host.Conn, error) {
			fmt.Printf("connecting to %s as %s by %s\n", info.Name, info.User, info.Connection)
			return local.Conn{}, nil // your own host.Conn
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := project.Run(context.Background())
	fmt.Println(report.Hosts[0].Host, "changed:", report.Changed, err)
	// Output:
	// connecting to mail1 as root by container
	// mail1 changed: true <nil>
}
