package integration_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecondPass holds that what "make test" leaves out of its pass without the helper are tests that there are: a name that fits none would leave out nothing, or something else.
func TestSecondPass(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	lists := regexp.MustCompile(`(?m)^(?:BOTH_WAYS|NO_WAY) := (.*)$`).FindAllStringSubmatch(string(makefile), -1)
	if len(lists) != 2 {
		t.Fatalf("the Makefile has %d lists of tests to leave out, want 2", len(lists))
	}
	for _, list := range lists {
		for name := range strings.SplitSeq(list[1], "|") {
			if !strings.Contains(all.String(), "func "+name+"(t *testing.T)") {
				t.Errorf("there is no test %s", name)
			}
			if n := strings.Count(all.String(), "func "+name); n > 1 {
				t.Errorf("%s is the beginning of %d tests", name, n)
			}
		}
	}
}
