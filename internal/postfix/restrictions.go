package postfix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// restrictionLists are the parameters that hold restrictions; restriction classes do too.
var restrictionLists = []string{
	"smtpd_client_restrictions", "smtpd_data_restrictions", "smtpd_end_of_data_restrictions", "smtpd_etrn_restrictions", "smtpd_helo_restrictions",
	"smtpd_recipient_restrictions", "smtpd_relay_restrictions", "smtpd_sender_restrictions",
}

func isRestrictions(name string) bool { return slices.Contains(restrictionLists, name) }

func (c Checker) isClass(name string) bool {
	return c.Main != nil && slices.Contains(c.Main.RestrictionClasses(), name)
}

// plainRestrictions take no argument.
var plainRestrictions = strings.Fields(`
	check_recipient_maps check_relay_domains
	defer defer_if_permit defer_if_reject defer_unauth_destination
	permit permit_auth_destination permit_inet_interfaces permit_mx_backup permit_mynetworks permit_naked_ip_address permit_sasl_authenticated
	permit_tls_all_clientcerts permit_tls_clientcerts
	reject reject_authenticated_sender_login_mismatch reject_invalid_helo_hostname reject_invalid_hostname reject_known_sender_login_mismatch
	reject_maps_rbl reject_multi_recipient_bounce reject_non_fqdn_helo_hostname reject_non_fqdn_hostname reject_non_fqdn_recipient
	reject_non_fqdn_sender reject_plaintext_session reject_sender_login_mismatch reject_unauth_destination reject_unauth_pipelining
	reject_unauthenticated_sender_login_mismatch reject_unknown_address reject_unknown_client reject_unknown_client_hostname
	reject_unknown_forward_client_hostname reject_unknown_helo_hostname reject_unknown_hostname reject_unknown_recipient_domain
	reject_unknown_reverse_client_hostname reject_unknown_sender_domain reject_unlisted_recipient reject_unlisted_sender
	reject_unverified_recipient reject_unverified_sender
	warn_if_reject`)

// tableRestrictions are followed by a type:table.
var tableRestrictions = strings.Fields(`
	check_ccert_access check_client_a_access check_client_access check_client_mx_access check_client_ns_access check_etrn_access
	check_helo_a_access check_helo_access check_helo_mx_access check_helo_ns_access check_recipient_a_access check_recipient_access
	check_recipient_mx_access check_recipient_ns_access check_reverse_client_hostname_a_access check_reverse_client_hostname_access
	check_reverse_client_hostname_mx_access check_reverse_client_hostname_ns_access check_sasl_access check_sender_a_access check_sender_access
	check_sender_mx_access check_sender_ns_access`)

// argumentRestrictions are followed by a domain, a server or a number.
var argumentRestrictions = strings.Fields(`
	check_policy_service permit_dnswl_client permit_rhswl_client reject_rbl reject_rbl_client reject_rhsbl_client reject_rhsbl_helo
	reject_rhsbl_recipient reject_rhsbl_reverse_client reject_rhsbl_sender sleep`)

// checkRestrictions walks through a list of restrictions as smtpd does: a name, then its argument where it has one. smtpd would answer every client
// with a temporary error from the place of a mistake on.
func (c Checker) checkRestrictions(name, value string) []Problem {
	var out []Problem
	var classes []string
	if c.Main != nil {
		classes = c.Main.RestrictionClasses()
	}
	words := splitWords(value)
	for i := 0; i < len(words); i++ {
		word := strings.ToLower(words[i])
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case strings.Contains(word, "$"):
			if strings.Contains(next, ":") {
				i++ // it may be the argument of what the name stands for
			}
		case slices.Contains(plainRestrictions, word) || slices.Contains(classes, words[i]):
		case slices.Contains(tableRestrictions, word):
			i++
			if !strings.ContainsAny(next, ":$") {
				out = append(out, Problem{Message: fmt.Sprintf("%s: %s must be followed by the type and the name of a table, not by %q", name, word, next), Hint: "such as hash:/etc/postfix/access"})
				continue
			}
			out = append(out, c.checkTable(name, next)...)
		case slices.Contains(argumentRestrictions, word):
			i++
			if next == "" {
				out = append(out, Problem{Message: fmt.Sprintf("%s: %s must be followed by its argument", name, word)})
			}
		case strings.Contains(word, ":"):
			out = append(out, c.checkTable(name, words[i])...)
		default:
			out = append(out, unknownRestriction(name, words[i], classes))
		}
	}
	return out
}

func unknownRestriction(name, word string, classes []string) Problem {
	hint := diag.DidYouMean(word, slices.Concat(plainRestrictions, tableRestrictions, argumentRestrictions, classes))
	if hint == "" {
		hint = "a restriction class of your own is listed in smtpd_restriction_classes"
	}
	return Problem{Message: fmt.Sprintf("%s: %q is no restriction", name, word), Hint: hint}
}
