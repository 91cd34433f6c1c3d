package sockets

import (
	"slices"
	"strconv"
)

// services are the names of /etc/services that mail hosts meet, and what else old outputs of ss without -n show on them.
var services = map[string]int{
	"ssh": 22, "telnet": 23, "smtp": 25, "mail": 25, "domain": 53, "http": 80, "www": 80, "pop3": 110, "pop-3": 110, "sunrpc": 111,
	"imap2": 143, "imap": 143, "https": 443, "submissions": 465, "smtps": 465, "ssmtp": 465, "urd": 465,
	"submission": 587, "msa": 587, "ipp": 631, "lmtp": 24, "imaps": 993, "pop3s": 995, "mysql": 3306, "sieve": 4190, "postgresql": 5432,
	"amqps": 5671, "rspamd": 11332, "amavis": 10024, "spamd": 783, "redis": 6379, "zabbix-agent": 10050,
}

// Port gives the number of a port written as a number from 1 to 65535 or as a service name, such as smtp, submission, submissions or smtps.
func Port(s string) (int, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, n >= 1 && n <= 65535
	}
	n, ok := services[s]
	return n, ok
}

// Services gives the names of a port in order, such as smtps, ssmtp, submissions and urd for 465.
func Services(port int) []string {
	var out []string
	for name, n := range services {
		if n == port {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
