package yamlsrc

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// processTime is the time that this process has computed: a busy machine does not lengthen it.
func processTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestBombs feeds what is meant to exhaust a control node: each is refused or read, in a second and without 200 MB.
func TestBombs(t *testing.T) {
	var keys, aliases strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&keys, "key%d: value%d\n", i, i)
	}
	aliases.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 60; i++ {
		fmt.Fprintf(&aliases, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1)
	}
	readable := map[string]bool{"10-MB-text": true, "10-MB-line": true, "10-MB-comments": true}
	for name, in := range map[string]string{
		"aliases":        aliases.String(),
		"deep-flow":      strings.Repeat("[", 1_000_000),
		"deep-maps":      strings.Repeat("{a: ", 500_000),
		"deep-block":     strings.Repeat("- ", 1_000_000) + "a",
		"10-MB-list":     strings.Repeat("- item of a list\n", 10<<20/17),
		"10-MB-text":     "a: |\n" + strings.Repeat("  some text of a block\n", 10<<20/23),
		"10-MB-line":     "a: " + strings.Repeat("word ", 2<<20),
		"10-MB-flow":     "[" + strings.Repeat("a, ", 10<<20/3) + "]",
		"10-MB-comments": strings.Repeat("# text\n", 10<<20/7),
		"100000-keys":    keys.String(),
		"no-UTF-8":       "a: \xff\xfe\nb: \xc3\x28\n",
		"no-UTF-8-10-MB": strings.Repeat("\xff", 10<<20),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := processTime(t)
			_, ds := Parse(source(in))
			took := processTime(t) - start
			runtime.ReadMemStats(&after)
			grown := after.HeapSys - min(after.HeapSys, before.HeapSys)
			t.Logf("%s, the heap grew by %d MiB: %.100v", took, grown>>20, ds.Err())
			if (ds.Err() == nil) != readable[name] {
				t.Errorf("got %v", ds.Err())
			}
			if took > slower*time.Second {
				t.Errorf("it took %s", took)
			}
			if grown > 200<<20 {
				t.Errorf("the heap grew by %d MiB", grown>>20)
			}
		})
	}
}
