package ssh

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/internal/transport/transporttest"
	"github.com/pfrun/pfrun/modules/host"
)

func TestFilesBySubsystem(t *testing.T) {
	c, _ := connect(t, func(s *testServer) { s.noise = "Welcome to mail1!\nLast login: today\n" })
	f, err := c.OpenFiles(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	transporttest.Files(t, f)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if _, err := f.Lstat(t.Context(), "/"); err == nil || errors.Is(err, host.ErrUnreachable) {
		t.Errorf("after closing, lstat gives %v", err)
	}
}

// sftpServer is the SFTP server program of this machine, if there is one.
func sftpServer(t *testing.T) string {
	t.Helper()
	for _, p := range []string{"/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server", "/usr/libexec/sftp-server"} {
		if _, err := exec.LookPath(p); err == nil {
			return p
		}
	}
	t.Skip("no sftp-server is installed: apt-get install openssh-sftp-server")
	return ""
}

func TestFilesThroughACommand(t *testing.T) {
	server := sftpServer(t)
	c, _ := connect(t, func(s *testServer) { s.noise = "noise of a login shell\n" })
	script := `read -r p; [ "$p" = sesame ] || { echo "Sorry, try again." >&2; exit 1; }; echo "more noise"; exec "$0"`
	through := host.Command{Argv: []string{"sh", "-c", script, server}, Stdin: strings.NewReader("sesame\n")}
	f, err := c.OpenFiles(t.Context(), &through)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	transporttest.Files(t, f)

	through.Stdin = strings.NewReader("wrong\n")
	_, err = c.OpenFiles(t.Context(), &through)
	if err == nil || errors.Is(err, host.ErrUnreachable) || !strings.Contains(err.Error(), "Sorry, try again.") || !strings.Contains(err.Error(), "status 1") {
		t.Errorf("a wrong password gives %v", err)
	}
	_, err = c.OpenFiles(t.Context(), &host.Command{Argv: []string{"echo", "This account is not available."}})
	if err == nil || !strings.Contains(err.Error(), "This account is not available.") {
		t.Errorf("no server gives %v", err)
	}
}

func TestFilesOnALostConnection(t *testing.T) {
	c, s := connect(t, nil)
	f, err := c.OpenFiles(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.cut()
	if _, err := f.Lstat(t.Context(), "/"); !errors.Is(err, host.ErrUnreachable) {
		t.Errorf("error %v", err)
	}
}

func TestPutGet(t *testing.T) {
	c, _ := connect(t, nil)
	transporttest.PutGet(t, c)
}

func TestFilesComeToBePrivate(t *testing.T) {
	open := []byte("\x00\x00\x00\x12\x03\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x2a\x00\x00\x00\x00")
	for _, tt := range []struct{ name, in, want string }{
		{"create", string(open), "\x00\x00\x00\x16\x03\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x2a\x00\x00\x00\x04\x00\x00\x01\x80"},
		{"mkdir", "\x00\x00\x00\x0e\x0e\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x00", "\x00\x00\x00\x12\x0e\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x04\x00\x00\x01\xc0"},
		{"read", "\x00\x00\x00\x12\x03\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x01\x00\x00\x00\x00", ""},
		{"other", "\x00\x00\x00\x0e\x0f\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00\x00\x00", ""},
		{"short", "\x00\x00\x00\x05\x03\x00\x00\x00\x01", ""},
		{"wrong-length", "\x00\x00\x00\x0e\x0e\x00\x00\x00\x01\xff\xff\xff\xffa\x00\x00\x00\x00", ""},
	} {
		want := tt.want
		if want == "" {
			want = tt.in
		}
		if got := withMode([]byte(tt.in)); string(got) != want {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
	}
}
