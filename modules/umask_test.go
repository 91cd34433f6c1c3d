package modules_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/mem"
)

// TestUmask has new files and folders get what the umask of the user's programs leaves.
func TestUmask(t *testing.T) {
	for mask, want := range map[uint32][2]uint32{0o022: {0o644, 0o755}, 0o077: {0o600, 0o700}, 0o002: {0o664, 0o775}, 0: {0o666, 0o777}} {
		h := mem.New(mem.Facts(host.Facts{User: "root", Home: "/root", Umask: mask}))
		file, err := modules.NewFileMeta(t.Context(), h)
		if err != nil || file.Mode != want[0] {
			t.Errorf("umask %03o: a file gets %03o (%v), want %03o", mask, file.Mode, err, want[0])
		}
		dir, err := modules.NewPathMeta(t.Context(), h, host.Stat{}, true)
		if err != nil || dir.Mode != want[1] {
			t.Errorf("umask %03o: a folder gets %03o (%v), want %03o", mask, dir.Mode, err, want[1])
		}
	}
}
