package postfix

import (
	"slices"
	"strings"
)

// keyword says which words a parameter takes.
type keyword struct {
	list  bool // several, with commas or blanks between them; else exactly one
	exact bool // capitals matter
	empty bool // an empty value is taken too (a list may always be empty)
	words []string
}

// keywords has the parameters of which a wrong word stops a Postfix program, or is answered with a warning and ignored.
var keywords = buildKeywords()

func buildKeywords() map[string]keyword {
	table := map[string]keyword{}
	add := func(k keyword, names string) {
		for _, n := range strings.Fields(names) {
			if rest, ok := strings.CutPrefix(n, "*_"); ok { // the delivery client goes by two names
				table["smtp_"+rest], table["lmtp_"+rest] = k, k
				continue
			}
			table[n] = k
		}
	}
	list := func(words string) keyword { return keyword{list: true, exact: true, words: strings.Fields(words)} }
	one := func(words string) keyword { return keyword{words: strings.Fields(words)} }
	maybe := func(words string) keyword { return keyword{empty: true, words: strings.Fields(words)} }

	add(list("all ipv4 ipv6"), "inet_protocols")
	add(keyword{exact: true, words: []string{"class", "host", "subnet"}}, "mynetworks_style")
	add(list("2bounce bounce data delay policy protocol resource software"), "notify_classes")
	add(list("bounce forward notify qmqpd sendmail smtpd verify"), "internal_mail_filter_classes")
	add(list("all bounce forward notify qmqpd sendmail smtpd verify"), "smtputf8_autodetect_classes")
	add(list("alias canonical forward generic include virtual"), "propagate_unmatched_extensions")
	add(list("no_address_mappings no_header_body_checks no_milters no_unknown_recipient_checks"), "receive_override_options")
	add(list("alias forward include"), "allow_mail_to_commands allow_mail_to_files")
	add(list("command file forward"), "prepend_delivered_header")
	add(list("dotlock fcntl flock"), "mailbox_delivery_lock virtual_mailbox_lock")
	add(list("envelope_recipient envelope_sender header_recipient header_sender"), "canonical_classes masquerade_classes")
	add(list("envelope_sender header_sender"), "sender_canonical_classes")
	add(list("envelope_recipient header_recipient"), "recipient_canonical_classes")
	add(list("dns native"), "*_host_lookup")
	add(list("res_defnames res_dnsrch"), "*_dns_resolver_options")
	add(list("speed_adjust"), "smtpd_proxy_options")
	add(list("forward_secrecy mutual_auth noactive noanonymous nodictionary noplaintext"),
		"*_sasl_security_options *_sasl_tls_security_options *_sasl_tls_verified_security_options smtpd_sasl_security_options smtpd_sasl_tls_security_options")

	add(maybe("dane dane-only encrypt fingerprint may none secure verify"), "*_tls_security_level tlsproxy_client_security_level")
	add(maybe("dane dane-only encrypt fingerprint may none secure verify"), "smtpd_tls_security_level postscreen_tls_security_level tlsproxy_tls_security_level")
	add(one("export high low medium null"),
		"*_tls_ciphers *_tls_mandatory_ciphers smtpd_tls_ciphers smtpd_tls_mandatory_ciphers tlsproxy_tls_ciphers tlsproxy_tls_mandatory_ciphers")
	add(one("any ipv4 ipv6"), "*_address_preference")
	add(maybe("disabled dnssec enabled"), "*_dns_support_level")
	add(one("data rcpt"), "*_address_verify_target")
	add(one("defer defer_if_permit"), `reject_tempfail_action unknown_address_tempfail_action unknown_helo_hostname_tempfail_action
		unverified_recipient_tempfail_action unverified_sender_tempfail_action`)
	add(one("no normalize note reject yes"), "smtpd_forbid_bare_newline")
	add(one("continue drop enforce ignore"), `postscreen_bare_newline_action postscreen_blacklist_action postscreen_denylist_action postscreen_dnsbl_action
		postscreen_greet_action postscreen_non_smtp_command_action postscreen_pipelining_action`)
	add(one("obsolete standard"), "header_from_format")
	add(one("external internal"), "info_log_address_format")
	add(one("disable enable-redirect enable-reindex"), "non_bdb_migration_level")
	add(one("add_header fix_quietly reject"), "non_empty_end_of_header_action")
	add(one("accept quarantine reject shutdown tempfail"), "milter_default_action")
	add(maybe("haproxy"), "smtpd_upstream_proxy_protocol postscreen_upstream_proxy_protocol")
	add(one(`auth authpriv cron daemon ftp kern local0 local1 local2 local3 local4 local5 local6 local7 lpr mail news security syslog user uucp`),
		"syslog_facility")
	return table
}

// check gives what is wrong with a value: a wrong word, or none or several where one is wanted.
func (k keyword) check(name, value string) []Problem {
	words := splitWords(value)
	if !k.list {
		words = []string{value}
		if value == "" && k.empty {
			return nil
		}
	}
	var out []Problem
	for _, w := range words {
		if strings.Contains(w, "$") || k.takes(w) {
			continue
		}
		out = append(out, wrongWord(name, w, k.words))
	}
	return out
}

func (k keyword) takes(word string) bool {
	return slices.ContainsFunc(k.words, func(known string) bool {
		return known == word || !k.exact && strings.EqualFold(known, word)
	})
}

// protocolParameters take lists such as `>=TLSv1.2`, `!SSLv3, !TLSv1`.
var protocolParameters = []string{
	"lmtp_tls_mandatory_protocols", "lmtp_tls_protocols", "postscreen_tls_mandatory_protocols", "postscreen_tls_protocols", "smtp_tls_mandatory_protocols",
	"smtp_tls_protocols", "smtpd_tls_mandatory_protocols", "smtpd_tls_protocols", "tlsproxy_tls_mandatory_protocols", "tlsproxy_tls_protocols",
}

var protocols = []string{"SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"}

func checkProtocols(name, value string) []Problem {
	var out []Problem
	for _, w := range splitList(value, blanks+",:") {
		bare, bounded := strings.CutPrefix(w, ">=")
		if !bounded {
			bare, bounded = strings.CutPrefix(w, "<=")
		}
		if !bounded {
			bare = strings.TrimPrefix(w, "!")
		}
		number := bounded && bare != "" && strings.Trim(strings.TrimPrefix(strings.ToLower(bare), "0x"), "0123456789abcdef") == ""
		if number || bounded && strings.EqualFold(bare, "None") || strings.Contains(w, "$") ||
			slices.ContainsFunc(protocols, func(p string) bool { return strings.EqualFold(p, bare) }) {
			continue
		}
		out = append(out, wrongWord(name, bare, protocols))
	}
	return out
}
