package change

// RefKind is a kind of thing on a host that is looked at through its state.
type RefKind string

// The kinds of references.
const (
	PathRef    RefKind = "path"
	ServiceRef RefKind = "service"
	UserRef    RefKind = "user"  // by name, or by number where no name is meant
	GroupRef   RefKind = "group" // likewise
)

// Ref names a thing on a host: a path, a service, a user, a group. The name "*" stands for all of the kind.
type Ref struct {
	Kind RefKind
	Name string
}

// Path makes the reference of a path.
func Path(p string) Ref { return Ref{PathRef, p} }

// Covers reports whether r names o, or is the wildcard of its kind.
func (r Ref) Covers(o Ref) bool { return r.Kind == o.Kind && (r.Name == o.Name || r.Name == "*") }

// State is what is known about a thing that a Ref names.
type State interface{ state() }

// Manager is what runs the services of a host.
type Manager string

// The managers that pfrun knows.
const (
	NoManager Manager = ""         // nothing was found that knows the service
	Systemd   Manager = "systemd"  // systemctl
	SysVinit  Manager = "sysvinit" // init scripts, with or without an init that runs them at boot
	OpenRC    Manager = "openrc"   // rc-service, rc-update
	Postfix   Manager = "postfix"  // postfix(1) itself, where no init runs
)

// Runlevels is the entry of a Status that holds the runlevels in which OpenRC starts a service, sorted, with blanks between them; DefaultRunlevel is the one that counts for
// Enabled.
const (
	Runlevels       = "Runlevels"
	DefaultRunlevel = "default"
)

// ServiceState is the state of a system service.
type ServiceState struct {
	Manager Manager `json:"manager"`
	Unit    string  `json:"unit,omitempty"` // the name that the manager has for it
	Exists  bool    `json:"exists"`
	Running bool    `json:"running"`
	Enabled bool    `json:"enabled"`
	// Status is what the manager tells about the service (systemctl show): Ansible's `status` result.
	Status map[string]string `json:"status,omitempty"`
}

func (ServiceState) state() {}
