// Command pfrun runs playbooks over SSH and knows Postfix.
package main

import (
	"os"

	"github.com/pfrun/pfrun/cmd/pfrun/internal/cli"
)

func main() {
	os.Exit(cli.Program(os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
