// Package all lists every module of pfrun: those of package ontarget, and those that plan on the control node because they look at nothing on the host.
package all

import (
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/assert"
	"github.com/pfrun/pfrun/modules/debug"
	"github.com/pfrun/pfrun/modules/fail"
	"github.com/pfrun/pfrun/modules/ontarget"
	"github.com/pfrun/pfrun/modules/setfact"
)

// Specs gives the modules. A registry of them is modules.NewRegistry(all.Specs()...).
func Specs() []modules.Spec {
	return append(ontarget.Specs(),
		assert.Spec(),
		debug.Spec(),
		fail.Spec(),
		setfact.Spec(),
	)
}
