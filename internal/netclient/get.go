// Package netclient speaks to servers for pfrun itself, from the control node: so far HTTP, to read what a URL names.
package netclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// Request says how to read a URL. Its zero value is a plain GET without a proxy, whose certificate is not checked.
type Request struct {
	URL         string
	Headers     map[string]string
	User        string // with Password for basic authentication
	Password    string
	BasicAtOnce bool // send them with the first request, not only when asked
	Agent       string
	Timeout     time.Duration // 0: none
	Verify      bool          // check the server's certificate
	CAFile      string        // certificates that are trusted beside those of the system
	Proxy       bool          // use the proxy that the environment names
	Socket      string        // a unix socket to speak over
	NoCache     bool
	Follow      bool     // follow redirects
	Once        []string // headers that are not sent again after a redirect
}

// maxBody is how much is read at most.
const maxBody = 64 << 20

// StatusError says that a server answered with a status other than success.
type StatusError struct {
	Code   int
	Status string
}

func (e *StatusError) Error() string { return "HTTP error: " + e.Status }

// Get reads what a URL names. A status of 400 and more, or a redirect that is not followed, is a *StatusError.
func Get(ctx context.Context, r Request) ([]byte, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%s: only http and https URLs can be read", r.URL)
	}
	if r.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.Timeout)
		defer cancel()
	}
	client, err := r.client()
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	resp, err := r.do(ctx, client, u, r.BasicAtOnce)
	if err == nil && resp.StatusCode == http.StatusUnauthorized && r.User != "" && !r.BasicAtOnce {
		resp.Body.Close()
		resp, err = r.do(ctx, client, u, true)
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return nil, &StatusError{resp.StatusCode, resp.Status}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("%s: what it names is larger than %d MiB", r.URL, maxBody>>20)
	}
	return body, err
}

func (r *Request) do(ctx context.Context, client *http.Client, u *url.URL, authorize bool) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	if r.Agent != "" {
		req.Header.Set("User-Agent", r.Agent)
	}
	if r.NoCache {
		req.Header.Set("Cache-Control", "no-cache")
	}
	for name, value := range r.Headers {
		req.Header.Set(name, value)
	}
	if authorize && r.User != "" {
		req.SetBasicAuth(r.User, r.Password)
	}
	return client.Do(req)
}

func (r *Request) client() (*http.Client, error) {
	t := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: !r.Verify}}
	if r.Proxy {
		t.Proxy = http.ProxyFromEnvironment
	}
	if r.Socket != "" {
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", r.Socket)
		}
	}
	if r.CAFile != "" {
		pem, err := os.ReadFile(r.CAFile)
		if err != nil {
			return nil, err
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", r.CAFile)
		}
		t.TLSClientConfig.RootCAs = pool
	}
	client := &http.Client{Transport: t}
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if !r.Follow {
			return http.ErrUseLastResponse
		}
		if len(via) >= 10 {
			return errors.New("more than 10 redirects")
		}
		for _, name := range r.Once {
			req.Header.Del(name)
		}
		return nil
	}
	return client, nil
}
