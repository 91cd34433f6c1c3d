package lookup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/netclient"
)

// urlDefault is the time that a server has to answer, as in Ansible.
const urlDefault = 10 * time.Second

// url reads what URLs name: lines, or with split_lines=false the text.
func (l *lookups) url(ctx context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	if l.o.Fetch == nil {
		return nil, errNotHere
	}
	urls, err := texts(terms)
	if err != nil {
		return nil, err
	}
	lines := boolOption(o, "split_lines", true)
	r, err := urlRequest(o)
	if err != nil {
		return nil, err
	}
	out := []jinja.Value{}
	for _, u := range urls {
		r.URL = u
		body, err := l.o.Fetch(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", u, err)
		}
		if !utf8.Valid(body) {
			return nil, fmt.Errorf("%s: what it names is no UTF-8 text", u)
		}
		if !lines {
			out = append(out, string(body))
			continue
		}
		for line := range strings.Lines(string(body)) {
			out = append(out, strings.TrimRight(line, "\r\n"))
		}
	}
	return out, nil
}

func urlRequest(o *jinja.Dict) (netclient.Request, error) {
	r := netclient.Request{
		Verify: boolOption(o, "validate_certs", true), Proxy: boolOption(o, "use_proxy", true), User: textOption(o, "username", ""), Password: textOption(o, "password", ""),
		BasicAtOnce: boolOption(o, "force_basic_auth", false), Agent: textOption(o, "http_agent", "ansible-httpget"), NoCache: boolOption(o, "force", false),
		CAFile: textOption(o, "ca_path", ""), Socket: textOption(o, "unix_socket", ""), Timeout: urlDefault,
	}
	switch follow := textOption(o, "follow_redirects", "urllib2"); follow {
	case "urllib2", "all", "safe", "yes", "True":
		r.Follow = true
	case "none", "no", "False":
	default:
		return r, fmt.Errorf("follow_redirects must be all, safe, none or urllib2, not %q", follow)
	}
	if v, ok := option(o, "timeout"); ok {
		seconds, isFloat := v.(float64)
		if n, isInt := v.(int64); isInt {
			seconds, isFloat = float64(n), true
		}
		if !isFloat || seconds <= 0 || seconds > 1e6 {
			return r, fmt.Errorf("timeout must be a number of seconds, not %s", jinja.Repr(v))
		}
		r.Timeout = time.Duration(seconds * float64(time.Second))
	}
	if v, ok := option(o, "headers"); ok {
		d, isDict := v.(*jinja.Dict)
		if !isDict {
			return r, fmt.Errorf("headers must be a dict, not %s", jinja.Repr(v))
		}
		r.Headers = map[string]string{}
		for k, value := range d.Items {
			r.Headers[jinja.Str(k)] = jinja.Str(value)
		}
	}
	if v, ok := option(o, "unredirected_headers"); ok {
		for _, h := range listOf(v) {
			r.Once = append(r.Once, jinja.Str(h))
		}
	}
	for _, name := range []string{"use_gssapi", "ciphers"} {
		if v, ok := option(o, name); ok && v != nil && v != false {
			return r, errors.New(name + " is not supported")
		}
	}
	option(o, "use_netrc") // there is no .netrc here
	return r, done(o)
}
