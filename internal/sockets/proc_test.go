package sockets_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/sockets"
)

const (
	tcpHeader  = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	tcp6Header = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	tail       = " 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0\n"
	any6       = "00000000000000000000000000000000"
	loopback6  = "00000000000000000000000001000000"
	mapped     = "0000000000000000FFFF00000100007F"
)

func TestParseProcNet(t *testing.T) {
	tests := []struct{ name, tcp, tcp6, want string }{
		{"empty", tcpHeader, "", ""},
		{"both", tcpHeader + "   0: 00000000:0019 00000000:0000 0A" + tail, tcp6Header + "   0: " + any6 + ":0019 " + any6 + ":0000 0A" + tail, "ipv4 0.0.0.0 25; ipv6 :: 25"},
		{"loopback", "   0: 0100007F:024B 00000000:0000 0A" + tail, "   0: " + loopback6 + ":0019 " + any6 + ":0000 0A" + tail, "ipv6 ::1 25; ipv4 127.0.0.1 587"},
		{"any6-alone-is-uncertain", "", "   0: " + any6 + ":0019 " + any6 + ":0000 0A" + tail, "ipv6 :: 25 uncertain"},
		{"mapped", "", "   0: " + mapped + ":1F45 " + any6 + ":0000 0A" + tail, "ipv4 127.0.0.1 8005"},
		{"connections-left-out", "   0: 0100007F:0019 0100007F:D431 01" + tail + "   1: 0100007F:0019 0100007F:D431 06" + tail, "", ""},
		{"address", "   0: 0A0200C0:01D1 00000000:0000 0A" + tail, "   0: B80D0120000000000000000067452301:0019 " + any6 + ":0000 0A" + tail, "ipv6 2001:db8::123:4567 25; ipv4 192.0.2.10 465"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sockets.ParseProcNet(tt.tcp, tt.tcp6)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, brief(got)); diff != "" {
				t.Errorf("listeners (-want +got):\n%s", diff)
			}
			for _, l := range got {
				if l.Inode != 4711 || l.Proto != "tcp" {
					t.Errorf("inode %d, protocol %q", l.Inode, l.Proto)
				}
			}
		})
	}
}

func TestParseProcNetErrors(t *testing.T) {
	tests := []struct{ name, tcp, tcp6, want string }{
		{"v6-in-v4", "   0: " + any6 + ":0019 " + any6 + ":0000 0A" + tail, "", "/proc/net/tcp: line 1"},
		{"v4-in-v6", "", tcp6Header + "   0: 00000000:0019 00000000:0000 0A" + tail, "/proc/net/tcp6: line 2"},
		{"not-hex", "   0: 0000000G:0019 00000000:0000 0A" + tail, "", "hexadecimal digits"},
		{"port", "   0: 00000000:XX 00000000:0000 0A" + tail, "", "port must be"},
		{"columns", "cat: /proc/net/tcp:\n", "", "lacks columns"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sockets.ParseProcNet(tt.tcp, tt.tcp6)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func FuzzParseProcNet(f *testing.F) {
	f.Add(tcpHeader+"   0: 00000000:0019 00000000:0000 0A"+tail, tcp6Header+"   0: "+any6+":0019 "+any6+":0000 0A"+tail)
	f.Add("   0: 0100007F:0019 0100007F:D431 01"+tail, "   0: "+mapped+":1F45 "+any6+":0000 0A\n")
	f.Fuzz(func(t *testing.T, tcp, tcp6 string) {
		ls, err := sockets.ParseProcNet(tcp, tcp6)
		if err != nil {
			return
		}
		for _, l := range ls {
			if !l.Address.IsValid() || l.Address.Is4() != (l.Family == sockets.IPv4) || l.Port < 1 || l.Port > 65535 || l.DualStack {
				t.Errorf("impossible listener %+v", l)
			}
		}
		if want := strings.Count(tcp+"\n"+tcp6, "0A"); len(ls) > want {
			t.Errorf("%d listeners from %d rows in the listening state", len(ls), want)
		}
	})
}
