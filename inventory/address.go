package inventory

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	bracketedPort = regexp.MustCompile(`^\[(.+)\]:([0-9]+)$`)
	plainPort     = regexp.MustCompile(`^((?:[^:\[\]]|\[[^\]]*\])*):([0-9]+)$`)
	hostLabel     = regexp.MustCompile(`^(?i:[\p{L}\p{N}_]|` + labelRange + `)(?i:[\p{L}\p{N}_-]|` + labelRange + `)*$`)
	ipv6Form      = regexp.MustCompile(strings.ReplaceAll(ipv6Pattern, "H", ipv6Part))
)

const (
	labelRange = `\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]`
	ipv6Part   = `(?:[0-9a-f]{1,4}|\[(?:[0-9a-f]+:[0-9a-f]+)(?::[0-9]+)?\])`
	// ipv6Pattern stands for every way to write an IPv6 address, any part (H) of which may be a range. Like Ansible's, it is not tied to the end of the text.
	ipv6Pattern = `(?i)^(?:(?:H:){7}H|(?:H:){1,6}:|(?:H:)(?::H){1,6}|(?:H:){2}(?::H){1,5}|(?:H:){3}(?::H){1,4}|(?:H:){4}(?::H){1,3}|(?:H:){5}(?::H){1,2}|(?:H:){6}(?::H)|` +
		`:(?::H){1,6}|H?::|(?:0:){6}(?:H\.){3}H|::(?:ffff:)?(?:H\.){3}H|(?:0:){5}ffff:(?:H\.){3}H$)`
)

// parseAddress splits "host", "host:port", "[ipv6]:port" or any of them with ranges. Where ok is false the text is no address: it is then a name as it stands.
func parseAddress(text string) (host string, port int, ok bool) {
	host = text
	for _, form := range []*regexp.Regexp{bracketedPort, plainPort} {
		if m := form.FindStringSubmatch(host); m != nil {
			host = m[1]
			port, _ = strconv.Atoi(m[2])
		}
	}
	return host, port, host != "" && (ipv6Form.MatchString(host) || isHostname(host))
}

func isHostname(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if !hostLabel.MatchString(label) || strings.HasSuffix(label, "-") || strings.HasSuffix(label, "_") {
			return false
		}
	}
	return true
}

// maxRange is how many hosts one pattern may stand for.
const maxRange = 1 << 16

// expandPattern gives the hosts that a pattern such as db[01:10:3]-node:22 stands for, and the port.
func expandPattern(pattern string) (hosts []string, port int, err error) {
	host, port, ok := parseAddress(pattern)
	if !ok {
		host, port = pattern, 0
	}
	if strings.HasSuffix(strings.TrimSpace(pattern), ":") && port == 0 {
		return nil, 0, fmt.Errorf("host pattern %q ends in a colon, after which a port must follow", pattern)
	}
	hosts, err = expandRange(host, maxRange)
	return hosts, port, err
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// expandRange expands the first range of a pattern and then those after it.
func expandRange(pattern string, limit int) ([]string, error) {
	open := strings.IndexByte(pattern, '[')
	if open < 0 {
		return []string{pattern}, nil
	}
	closing := strings.IndexByte(pattern, ']')
	if closing < open {
		return nil, fmt.Errorf("host pattern %q: a [ is never closed", pattern)
	}
	head, tail := pattern[:open], pattern[closing+1:]
	parts, err := rangeParts(pattern[open+1:closing], limit)
	if err != nil {
		return nil, fmt.Errorf("host pattern %q: %w", pattern, err)
	}
	tails, err := expandRange(tail, limit)
	if err != nil {
		return nil, err
	}
	if len(parts)*len(tails) > limit {
		return nil, fmt.Errorf("host pattern %q stands for more than %d hosts", pattern, limit)
	}
	hosts := make([]string, 0, len(parts)*len(tails))
	for _, p := range parts {
		for _, t := range tails {
			hosts = append(hosts, head+p+t)
		}
	}
	return hosts, nil
}

// rangeParts gives what begin:end or begin:end:step stands for; both ends belong to it.
func rangeParts(text string, limit int) ([]string, error) {
	bounds := strings.Split(text, ":")
	if len(bounds) != 2 && len(bounds) != 3 {
		return nil, fmt.Errorf("a range is [begin:end] or [begin:end:step], not [%s]", text)
	}
	begin, end, step := bounds[0], bounds[1], 1
	if begin == "" {
		begin = "0"
	}
	if end == "" {
		return nil, fmt.Errorf("the range [%s] has no end", text)
	}
	if len(bounds) == 3 {
		n, err := strconv.Atoi(bounds[2])
		if err != nil || n == 0 {
			return nil, fmt.Errorf("the step of the range [%s] must be a whole number", text)
		}
		step = n
	}
	if first, last := strings.Index(letters, begin), strings.Index(letters, end); first >= 0 && last >= 0 {
		if first > last {
			return nil, fmt.Errorf("the range [%s] runs backwards", text)
		}
		return count(first, last, step, limit, func(i int) string { return letters[i : i+1] })
	}
	first, err1 := strconv.Atoi(begin)
	last, err2 := strconv.Atoi(end)
	if err1 != nil || err2 != nil {
		return nil, fmt.Errorf("the ends of the range [%s] must be two numbers or two letters", text)
	}
	if first < 0 || last < 0 || last > 1<<40 {
		return nil, fmt.Errorf("the ends of the range [%s] are out of bounds", text)
	}
	width := 0
	if len(begin) > 1 && begin[0] == '0' {
		if width = len(begin); width != len(end) {
			return nil, fmt.Errorf("the ends of the range [%s] must be of equal length when the first starts with 0", text)
		}
	}
	return count(first, last, step, limit, func(i int) string { return fmt.Sprintf("%0*d", width, i) })
}

func count(first, last, step, limit int, name func(int) string) ([]string, error) {
	if step > 0 && (last-first)/step >= limit {
		return nil, fmt.Errorf("the range stands for more than %d hosts", limit)
	}
	var out []string
	for i := first; step > 0 && i <= last && len(out) < limit; i += min(step, last+1) {
		out = append(out, name(i))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the range stands for no host: it runs from %s to %s", name(first), name(last))
	}
	return out, nil
}
