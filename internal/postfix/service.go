package postfix

import (
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

// ServiceTypes are the types of services that master.cf knows.
var ServiceTypes = []string{"inet", "unix", "unix-dgram", "fifo", "pass"}

// ownName is a reference to what only a running process has a value for, or an escaped dollar sign before one.
var ownName = pyre.Must(`\$\$|\$(?:(service_name|process_name)\b|\{(service_name|process_name)\}|\((service_name|process_name)\))`, 0)

// For gives main.cf as a process of a service reads it: with the -o settings of the service in it, and the names of service and program for $service_name and $process_name.
// m stays as it is.
func (m *Main) For(s Service) *Main {
	out, _ := ParseMain(m.String()) // what is wrong was told when m was read
	for _, p := range s.Overrides {
		_, _ = out.Set(p.Name, p.Value) // a name that cannot be set is none of Postfix's
	}
	text := ownName.Replace(out.String(), func(m []string) string {
		switch ref := m[0]; {
		case ref == "$$":
			return ref
		case strings.Contains(ref, "service_name"):
			return s.Name
		}
		return s.Command
	})
	out, _ = ParseMain(text)
	return out
}

// NeedsOf tells what a change of an -o setting of a service needs, and why.
func NeedsOf(id string) (need Need, reason string) {
	return NeedReload, "the master starts " + id + " with its old arguments until a reload, and processes that run keep theirs"
}
