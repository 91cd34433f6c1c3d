package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
)

// refusal is what Gmail says to a message that comes over IPv6 from a host whose
// address has no matching name or whose mail is not authenticated. %s is the
// address of the client.
const refusal = "550-5.7.1 [%s] Our system has detected that this\r\n" +
	"550-5.7.1 message does not meet IPv6 sending guidelines regarding PTR records\r\n" +
	"550-5.7.1 and authentication. For more information, go to\r\n" +
	"550 5.7.1 https://support.google.com/mail/?p=IPv6AuthError lab - gsmtp\r\n"

// message is what the receiver saw of one message; the lab decodes it as Message.
type message struct {
	Family   string // ipv4 or ipv6
	Accepted bool
	From     string
	To       []string
	Data     string
}

// receiver takes mail over IPv4 and refuses it over IPv6, after DATA.
type receiver struct {
	mu    sync.Mutex
	spool *json.Encoder
}

// receive listens on each address until ctx ends. The spool file appears when all
// of them are open, and gets a line of JSON for each message.
func receive(ctx context.Context, spool string, addrs []string) error {
	var listeners []net.Listener
	for _, addr := range addrs {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		defer l.Close()
		listeners = append(listeners, l)
	}
	f, err := os.OpenFile(spool, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	r := &receiver{spool: json.NewEncoder(f)}
	for _, l := range listeners {
		go r.serve(l)
	}
	<-ctx.Done()
	return nil
}

func (r *receiver) serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go r.session(c)
	}
}

// session speaks as much SMTP as Postfix needs to hand over a message.
func (r *receiver) session(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	fmt.Fprint(c, "220 mx.lab.test ESMTP gsmtp\r\n")
	m := message{Family: family(c.RemoteAddr())}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			fmt.Fprint(c, "250-mx.lab.test\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n")
		case "MAIL":
			m = message{Family: m.Family, From: address(arg)}
			fmt.Fprint(c, "250 2.1.0 OK\r\n")
		case "RCPT":
			m.To = append(m.To, address(arg))
			fmt.Fprint(c, "250 2.1.5 OK\r\n")
		case "DATA":
			fmt.Fprint(c, "354 Go ahead\r\n")
			if m.Data, err = data(in); err != nil {
				return
			}
			r.answer(c, m)
		case "QUIT":
			fmt.Fprint(c, "221 2.0.0 closing connection\r\n")
			return
		default: // HELO, RSET, NOOP
			fmt.Fprint(c, "250 2.0.0 OK\r\n")
		}
	}
}

// answer keeps the message and says what becomes of it.
func (r *receiver) answer(c net.Conn, m message) {
	m.Accepted = m.Family == "ipv4"
	r.mu.Lock()
	err := r.spool.Encode(m)
	r.mu.Unlock()
	switch {
	case err != nil:
		fmt.Fprintf(c, "451 4.3.0 %v\r\n", err)
	case m.Accepted:
		fmt.Fprint(c, "250 2.0.0 OK lab - gsmtp\r\n")
	default:
		host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
		fmt.Fprintf(c, refusal, host)
	}
}

// data reads a message up to the line with the dot.
func data(in *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if strings.TrimRight(line, "\r\n") == "." {
			return b.String(), nil
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
}

// address is what stands in <> after MAIL FROM: or RCPT TO:.
func address(arg string) string {
	_, rest, _ := strings.Cut(arg, "<")
	addr, _, _ := strings.Cut(rest, ">")
	return addr
}

func family(a net.Addr) string {
	if t, ok := a.(*net.TCPAddr); ok && t.IP.To4() == nil {
		return "ipv6"
	}
	return "ipv4"
}
