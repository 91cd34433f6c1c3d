// Package ontarget lists the modules that plan on the managed host where the helper runs there: those that look at files, services and programs. It is what the helper links.
package ontarget

import (
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/blockinfile"
	"github.com/pfrun/pfrun/modules/command"
	"github.com/pfrun/pfrun/modules/copy"
	"github.com/pfrun/pfrun/modules/file"
	"github.com/pfrun/pfrun/modules/find"
	"github.com/pfrun/pfrun/modules/group"
	"github.com/pfrun/pfrun/modules/lineinfile"
	"github.com/pfrun/pfrun/modules/ping"
	"github.com/pfrun/pfrun/modules/postconf"
	"github.com/pfrun/pfrun/modules/replace"
	"github.com/pfrun/pfrun/modules/service"
	"github.com/pfrun/pfrun/modules/setup"
	"github.com/pfrun/pfrun/modules/slurp"
	"github.com/pfrun/pfrun/modules/ss"
	"github.com/pfrun/pfrun/modules/stat"
	"github.com/pfrun/pfrun/modules/tempfile"
	"github.com/pfrun/pfrun/modules/template"
	"github.com/pfrun/pfrun/modules/user"
)

// Specs gives the modules, in alphabetical order.
func Specs() []modules.Spec {
	return []modules.Spec{
		blockinfile.Spec(),
		command.Spec(),
		copy.Spec(),
		file.Spec(),
		find.Spec(),
		group.Spec(),
		lineinfile.Spec(),
		ping.Spec(),
		postconf.Spec(),
		command.RawSpec(),
		replace.Spec(),
		service.Spec(),
		command.ShellSpec(),
		setup.Spec(),
		slurp.Spec(),
		ss.Spec(),
		stat.Spec(),
		tempfile.Spec(),
		template.Spec(),
		user.Spec(),
	}
}
