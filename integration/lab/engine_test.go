package lab

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/testcontainers/testcontainers-go"
)

func TestAlive(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, owner string
		want        bool
	}{
		{"this-process", owner(), true},
		{"number-used-again", fmt.Sprintf("%s/%d/1", host, os.Getpid()), false},
		{"ended", host + "/4194999/1", false},
		{"other-machine", "elsewhere.invalid/1/1", true},
		{"unreadable", "x", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := alive(tt.owner); got != tt.want {
				t.Errorf("alive(%q) = %v, want %v", tt.owner, got, tt.want)
			}
		})
	}
}

// TestSweep leaves a container behind as a killed run does.
func TestSweep(t *testing.T) {
	requireEngine(t)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	c, err := testcontainers.Run(t.Context(), requireImage(t, image(Options{Debian: 12})),
		testcontainers.WithCmd("sleep", "1000"),
		testcontainers.WithLabels(map[string]string{labelOwner: host + "/4194999/1"}))
	testcontainers.CleanupContainer(t, c)
	if err != nil {
		t.Fatal(err)
	}
	cli, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	if err := sweep(t.Context(), cli); err != nil {
		t.Fatal(err)
	}
	if _, err := c.State(t.Context()); err == nil || !strings.Contains(err.Error(), "No such container") {
		t.Errorf("the container is still there: %v", err)
	}
}
