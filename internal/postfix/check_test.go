package postfix_test

import (
	"strings"
	"testing"

	"github.com/pfrun/pfrun/internal/postfix"
)

// bookworm is what `postconf -m` prints on a host with Berkeley DB, trixie one without.
var (
	bookworm = strings.Fields("btree cidr environ fail hash inline internal memcache nis pipemap proxy randmap regexp socketmap static tcp texthash unionmap unix")
	noBDB    = strings.Fields("cidr environ fail inline internal lmdb memcache pipemap proxy randmap regexp static tcp texthash unionmap unix")
)

func TestCheckTakes(t *testing.T) {
	tests := []struct{ parameter, value string }{
		{"inet_protocols", "all"},
		{"inet_protocols", "ipv4"},
		{"inet_protocols", "ipv4, ipv6"},
		{"inet_protocols", "$other"},
		{"smtp_tls_security_level", "may"},
		{"smtp_tls_security_level", "DANE-only"},
		{"smtp_tls_security_level", ""},
		{"smtpd_tls_security_level", "${stress?none}${stress:may}"},
		{"smtp_address_preference", "any"},
		{"smtpd_tls_protocols", "!SSLv2, !SSLv3, !TLSv1 !TLSv1.1"},
		{"smtpd_tls_protocols", ">=TLSv1.2, <=0304"},
		{"soft_bounce", "YES"},
		{"biff", "no"},
		{"message_size_limit", "52428800"},
		{"message_size_limit", "$other"},
		{"queue_run_delay", "300s"},
		{"queue_run_delay", "5minutes"},
		{"queue_run_delay", "300"},
		{"smtpd_timeout", "${stress?{10}:{300}}s"},
		{"slow_destination_rate_delay", "1s"},
		{"slow_destination_concurrency_limit", "2"},
		{"alias_maps", "hash:/etc/aliases, nis:mail.aliases"},
		{"local_recipient_maps", "proxy:unix:passwd.byname $alias_maps"},
		{"virtual_alias_maps", "pipemap:{hash:/a, regexp:/b}, unionmap:{inline:{a=b},static:{x y}}"},
		{"mynetworks", "127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128 !192.0.2.1 cidr:/etc/postfix/nets /etc/postfix/file"},
		{"mydestination", "$myhostname, localhost.$mydomain, localhost"},
		{"smtp_tls_session_cache_database", "btree:${data_directory}/smtp_scache"},
		{"smtpd_recipient_restrictions", "permit_mynetworks, reject_unauth_destination"},
		{"smtpd_recipient_restrictions", "check_client_access hash:/a, hash:/b check_policy_service unix:private/policy, warn_if_reject reject_rbl_client zen.example.org=127.0.0.[2..11]"},
		{"smtpd_client_restrictions", "check_policy_service { inet:127.0.0.1:10023, timeout=10s, default_action=DUNNO }, check_client_access { hash:/a, search_order=addr }"},
		{"smtpd_relay_restrictions", "$mua_relay_restrictions PERMIT_MYNETWORKS defer_unauth_destination"},
		{"smtpd_client_restrictions", "$policy inet:127.0.0.1:10023"},
		{"smtpd_sender_restrictions", "check_sender_access inline:{example.com=REJECT, example.org=OK}"},
		{"smtpd_banner", "$myhostname ESMTP $mail_name (Debian/GNU)"},
		{"default_rbl_reply", "$rbl_code ${rbl_reason?; $rbl_reason} $("},
		{"my_own_parameter", "what ever: it is"},
		{"relayhost", "[smtp.example.com]:587"},
		{"content_filter", "smtp-amavis:[127.0.0.1]:10024"},
		{"relayhost", ""},
	}
	for _, tt := range tests {
		t.Run(tt.parameter+"="+tt.value, func(t *testing.T) {
			if got := postfix.Check(tt.parameter, tt.value, bookworm); got != nil {
				t.Errorf("refused: %v", got)
			}
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	tests := []struct{ parameter, value, message, hint string }{
		{"inet_protocols", "ipv5", `inet_protocols: "ipv5" is none of the words`, `did you mean "ipv4"`},
		{"inet_protocols", "IPv4", `"IPv4"`, `did you mean "ipv4"`},
		{"inet_protocols", "ipv4, ip6", `"ip6"`, `did you mean "ipv6"`},
		{"inet_protocols", "46", `"46"`, "one of all, ipv4, ipv6"},
		{"smtp_tls_security_level", "yes", `"yes"`, "one of dane, dane-only"},
		{"smtpd_tls_security_level", "encypt", `"encypt"`, `did you mean "encrypt"`},
		{"lmtp_address_preference", "inet6", `"inet6"`, ""},
		{"smtp_address_preference", "", "must not be empty", "any, ipv4, ipv6"},
		{"smtpd_tls_protocols", "!SSLv2, TLSv1_2", `"TLSv1_2"`, `did you mean "TLSv1.2"`},
		{"smtpd_tls_protocols", ">=1.2", `"1.2"`, ""},
		{"soft_bounce", "true", "must be yes or no", ""},
		{"message_size_limit", "50M", "must be a whole number", "in bytes"},
		{"message_size_limit", "", "must be a whole number", ""},
		{"smtpd_forbid_bare_newline_reject_code", "700", "at most 599", ""},
		{"smtpd_forbid_bare_newline_reject_code", "450", "at least 500", ""},
		{"queue_run_delay", "5 minutes", "must be a time", "30s"},
		{"queue_run_delay", "0", "more than zero", ""},
		{"slow_destination_rate_delay", "soon", "must be a time", ""},
		{"alias_maps", "hsah:/etc/aliases", `no map type "hsah"`, `did you mean "hash"`},
		{"virtual_alias_maps", "unionmap:{hash:/a, ldap:/b}", `no map type "ldap"`, ""},
		{"virtual_alias_maps", "proxy:mysql:/etc/postfix/v.cf", `no map type "mysql"`, "there are btree, cidr"},
		{"smtp_tls_session_cache_database", "lmdb:${data_directory}/scache", `no map type "lmdb"`, ""},
		{"mynetworks", "127.0.0.0/8 ::1/128", `"::1/128" lacks its brackets`, "[::1]/128"},
		{"default_database_type", "cdb", `no map type "cdb"`, ""},
		{"smtpd_recipient_restrictions", "permit_mynetwork, reject_unauth_destination", `"permit_mynetwork" is no restriction`, `did you mean "permit_mynetworks"`},
		{"smtpd_client_restrictions", "my_class", `"my_class" is no restriction`, ""},
		{"smtpd_sender_restrictions", "check_sender_access, reject", "check_sender_access must be followed by", "hash:"},
		{"smtpd_sender_restrictions", "check_sender_access ldpa:x", `no map type "ldpa"`, ""},
		{"smtpd_client_restrictions", "reject_rbl_client", "must be followed by its argument", ""},
		{"myorigin", "$", "no parameter name", "$$"},
		{"myorigin", "${mydomain", "no closing", ""},
		{"mail_owner", "", "must not be empty", ""},
	}
	for _, tt := range tests {
		t.Run(tt.parameter+"="+tt.value, func(t *testing.T) {
			got := postfix.Check(tt.parameter, tt.value, bookworm)
			if len(got) != 1 || !strings.Contains(got[0].Message, tt.message) || !strings.Contains(got[0].Hint, tt.hint) {
				t.Errorf("problems %v, want one with %q and hint %q", got, tt.message, tt.hint)
			}
		})
	}
}

func TestCheckMapTypeHints(t *testing.T) {
	got := postfix.Check("alias_maps", "hash:/etc/aliases", noBDB)
	if len(got) != 1 || !strings.Contains(got[0].String(), "use lmdb") {
		t.Errorf("problems %v, want one that says to use lmdb", got)
	}
	if got := postfix.Check("alias_maps", "whatever:/etc/aliases", nil); got != nil {
		t.Errorf("without map types every one is taken, got %v", got)
	}
}

func TestCheckerKnowsMain(t *testing.T) {
	m := parse(t, "smtpd_restriction_classes = strict\nstrict = reject_unknown_sender_domain\nproto = ipv5\nlist = permit_mynetworks, rejct\nnets = permit\n")
	c := postfix.Checker{Main: m, MapTypes: bookworm}
	tests := []struct{ name, parameter, value, want string }{
		{"class", "smtpd_sender_restrictions", "strict, permit", ""},
		{"class-value", "strict", "reject_unknwon_sender_domain", "is no restriction"},
		{"expanded", "inet_protocols", "$proto", `"ipv5"`},
		{"expanded-list", "smtpd_helo_restrictions", "$list", `"rejct" is no restriction`},
		{"expanded-good", "smtpd_helo_restrictions", "$nets", ""},
		{"unknown-reference", "inet_protocols", "$nobody", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := c.Check(tt.parameter, tt.value)
			if tt.want == "" && got != nil || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0].Message, tt.want)) {
				t.Errorf("problems %v, want %q", got, tt.want)
			}
		})
	}
}

// TestCorpusIsTaken holds the rule that nothing is refused that Postfix takes: files that are in use pass.
func TestCorpusIsTaken(t *testing.T) {
	corpus(t, "main.cf", func(t *testing.T, text string) {
		if !strings.Contains(t.Name(), "debian") && !strings.Contains(t.Name(), "history") {
			return
		}
		m, err := postfix.ParseMain(text)
		if err != nil {
			t.Fatal(err)
		}
		c := postfix.Checker{Main: m}
		for _, p := range m.Parameters() {
			if p.Value == "" && strings.Contains(text, "INSTALL-TIME CONFIGURATION") {
				continue // filled in when Postfix is installed
			}
			for _, problem := range c.Check(p.Name, p.Value) {
				t.Errorf("line %d: %v", p.Line, problem)
			}
		}
	})
}

func FuzzCheck(f *testing.F) {
	f.Add("smtpd_recipient_restrictions", "check_client_access hash:/a, reject_rbl_client x {a:b}")
	f.Add("mynetworks", "[::1]/128 ::1 !a:b")
	f.Add("virtual_alias_maps", "pipemap:{a:b,{c}} $x ${y?z}")
	f.Add("queue_run_delay", "+5s")
	f.Fuzz(func(t *testing.T, name, value string) {
		for _, p := range postfix.Check(name, value, bookworm) {
			if p.Message == "" {
				t.Error("a problem without a message")
			}
		}
		postfix.IPv6Networks(value)
	})
}
