// Command pfrun-helper runs pfrun's modules on a managed host. pfrun puts it there, starts it and speaks with it; it is of no use by itself.
package main

import (
	"fmt"
	"os"

	"github.com/pfrun/pfrun/internal/helper"
	"github.com/pfrun/pfrun/modules/ontarget"
)

func main() {
	if err := helper.Main(os.Stdin, os.Stdout, ontarget.Specs()); err != nil {
		fmt.Fprintln(os.Stderr, "pfrun-helper:", err)
		os.Exit(1)
	}
}
