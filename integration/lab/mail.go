package lab

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// MailLog is the file that Postfix logs to, with systemd and without.
const MailLog = "/var/log/mail.log"

// Message is what a Receiver saw of one message.
type Message struct {
	Family   string // "ipv4" or "ipv6": how it came
	Accepted bool   // false: answered with Gmail's 550-5.7.1 about IPv6
	From     string
	To       []string
	Data     string
}

// Receiver is a mail server that takes mail over IPv4, and refuses it over IPv6 as
// Gmail refuses that of a host which does not meet its guidelines for IPv6.
type Receiver struct {
	p     *Probe
	spool string
}

// StartReceiver starts a receiver inside of the host, on both families, and has the
// host's Postfix send it all mail for others, over IPv6 where it has the choice.
func (h *Host) StartReceiver(t testing.TB) *Receiver {
	t.Helper()
	r := &Receiver{spool: "/var/tmp/spool"}
	r.p = h.probe(t, "receive", "-spool="+r.spool, "127.0.0.1:2525", "[::1]:2525")
	h.waitFor(t, 10*time.Second, "the receiver to listen", func() bool {
		_, exit := h.Exec(t, "test", "-e", r.spool)
		return exit == 0
	})
	// Postfix resolves names in its chroot, with files copied there at its start.
	h.Sh(t, `printf '127.0.0.1 mx.lab.test\n::1 mx.lab.test\n' >>/etc/hosts
		cat /etc/hosts >/var/spool/postfix/etc/hosts`)
	h.Run(t, "postconf", "-e", "relayhost=[mx.lab.test]:2525", "smtp_host_lookup=native", "smtp_address_preference=ipv6")
	h.Run(t, "postfix", "reload")
	return r
}

// Received returns the messages so far, in the order in which they came.
func (r *Receiver) Received(t testing.TB) []Message {
	t.Helper()
	var list []Message
	d := json.NewDecoder(strings.NewReader(r.p.h.ReadFile(t, r.spool)))
	for d.More() {
		var m Message
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

// Send hands a message to the host's sendmail, from root, and returns what the mail
// log says of it when Postfix has done with it: the line of this recipient with
// status=sent, bounced or deferred.
func (h *Host) Send(t testing.TB, to, subject string) string {
	t.Helper()
	before := strings.Count(h.ReadFile(t, MailLog), "\n")
	h.Run(t, "sh", "-c", `printf 'Subject: %s\n\n%s\n' "$2" "$2" | sendmail -f root@mail.lab.test -- "$1"`, "sh", to, subject)
	var line string
	h.waitFor(t, 30*time.Second, "the delivery to "+to, func() bool {
		n := 0
		for l := range strings.Lines(h.ReadFile(t, MailLog)) {
			if n++; n > before && strings.Contains(l, "to=<"+to+">") && strings.Contains(l, "status=") {
				line = strings.TrimSpace(l)
				return true
			}
		}
		return false
	})
	return line
}

// waitFor asks until it is so.
func (h *Host) waitFor(t testing.TB, wait time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(wait); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: waited %s for %s\n%s", h.Name, wait, what, h.state(t))
		}
	}
}
