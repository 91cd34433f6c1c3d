package ssh

import (
	"io"
	"net"
)

// forward is a forwarded connection with deadlines, which the channels of x/crypto/ssh lack: the data goes through a pipe that has them.
type forward struct {
	net.Conn // the near end of the pipe
	address  forwardAddress
}

type forwardAddress struct{ network, address string }

func (a forwardAddress) Network() string { return a.network }
func (a forwardAddress) String() string  { return a.address }

func newForward(channel net.Conn, network, address string) *forward {
	near, far := net.Pipe()
	go func() {
		io.Copy(channel, far) // ends when the near end is closed
		channel.Close()
	}()
	go func() {
		io.Copy(far, channel) // ends when the other side closes
		far.Close()
	}()
	return &forward{near, forwardAddress{network, address}}
}

// RemoteAddr gives the address as it was asked for.
func (f *forward) RemoteAddr() net.Addr { return f.address }
