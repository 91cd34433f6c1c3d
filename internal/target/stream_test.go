package target_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/pfrun/pfrun/internal/target"
	"github.com/pfrun/pfrun/internal/transport/local"
)

func TestRunKnowsTheLogin(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	conn := noisy{plain{local.Conn{}}}
	h, err := target.Open(t.Context(), conn, target.Options{Become: &target.Become{Exe: []string{fake(t, "sudo", "", "")}, Password: password}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var out bytes.Buffer
	p := target.Program{Argv: []string{"printf", "<%s>", "a" + target.LoginHome + "/b" + target.LoginID + target.LoginHome, "it's $x", ""}, Stdout: &out, OfLogin: true}
	status, err := h.Run(t.Context(), p)
	if want := fmt.Sprintf("<a%s/b%d%s><it's $x><>", home, os.Getuid(), home); status != 0 || err != nil || out.String() != want {
		t.Errorf("%d, %v, %q, want %q", status, err, out.String(), want)
	}
	t.Setenv("HOME", "/home/o'; touch x")
	out.Reset()
	if _, err := h.Run(t.Context(), p); err != nil || bytes.Contains(out.Bytes(), []byte("touch")) {
		t.Errorf("a home that needs quotes: %q, %v", out.String(), err)
	}
}

func TestStream(t *testing.T) {
	h := open(t, noisy{plain{local.Conn{}}}, target.Options{})
	s := h.Stream(t.Context(), target.Script(`while read -r line; do echo "you said $1 $line"; done; exit 3`, "so:"))
	if err := s.Begun(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(s)
	for _, said := range []string{"a", "b c"} {
		fmt.Fprintln(s, said)
		if got, err := lines.ReadString('\n'); got != "you said so: "+said+"\n" || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(lines); len(rest) > 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the end: %q, %v", rest, err)
	}
}
