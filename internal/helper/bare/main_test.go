package main

import (
	"strings"
	"testing"
)

func TestStrip(t *testing.T) {
	const source = "package m\n\ntype Task struct {\n\tA string `arg:\"a,required\" doc:\"First \\\\1, \\\"x\\\".\"`\n\tB string `doc:\"Second.\" arg:\"b\"`\n\tC int `wire:\"c\"`\n}\n\n" +
		"func Spec() modules.Spec {\n\treturn modules.Spec{\n\t\tName:  \"m\",\n\t\tShort: \"does it\",\n\t\tLong: \"one\\n\" +\n\t\t\t\"two\",\n\t\tNew: nil,\n\t}\n}\n\nvar line19 = other{Short: \"stays\"}\n"
	got, err := Strip([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{"First", "Second", "does it", "one", "two", "arg:", "wire:"} {
		if strings.Contains(string(got), gone) {
			t.Errorf("%q is still there", gone)
		}
	}
	for _, there := range []string{"\tA string \n\tB string \n", "Name:  \"m\"", `other{Short: "stays"}`} {
		if !strings.Contains(string(got), there) {
			t.Errorf("%s is gone", there)
		}
	}
	if lineOf(source) != lineOf(string(got)) {
		t.Errorf("lines have moved:\n%s", got)
	}
	if _, err := Strip([]byte("package")); err == nil {
		t.Error("what is no source is taken")
	}
}

func lineOf(text string) int {
	before, _, _ := strings.Cut(text, "line19")
	return strings.Count(before, "\n")
}
