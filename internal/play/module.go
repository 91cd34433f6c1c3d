package play

import "github.com/pfrun/pfrun/modules"

// Module finds a module by the name that a playbook gives it.
func (l *Loader) Module(name string) (*modules.Module, bool) { return l.o.Registry.Lookup(name) }
