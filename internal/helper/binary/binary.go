// Package binary is the helper program as pfrun carries it: what `make helper` has put into dist when pfrun was built. A pfrun that was built without it works all the same, over
// programs and files of the host alone.
package binary

import (
	"embed"
	"strings"
	"sync"

	"github.com/pfrun/pfrun/internal/helper"
	"github.com/pfrun/pfrun/modules/ontarget"
)

//go:embed dist
var dist embed.FS

var form = sync.OnceValue(func() string { return helper.Form(ontarget.Specs()) })

// Load gives the helper that this pfrun carries; ok is false where it carries none.
func Load() (b helper.Binary, ok bool) { return load(dist.ReadFile) }

func load(read func(name string) ([]byte, error)) (helper.Binary, bool) {
	const name = "dist/pfrun-helper-linux-amd64"
	gz, err := read(name + ".gz")
	if err != nil {
		return helper.Binary{}, false
	}
	sum, err := read(name + ".sha256")
	if err != nil {
		return helper.Binary{}, false
	}
	hash, _, _ := strings.Cut(string(sum), " ") // as sha256sum prints it
	return helper.Binary{Kernel: "Linux", Arch: "x86_64", Hash: strings.TrimSpace(hash), Form: form(), Gzip: gz}, true
}
