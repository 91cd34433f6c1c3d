package pfrun

import (
	"context"
	"errors"
	"slices"

	"github.com/pfrun/pfrun/internal/helper"
	"github.com/pfrun/pfrun/internal/helper/binary"
	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/ontarget"
)

// HelperInfo is the helper that this pfrun carries and puts on hosts.
type HelperInfo struct {
	Kernel, Arch string // the hosts that it runs on, as uname -s and -m call them
	Hash         string // SHA-256 of the program
}

// Helper gives the helper that this pfrun carries; ok is false where it was built without one.
func Helper() (i HelperInfo, ok bool) {
	b, ok := binary.Load()
	return HelperInfo{b.Kernel, b.Arch, b.Hash}, ok
}

// onTarget says whether a module plans on the managed host where a helper is there.
func onTarget(module string) bool {
	return slices.ContainsFunc(ontarget.Specs(), func(s modules.Spec) bool { return s.Name == module })
}

// verboseHelper is the verbosity from which on it is told why a host has no helper.
const verboseHelper = 3

// helper starts the helper on the host of a login. It gives nil and no error where all has to be done without it, which is slower and makes no other difference. This machine
// needs none.
func (l *login) helper(ctx context.Context, conn host.Conn, o target.Options) (host.Host, error) {
	b, there := binary.Load()
	if l.c.o.NoHelper || l.c.o.Getenv("PFRUN_HELPER") == "off" || !there || l.method == "local" {
		return nil, nil
	}
	h, err := helper.Connect(ctx, conn, o, b)
	switch {
	case err == nil:
		return h, nil
	case !errors.Is(err, helper.ErrNoHelper):
		return nil, err
	case errors.Is(err, helper.ErrOtherSources), l.c.o.Verbosity >= verboseHelper:
		l.c.warnOnce(err.Error())
	}
	return nil, nil
}
