package jinja

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// quoteURL is urllib.parse.quote: letters, digits, _.-~ and what keep holds stay.
func quoteURL(s, keep string) string {
	var b strings.Builder
	for i := range len(s) {
		ch := s[i]
		if isWordByte(ch) || strings.IndexByte("_.-~", ch) >= 0 || strings.IndexByte(keep, ch) >= 0 {
			b.WriteByte(ch)
		} else {
			fmt.Fprintf(&b, "%%%02X", ch)
		}
	}
	return b.String()
}

func quoteQuery(v Value) string { return strings.ReplaceAll(quoteURL(Str(v), ""), "%20", "+") }

func filterURLEncode(c *Call) (Value, error) {
	in := c.In
	if d, ok := in.(*Dict); ok {
		in = pairs(d)
	}
	switch in.(type) {
	case *List, Tuple:
	default:
		return quoteURL(Str(in), "/"), nil
	}
	vs, err := c.st.iterate(in)
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(vs))
	for i, v := range vs {
		pair, err := c.st.iterate(v)
		if err != nil || len(pair) != 2 {
			return nil, fmt.Errorf("element %d is no pair of name and value", i)
		}
		parts[i] = quoteQuery(pair[0]) + "=" + quoteQuery(pair[1])
	}
	return strings.Join(parts, "&"), nil
}

func filterURLDecode(c *Call) (Value, error) {
	s := strings.ReplaceAll(c.input(), "+", " ")
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD"), nil
}

// urlParts are the parts of a URL, as urllib.parse.urlsplit gives them.
type urlParts struct{ scheme, netloc, path, query, fragment string }

var urlScheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):`)

func splitURL(s string) (urlParts, error) {
	var u urlParts
	s = strings.TrimLeft(s, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f ")
	s = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(s)
	if m := urlScheme.FindString(s); m != "" {
		u.scheme, s = strings.ToLower(strings.TrimSuffix(m, ":")), s[len(m):]
	}
	if rest, ok := strings.CutPrefix(s, "//"); ok {
		end := strings.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		u.netloc, s = rest[:end], rest[end:]
		if strings.Contains(u.netloc, "[") != strings.Contains(u.netloc, "]") {
			return u, fmt.Errorf("invalid IPv6 URL")
		}
	}
	s, u.fragment, _ = strings.Cut(s, "#")
	u.path, u.query, _ = strings.Cut(s, "?")
	return u, nil
}

// host gives the parts of the netloc; what is absent is nil.
func (u urlParts) host() (user, password, name, port Value, err error) {
	at := strings.LastIndexByte(u.netloc, '@')
	if at >= 0 {
		first, second, ok := strings.Cut(u.netloc[:at], ":")
		user = first
		if ok {
			password = second
		}
	}
	rest, number := u.netloc[at+1:], ""
	if inner, ok := strings.CutPrefix(rest, "["); ok {
		rest, number, _ = strings.Cut(inner, "]")
		number = strings.TrimPrefix(number, ":")
	} else {
		rest, number, _ = strings.Cut(rest, ":")
	}
	if rest != "" {
		name = strings.ToLower(rest)
	}
	if number != "" {
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return nil, nil, nil, nil, fmt.Errorf("the port %q is no number from 0 to 65535", number)
		}
		port = int64(n)
	}
	return user, password, name, port, nil
}

func filterURLSplit(c *Call) (Value, error) {
	u, err := splitURL(c.input())
	if err != nil {
		return nil, err
	}
	user, password, name, port, err := u.host()
	if err != nil {
		return nil, err
	}
	d := NewDict()
	for _, e := range []entry{
		{"fragment", u.fragment}, {"hostname", name}, {"netloc", u.netloc}, {"password", password}, {"path", u.path}, {"port", port}, {"query", u.query},
		{"scheme", u.scheme}, {"username", user},
	} {
		d.Set(e.key, e.value)
	}
	query := c.Text(0, "")
	if query == "" {
		return d, nil
	}
	v, ok := d.GetString(query)
	if !ok {
		return nil, fmt.Errorf("unknown URL component: %s", query)
	}
	return v, nil
}

// isURI tells whether a text is a URI of one of the schemes, and whether it is a URL.
func isURI(c *Call, wanted ...string) (uri, isURL bool, err error) {
	if _, ok := c.In.(string); !ok {
		return false, false, nil
	}
	u, splitErr := splitURL(c.input())
	if splitErr != nil {
		return false, false, nil
	}
	if len(c.args) > 0 && c.Arg(0, nil) != nil {
		vs, err := c.st.iterate(c.args[0])
		if err != nil {
			return false, false, err
		}
		for _, v := range vs {
			wanted = append(wanted, Str(v))
		}
		if s, ok := c.args[0].(string); ok {
			wanted = []string{s}
		}
	}
	uri = len(wanted) == 0
	for _, w := range wanted {
		uri = uri || w == u.scheme
	}
	return uri, uri && (u.netloc != "" || u.scheme == "file"), nil
}
