package pfrun

import (
	"context"

	"github.com/pfrun/pfrun/modules/host"
)

// ConnectionInfo says which host an embedder's Connect is to reach, and as whom: what inventory, variables and options say, with nothing filled in from ssh's configuration.
type ConnectionInfo struct {
	Name       string // the inventory's name for the host
	Connection string // ansible_connection: ssh where nothing is said
	Address    string // ansible_host; the name where there is none
	Port       int    // ansible_port; 0: not said
	User       string // ansible_user; empty: not said
	Password   string // ansible_password; empty: not said
	KeyFiles   []string
}

// Connect makes a connection to a host: a transport that an embedder brings in place of pfrun's own SSH and local ones. It is called once for all logins that agree in what
// info says but for the name; the connection is closed at the end of the run. Becoming another user, file access and facts are built on it by pfrun. An error should wrap
// host.ErrUnreachable: else the task counts as failed and not the host as unreachable.
type Connect func(ctx context.Context, info ConnectionInfo) (host.Conn, error)

func (l *login) info() ConnectionInfo {
	return ConnectionInfo{
		Name: l.name, Connection: l.method, Address: l.ssh.Address, Port: l.ssh.Port, User: l.ssh.User, Password: l.ssh.Password, KeyFiles: l.ssh.KeyFiles,
	}
}
