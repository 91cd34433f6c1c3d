package mem_test

import (
	"testing"

	"github.com/pfrun/pfrun/modules/host"
	"github.com/pfrun/pfrun/modules/host/hosttest"
	"github.com/pfrun/pfrun/modules/host/mem"
)

func TestHostSuite(t *testing.T) {
	hosttest.Run(t, func(t *testing.T) host.Host { return mem.New(mem.Dir("/scratch", mem.Root(0o755))) }, hosttest.Options{
		Dir:   "/scratch",
		Mkdir: func(t *testing.T, h host.Host, path string) { h.(*mem.Host).Put(mem.Dir(path, mem.Root(0o755))) },
		Link:  func(t *testing.T, h host.Host, path, target string) { h.(*mem.Host).Put(mem.Link(path, target)) },
	})
}
