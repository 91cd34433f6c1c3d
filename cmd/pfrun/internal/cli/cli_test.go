package cli_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pfrun/pfrun/cmd/pfrun/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		// pfrun as it is, but for its exit code on standard error: scripts hold it.
		"pfrun": func() {
			code := cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
			fmt.Fprintf(os.Stderr, "exit code %d\n", code)
			os.Exit(code)
		},
		// The same program under its other names.
		"ansible-playbook":  other,
		"ansible":           other,
		"ansible-inventory": other,
		"ansible-vault":     other,
	})
}

func other() {
	code := cli.Program(os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	fmt.Fprintf(os.Stderr, "exit code %d\n", code)
	os.Exit(code)
}

// TestScripts runs the command line as users do, each script in an empty folder.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireUniqueNames: true})
}
