package jinja_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
)

// TestMeasuredMore compares with what integration/expressions/measure.py said of further cases: a file of JSON lines whose path PFRUN_MEASURED gives. Every case must be alike.
func TestMeasuredMore(t *testing.T) {
	path := os.Getenv("PFRUN_MEASURED")
	if path == "" {
		t.Skip("PFRUN_MEASURED does not name a file of measured cases, which are not part of this repository")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	env, warned := controlEnv()
	all, alike := 0, 0
	for lines.Scan() {
		var c measuredCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		all++
		if problem := c.run(t, env, warned); problem != "" {
			t.Errorf("%s: %s: %s", c.ID, c.Template, problem)
		} else {
			alike++
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d are as in ansible-core 2.19", alike, all)
}
