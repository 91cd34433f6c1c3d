package sockets_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pfrun/pfrun/internal/sockets"
)

var compare = cmp.Options{cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmpopts.EquateEmpty()}

// brief renders listeners for tables: family address%interface:port flags process/pid.
func brief(ls []sockets.Listener) string {
	var out []string
	for _, l := range ls {
		s := l.Family + " " + l.Address.String()
		if l.Interface != "" {
			s += "%" + l.Interface
		}
		s += fmt.Sprintf(" %d", l.Port)
		if l.DualStack {
			s += " dual"
		}
		if l.Uncertain {
			s += " uncertain"
		}
		if l.Service != "" {
			s += " " + l.Service
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func TestParseSS(t *testing.T) {
	tests := []struct{ name, output, want string }{
		{"empty", "", ""},
		{"header-only", "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n", ""},
		{"debian12", "LISTEN 0      100          0.0.0.0:25        0.0.0.0:*\nLISTEN 0      100             [::]:25           [::]:*\n", "ipv4 0.0.0.0 25; ipv6 :: 25"},
		{"new-dual-stack", "LISTEN 0 4096 *:80 *:*\nLISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n", "ipv4 0.0.0.0 22; ipv6 :: 80 dual"},
		{"new-dual-stack-alone", "LISTEN 0 100 *:25 *:*\n", "ipv6 :: 25 dual"},
		{"details-say-v6only", "LISTEN 0 100 *:25 *:* ino:1 sk:2 v6only:1 <->\n", "ipv6 :: 25"},
		{"details-say-dual", "LISTEN 0 100 [::]:25 [::]:* v6only:0\n", "ipv6 :: 25 dual"},
		{"star-beside-own-ipv4", "LISTEN 0 100 0.0.0.0:25 0.0.0.0:*\nLISTEN 0 100 *:25 *:*\n", "ipv4 0.0.0.0 25; ipv6 :: 25"},
		{"old", "LISTEN     0      100          *:25                       *:*\nLISTEN     0      100         :::25                      :::*\n", "ipv4 0.0.0.0 25; ipv6 :: 25"},
		{"old-names", "LISTEN 0 100 *:smtp *:*\nLISTEN 0 100 :::smtp :::*\n", "ipv4 0.0.0.0 25 smtp; ipv6 :: 25 smtp"},
		{"old-v6-alone", "LISTEN 0 128 :::80 :::*\nLISTEN 0 100 *:25 *:*\n", "ipv4 0.0.0.0 25; ipv6 :: 80 uncertain"},
		{"old-told-by-loopback", "LISTEN 0 100 127.0.0.1:587 *:*\nLISTEN 0 100 *:25 *:*\n", "ipv4 0.0.0.0 25; ipv4 127.0.0.1 587"},
		{"new-told-by-loopback", "LISTEN 0 100 127.0.0.1:587 0.0.0.0:*\nLISTEN 0 100 *:25 *:*\n", "ipv6 :: 25 dual; ipv4 127.0.0.1 587"},
		{"old-v6-loopback", "LISTEN 0 100 ::1:25 :::*\n", "ipv6 ::1 25"},
		{"old-scope", "LISTEN 0 100 fe80::5054:ff:fe12:3456%eth0:25 :::*\n", "ipv6 fe80::5054:ff:fe12:3456%eth0 25"},
		{"new-scope", "LISTEN 0 100 [fe80::1]%ens3:25 [::]:*\nLISTEN 0 4096 127.0.0.53%lo:53 0.0.0.0:*\n", "ipv6 fe80::1%ens3 25; ipv4 127.0.0.53%lo 53"},
		{"mapped", "LISTEN 0 100 [::ffff:127.0.0.1]:8005 *:*\n", "ipv4 127.0.0.1 8005"},
		{"netid-column", "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\nudp UNCONN 0 0 0.0.0.0:68 0.0.0.0:*\ntcp LISTEN 0 100 0.0.0.0:25 0.0.0.0:* users:((\"master\",pid=9,fd=13))\n", "ipv4 0.0.0.0 25"},
		{"connections-left-out", "ESTAB 0 0 10.0.0.1:22 10.0.0.2:5000 users:((\"sshd\",pid=3,fd=4))\n\t cubic rto:204\nLISTEN 0 100 0.0.0.0:25 0.0.0.0:*\n", "ipv4 0.0.0.0 25"},
		{"unknown-service-name", "LISTEN 0 100 *:frobnicate *:*\nLISTEN 0 100 :::22 :::*\n", "ipv4 0.0.0.0 0 frobnicate; ipv6 :: 22 uncertain"},
		{"crlf", "LISTEN 0 100 0.0.0.0:25 0.0.0.0:*\r\n", "ipv4 0.0.0.0 25"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sockets.ParseSS(tt.output)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, brief(got)); diff != "" {
				t.Errorf("listeners (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseSSUsers(t *testing.T) {
	tests := []struct {
		name, output string
		want         []sockets.User
	}{
		{"new", `LISTEN 0 100 0.0.0.0:25 0.0.0.0:* users:(("master",pid=412,fd=13)) ino:9`, []sockets.User{{Process: "master", PID: 412}}},
		{"old", `LISTEN 0 100 *:25 *:* users:(("master",412,13)) ino:9`, []sockets.User{{Process: "master", PID: 412}}},
		{"several-in-order", `LISTEN 0 100 0.0.0.0:25 0.0.0.0:* users:(("smtpd",pid=500,fd=6),("master",pid=412,fd=13)) ino:9`, []sockets.User{{Process: "master", PID: 412}, {Process: "smtpd", PID: 500}}},
		{"two-descriptors-one-user", `LISTEN 0 100 0.0.0.0:25 0.0.0.0:* users:(("init",pid=1,fd=6),("init",pid=1,fd=7)) ino:9`, []sockets.User{{Process: "init", PID: 1}}},
		{"strange-name", `LISTEN 0 100 0.0.0.0:25 0.0.0.0:* users:(("a (b",c",pid=7,fd=3)) ino:9`, []sockets.User{{Process: `a (b",c`, PID: 7}}},
		{"selinux-context", `LISTEN 0 100 0.0.0.0:25 0.0.0.0:* users:(("master",pid=412,proc_ctx=system_u:system_r:init_t:s0,fd=13)) ino:9`, []sockets.User{{Process: "master", PID: 412}}},
		{"wrapped", "LISTEN 0 100 0.0.0.0:25 0.0.0.0:*\n     users:((\"master\",pid=412,fd=13)) ino:9", []sockets.User{{Process: "master", PID: 412}}},
		{"not-root", `LISTEN 0 100 0.0.0.0:25 0.0.0.0:* ino:9 sk:a`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sockets.ParseSS(tt.output)
			if err != nil || len(got) != 1 {
				t.Fatalf("ParseSS: %v, %v; want one listener", got, err)
			}
			if diff := cmp.Diff(tt.want, got[0].Users, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("users (-want +got):\n%s", diff)
			}
			if got[0].Inode != 9 {
				t.Errorf("inode %d, want 9", got[0].Inode)
			}
			if len(tt.want) > 0 && (got[0].Process != tt.want[0].Process || got[0].PID != tt.want[0].PID || !got[0].HeldBy(tt.want[len(tt.want)-1].Process)) {
				t.Errorf("process %q %d", got[0].Process, got[0].PID)
			}
			if got[0].HeldBy("nobody") {
				t.Error("held by a process that is not there")
			}
		})
	}
}

func TestParseSSFamily(t *testing.T) {
	const output = "LISTEN 0 100 *:25 *:*\n"
	tests := []struct{ family, want string }{
		{sockets.IPv4, "ipv4 0.0.0.0 25"},
		{sockets.IPv6, "ipv6 :: 25 dual"},
	}
	for _, tt := range tests {
		t.Run(tt.family, func(t *testing.T) {
			got, err := sockets.ParseSSFamily(output, tt.family)
			if err != nil || brief(got) != tt.want {
				t.Errorf("got %q, %v; want %q", brief(got), err, tt.want)
			}
			if last := sockets.Command(tt.family); last[len(last)-1] != "-"+tt.family[3:] {
				t.Errorf("command %q does not ask for %s", last, tt.family)
			}
		})
	}
	if _, err := sockets.ParseSSFamily(output, "inet"); err == nil {
		t.Error("an unknown family was taken")
	}
}

func TestParseSSErrors(t *testing.T) {
	tests := []struct{ name, output, want string }{
		{"shell", "bash: ss: command not found", `"bash:" is no socket state`},
		{"short", "LISTEN 0 100 0.0.0.0:25", "lacks columns"},
		{"names", "LISTEN 0 100 mx.example.com:25 *:*", "call ss with -n"},
		{"bracket", "LISTEN 0 100 [::1:25 [::]:*", "no IP address"},
		{"no-port", "LISTEN 0 100 0.0.0.0 0.0.0.0:*", "has no port"},
		{"port", "LISTEN 0 100 0.0.0.0:70000 0.0.0.0:*", "from 1 to 65535"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sockets.ParseSS(tt.output)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestMergeTwoCalls(t *testing.T) {
	v4, err := sockets.ParseSSFamily("LISTEN 0 100 0.0.0.0:25 0.0.0.0:*\n", sockets.IPv4)
	if err != nil {
		t.Fatal(err)
	}
	v6, err := sockets.ParseSSFamily("LISTEN 0 100 *:25 *:*\nLISTEN 0 100 *:80 *:*\n", sockets.IPv6)
	if err != nil {
		t.Fatal(err)
	}
	got := sockets.Merge(v4, v6)
	if want := "ipv4 0.0.0.0 25; ipv6 :: 25; ipv6 :: 80 dual"; brief(got) != want {
		t.Errorf("got %q, want %q", brief(got), want)
	}
	if diff := cmp.Diff([]string{sockets.IPv4, sockets.IPv6}, sockets.Families(sockets.OnPort(got, 80))); diff != "" {
		t.Errorf("families of port 80 (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{sockets.IPv4}, sockets.Families(v4)); diff != "" {
		t.Errorf("families (-want +got):\n%s", diff)
	}
	if got := sockets.OnPort(got, 26); got != nil {
		t.Errorf("port 26: %v", got)
	}
}

func TestPort(t *testing.T) {
	tests := []struct {
		in   string
		want int
		ok   bool
	}{{"25", 25, true}, {"smtp", 25, true}, {"submission", 587, true}, {"submissions", 465, true}, {"smtps", 465, true}, {"0", 0, false}, {"65536", 65536, false}, {"nope", 0, false}}
	for _, tt := range tests {
		if got, ok := sockets.Port(tt.in); ok != tt.ok || ok && got != tt.want {
			t.Errorf("Port(%q) = %d, %t; want %d, %t", tt.in, got, ok, tt.want, tt.ok)
		}
	}
	if diff := cmp.Diff([]string{"smtps", "ssmtp", "submissions", "urd"}, sockets.Services(465)); diff != "" {
		t.Errorf("services of 465 (-want +got):\n%s", diff)
	}
}

func FuzzParseSS(f *testing.F) {
	f.Add("LISTEN 0 100 0.0.0.0:25 0.0.0.0:* users:((\"master\",pid=1,fd=13)) ino:1 v6only:0\n")
	f.Add("Netid State\ntcp LISTEN 0 100 :::smtp :::*\n\tmem:(r0)\n")
	f.Add("LISTEN 0 100 *%eth0:25 *:*\nESTAB\n x")
	f.Fuzz(func(t *testing.T, output string) {
		ls, err := sockets.ParseSS(output)
		if err != nil {
			return
		}
		for _, l := range ls {
			if !l.Address.IsValid() || l.Address.Is4() != (l.Family == sockets.IPv4) || l.Port < 0 || l.Port > 65535 || l.Port == 0 && l.Service == "" || l.DualStack && (l.Uncertain || !l.IsAny()) {
				t.Errorf("impossible listener %+v", l)
			}
		}
		if diff := cmp.Diff(ls, sockets.Merge(ls), compare); diff != "" {
			t.Errorf("merging changes a merged list:\n%s", diff)
		}
	})
}
