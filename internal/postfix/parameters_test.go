package postfix_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pfrun/pfrun/internal/postfix"
)

func TestParameterTable(t *testing.T) {
	text, err := os.ReadFile("parameters.txt")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^[A-Za-z0-9_]+ (text|raw|bool|int|time) 3\.[0-9]+(-3\.[0-9]+)?( min=-?[0-9]+)?( max=[0-9]+)? [a-z_,-]+$`)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, line := range lines {
		if !form.MatchString(line) {
			t.Errorf("parameters.txt:%d: %q", i+1, line)
		}
	}
	names := postfix.ParameterNames()
	if len(names) != len(lines) || len(names) < 900 || !slices.IsSorted(lines) {
		t.Errorf("%d names from %d lines, which must be sorted", len(names), len(lines))
	}
	for _, name := range []string{
		"inet_protocols", "relayhost", "compatibility_level", "smtpd_tls_cert_file", "lmtp_tls_security_level", "smtpd_forbid_bare_newline",
		"smtp_destination_concurrency_limit", "config_directory", "readme_directory", "smtpd_milters", "mailbox_size_limit", "2bounce_notice_recipient",
	} {
		if !postfix.KnownParameter(name) {
			t.Errorf("%s is not known", name)
		}
	}
	for _, name := range []string{"inet_protocol", "seconds", "transport_time_limit", ""} {
		if postfix.KnownParameter(name) {
			t.Errorf("%q is known", name)
		}
	}
	if from, last := postfix.Since("smtp_tls_enable_rpk"); from != "3.9" || last != "" {
		t.Errorf("smtp_tls_enable_rpk since %q to %q, want 3.9", from, last)
	}
	if from, last := postfix.Since("nullmx_reject_code"); from != "3.5" || last == "" {
		t.Errorf("nullmx_reject_code since %q to %q", from, last)
	}
	if !postfix.IsRaw("default_rbl_reply") || postfix.IsRaw("smtpd_banner") || postfix.IsRaw("nope") {
		t.Error("default_rbl_reply is raw, smtpd_banner is not")
	}
	if got, want := postfix.SuggestParameter("inet_protocol"), `did you mean "inet_protocols"?`; got != want {
		t.Errorf("suggestion %q, want %q", got, want)
	}
}

func TestUnknown(t *testing.T) {
	const main = `
used = x
relayhost = $used
smtpd_restriction_classes = strict, $more
more = lax
virtual_alias_maps = proxy:ldap:people hash:/etc/postfix/v
conditional = ${only_tested?x}
`
	const master = `
slow      unix  -       -       n       -       1       smtp
  -o { syslog_name = $mine/slow } -o smtp_helo_name=$from_master
policy    unix  -       n       n       -       0       spawn user=nobody argv=/bin/true
`
	tests := []struct {
		name string
		want bool
	}{
		{"inet_protocols", false},
		{"used", false},
		{"strict", false},
		{"lax", false},
		{"only_tested", false},
		{"people_server_host", false},
		{"people", true},
		{"mine", false},
		{"from_master", false},
		{"slow_destination_concurrency_limit", false},
		{"policy_time_limit", false},
		{"fast_destination_concurrency_limit", true},
		{"inet_protocol", true},
		{"conditional", true},
	}
	m := parse(t, main)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := postfix.Unknown(tt.name, m, master); got != tt.want {
				t.Errorf("Unknown = %t, want %t", got, tt.want)
			}
		})
	}
	if postfix.Unknown("fast_time_limit", nil, "") {
		t.Error("without master.cf the name of any service is taken for granted")
	}
	if !postfix.Unknown("fast_time", nil, "") {
		t.Error("a name that nothing uses is known")
	}
}

// TestPostconfRegressions compares with what postconf itself calls unused in Postfix's own regression cases.
func TestPostconfRegressions(t *testing.T) {
	unused := regexp.MustCompile(`main\.cf: unused parameter: ([^=]+)=`)
	compared := 0
	corpus(t, ".ref", func(t *testing.T, ref string) {
		dir := filepath.Dir(filepath.Join("..", "..", "..", "shared", "corpus", "maincf", strings.TrimPrefix(t.Name(), "TestPostconfRegressions/")))
		text, err := os.ReadFile(filepath.Join(dir, "main.cf"))
		if err != nil || !strings.Contains(ref, "config_directory = ") { // a case that does not print main.cf
			return
		}
		command, err := os.ReadFile(filepath.Join(dir, "cmd"))
		if err != nil || !strings.Contains(string(command), "-nc .") {
			return
		}
		master, _ := os.ReadFile(filepath.Join(dir, "master.cf"))
		var want, got []string
		for _, m := range unused.FindAllStringSubmatch(ref, -1) {
			want = append(want, m[1])
		}
		m, _ := postfix.ParseMain(string(text))
		for _, p := range m.Parameters() {
			if postfix.Unknown(p.Name, m, string(master)) {
				got = append(got, p.Name)
			}
			if v := p.Name + " = " + postfix.Fold(p.Value); !slices.Contains(want, p.Name) && !strings.Contains(ref, strings.TrimSpace(v)) {
				t.Errorf("postconf does not print %q", v)
			}
		}
		compared++
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("unused parameters (-postconf +Unknown):\n%s", diff)
		}
	})
	if compared < 5 && !t.Skipped() {
		t.Errorf("only %d cases were compared", compared)
	}
}

func TestNeeds(t *testing.T) {
	tests := []struct {
		name string
		want postfix.Need
		word string
	}{
		{"inet_protocols", postfix.NeedRestart, "master"},
		{"inet_interfaces", postfix.NeedRestart, "master"},
		{"queue_directory", postfix.NeedRestart, "master"},
		{"maillog_file", postfix.NeedRestart, "logging"},
		{"postscreen_dnsbl_sites", postfix.NeedReload, "postscreen"},
		{"smtpd_tls_cert_file", postfix.NeedReload, "tlsproxy"},
		{"default_destination_concurrency_limit", postfix.NeedReload, "qmgr"},
		{"slow_destination_rate_delay", postfix.NeedReload, "qmgr"},
		{"smtpd_recipient_restrictions", postfix.NeedReload, "next start"},
		{"smtp_address_preference", postfix.NeedReload, "smtp"},
		{"relayhost", postfix.NeedReload, "daemons"},
		{"my_own", postfix.NeedReload, "daemons"},
		{"alias_database", postfix.NeedNothing, "commands"},
		{"readme_directory", postfix.NeedNothing, "commands"},
		{"authorized_mailq_users", postfix.NeedNothing, "commands"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, reason := postfix.Needs(tt.name)
			if got != tt.want || !strings.Contains(reason, tt.word) {
				t.Errorf("Needs = %v, %q; want %v with %q", got, reason, tt.want, tt.word)
			}
		})
	}
	if got := max(postfix.NeedReload, postfix.NeedRestart).String() + postfix.NeedNothing.String(); got != "restartnothing" {
		t.Errorf("names %q", got)
	}
}

func TestIPv6Networks(t *testing.T) {
	tests := []struct {
		value string
		want  []string
	}{
		{"127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128", []string{"[::ffff:127.0.0.0]/104", "[::1]/128"}},
		{"127.0.0.0/8,[fe80::]/64,!192.0.2.1", []string{"[fe80::]/64"}},
		{"::1, ::ffff:127.0.0.0/104 [2001:db8::/32] ![2001:db8::1]", []string{"::1", "::ffff:127.0.0.0/104", "[2001:db8::/32]", "![2001:db8::1]"}},
		{"127.0.0.0/8 hash:/etc/postfix/nets cidr:/x $other 10.0.0.1 localhost /etc/nets", nil},
		{"", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, postfix.IPv6Networks(tt.value)); diff != "" {
			t.Errorf("IPv6Networks(%q) (-want +got):\n%s", tt.value, diff)
		}
	}
}
