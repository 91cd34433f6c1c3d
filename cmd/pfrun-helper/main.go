// Command pfrun-helper runs pfrun's modules on a managed host. pfrun puts it there, starts it and speaks with it; it is of no use by itself.
package main

import (
	"fmt"
	"os"

	"github.com/pfrun/pfrun/internal/helper"
	"github.com/pfrun/pfrun/modules/ontarget"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "pfrun-helper: it is started by pfrun, with its own SHA-256")
		os.Exit(1)
	}
	if err := helper.Main(os.Stdin, os.Stdout, os.Args[1], ontarget.Specs()); err != nil {
		fmt.Fprintln(os.Stderr, "pfrun-helper:", err)
		os.Exit(1)
	}
}
