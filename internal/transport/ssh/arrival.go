package ssh

import (
	"slices"

	gossh "golang.org/x/crypto/ssh"
)

// Arrival says how a connection came about, for people who look into it.
type Arrival struct {
	Remote   string // the address that answered
	Server   string // how the server calls itself: SSH-2.0-OpenSSH_9.2p1 …
	HostKey  string // type and fingerprint of the host's key
	Recorded string // file:line of known_hosts where it stands; empty: it was recorded now, or a certificate speaks for it
	By       string // what logged in: a key, the password; empty: the host asked for nothing
}

// Arrival says how the connection was made.
func (c *Conn) Arrival() Arrival { return c.arrival }

// arrive keeps what only the making of a connection knows.
func (d *dialing) arrive(conn gossh.Conn, keyCheck *hostKeyCheck, auth *authentication) {
	d.arrival = Arrival{Remote: conn.RemoteAddr().String(), Server: string(conn.ServerVersion())}
	if n := len(auth.tried); n > 0 {
		d.arrival.By = auth.tried[n-1]
	}
	key := keyCheck.accepted
	if cert, ok := key.(*gossh.Certificate); ok {
		d.arrival.HostKey = describeKey(cert.Key) + ", with a certificate"
		return
	}
	d.arrival.HostKey = describeKey(key)
	known, _ := keyCheck.known()
	if i := slices.IndexFunc(known, func(k knownKey) bool { return sameKey(k.key, key) }); i >= 0 {
		d.arrival.Recorded = known[i].place()
	}
}
