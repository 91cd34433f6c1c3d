// Package ontarget lists the modules that plan on the managed host where the helper runs there: those that look at files, services and programs. It is what the helper links.
package ontarget

import (
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/command"
	"github.com/pfrun/pfrun/modules/lineinfile"
	"github.com/pfrun/pfrun/modules/postconf"
	"github.com/pfrun/pfrun/modules/service"
	"github.com/pfrun/pfrun/modules/setup"
	"github.com/pfrun/pfrun/modules/ss"
)

// Specs gives the modules, in alphabetical order.
func Specs() []modules.Spec {
	return []modules.Spec{
		command.Spec(),
		lineinfile.Spec(),
		postconf.Spec(),
		service.Spec(),
		setup.Spec(),
		ss.Spec(),
	}
}
