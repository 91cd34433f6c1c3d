package netclient

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/moved":
		http.Redirect(w, r, "/echo", http.StatusFound)
	case "/slow":
		time.Sleep(2 * time.Second)
	case "/private":
		if user, password, ok := r.BasicAuth(); !ok || user != "u" || password != "p" {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w, "in")
	case "/echo":
		io.WriteString(w, r.Header.Get("X-Word")+"|"+r.UserAgent()+"|"+r.Header.Get("Cache-Control"))
	default:
		http.NotFound(w, r)
	}
}

func TestGet(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(serve))
	defer s.Close()
	word := map[string]string{"X-Word": "w"}
	for name, tt := range map[string]struct {
		r    Request
		want string
		err  string
	}{
		"headers":       {Request{URL: "/echo", Headers: word, Agent: "pfrun", NoCache: true}, "w|pfrun|no-cache", ""},
		"redirect":      {Request{URL: "/moved", Headers: word, Agent: "a", Follow: true}, "w|a|", ""},
		"header-once":   {Request{URL: "/moved", Headers: word, Agent: "a", Follow: true, Once: []string{"x-word"}}, "|a|", ""},
		"not-followed":  {Request{URL: "/moved"}, "", "302 Found"},
		"asked-for":     {Request{URL: "/private", User: "u", Password: "p"}, "in", ""},
		"at-once":       {Request{URL: "/private", User: "u", Password: "p", BasicAtOnce: true}, "in", ""},
		"refused":       {Request{URL: "/private", User: "u", Password: "x"}, "", "401 Unauthorized"},
		"missing":       {Request{URL: "/nope"}, "", "404 Not Found"},
		"too-slow":      {Request{URL: "/slow", Timeout: 50 * time.Millisecond}, "", "deadline exceeded"},
		"no-such-ca":    {Request{URL: "/echo", CAFile: "/nonexistent"}, "", "no such file"},
		"other-schemes": {Request{URL: "file:///etc/passwd"}, "", "only http and https"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(tt.r.URL, "/") {
				tt.r.URL = s.URL + tt.r.URL
			}
			got, err := Get(t.Context(), tt.r)
			switch {
			case tt.err == "" && (err != nil || string(got) != tt.want):
				t.Errorf("got %q and %v, want %q", got, err, tt.want)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("got %v, want %s", err, tt.err)
			}
		})
	}
}

func TestGetChecksCertificates(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(serve))
	defer s.Close()
	if _, err := Get(t.Context(), Request{URL: s.URL + "/echo", Verify: true}); err == nil {
		t.Error("an unknown certificate was accepted")
	}
	if _, err := Get(t.Context(), Request{URL: s.URL + "/echo"}); err != nil {
		t.Error(err)
	}
	var status *StatusError
	if _, err := Get(t.Context(), Request{URL: s.URL + "/nope"}); !errors.As(err, &status) || status.Code != 404 {
		t.Errorf("got %v", err)
	}
}

func TestGetOverSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(serve)}
	go s.Serve(l)
	defer s.Close()
	if got, err := Get(t.Context(), Request{URL: "http://any/echo", Agent: "a", Socket: path}); err != nil || string(got) != "|a|" {
		t.Errorf("got %q and %v", got, err)
	}
}
