package jinja

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var versionOps = map[string]string{
	"==": "==", "=": "==", "eq": "==", "<": "<", "lt": "<", "<=": "<=", "le": "<=", ">": ">", "gt": ">", ">=": ">=", "ge": ">=", "!=": "!=", "<>": "!=", "ne": "!=",
}

// testVersion compares versions: loosely as distutils does, strictly, as Semantic Versioning or as PEP 440 (in its common part).
func testVersion(c *Call) (bool, error) {
	op, ok := versionOps[c.Text(1, "eq")]
	if !ok {
		return false, fmt.Errorf("invalid version operator %q", c.Text(1, ""))
	}
	for i, v := range []Value{c.In, c.args[0]} {
		if t, _, err := Truth(v); !t || err != nil {
			return false, []error{errNoVersion, errNoOther}[i]
		}
	}
	if c.Arg(2, nil) != nil && c.Arg(3, nil) != nil {
		return false, errors.New("strict and version_type exclude one another")
	}
	a, b := c.input(), c.Text(0, "")
	kind := c.Text(3, "loose")
	if c.Bool(2, false) {
		kind = "strict"
	}
	parse, ok := versionKinds[kind]
	if !ok {
		return false, fmt.Errorf("invalid version type %q: loose, strict, semver, semantic and pep440 are known", kind)
	}
	x, err := parse(a)
	if err != nil {
		return false, err
	}
	y, err := parse(b)
	if err != nil {
		return false, err
	}
	if i := firstDifferent(x, y); kind == "loose" && i < min(len(x), len(y)) && x[i].word != y[i].word {
		return false, fmt.Errorf("the versions %s and %s cannot be compared: one has a word where the other has a number", Repr(a), Repr(b))
	}
	return orderHolds(op, slices.CompareFunc(x, y, comparePart)), nil
}

func firstDifferent(x, y []versionPart) int {
	i := 0
	for i < len(x) && i < len(y) && x[i] == y[i] {
		i++
	}
	return i
}

// versionPart is a number or a word; a number is less than a word. In a loose version the two cannot be compared.
type versionPart struct {
	word   bool
	number uint64
	text   string
}

func comparePart(a, b versionPart) int {
	if a.word != b.word {
		if a.word {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text))
}

var versionKinds = map[string]func(string) ([]versionPart, error){
	"loose": looseVersion, "strict": strictVersion, "semver": semVersion, "semantic": semVersion, "pep440": pepVersion,
}

var loosePart = regexp.MustCompile(`[0-9]+|[a-z]+|[^0-9a-z.]+`)

func looseVersion(s string) ([]versionPart, error) {
	var parts []versionPart
	for _, p := range loosePart.FindAllString(s, -1) {
		n, err := strconv.ParseUint(p, 10, 64)
		parts = append(parts, versionPart{word: err != nil, number: n, text: wordOnly(p, err != nil)})
	}
	return parts, nil
}

func wordOnly(s string, word bool) string {
	if word {
		return s
	}
	return ""
}

func numbers(ss ...string) []versionPart {
	parts := make([]versionPart, len(ss))
	for i, s := range ss {
		parts[i].number, _ = strconv.ParseUint(s, 10, 64)
	}
	return parts
}

var (
	strictForm = regexp.MustCompile(`^(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?$`)
	semForm    = regexp.MustCompile(`^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$`)
	pepForm    = regexp.MustCompile(`^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:(?:[-_.]?(?:post|rev|r)[-_.]?|-)(\d+))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+.*)?$`)
)

// final is the part that puts a version after its pre-releases.
var final = versionPart{word: true, text: "~"}

func strictVersion(s string) ([]versionPart, error) {
	m := strictForm.FindStringSubmatch(s)
	if m == nil {
		return nil, fmt.Errorf("invalid version number '%s'", s)
	}
	parts := numbers(m[1], m[2], m[3])
	if m[4] == "" {
		return append(parts, final), nil
	}
	return append(append(parts, versionPart{word: true, text: m[4]}), numbers(m[5])...), nil
}

func semVersion(s string) ([]versionPart, error) {
	m := semForm.FindStringSubmatch(s)
	if m == nil {
		return nil, fmt.Errorf("invalid semantic version '%s'", s)
	}
	parts := numbers(m[1], m[2], m[3])
	if m[4] == "" {
		return append(parts, final), nil
	}
	for p := range strings.SplitSeq(m[4], ".") {
		n, err := strconv.ParseUint(p, 10, 64)
		parts = append(parts, versionPart{word: err != nil, number: n, text: wordOnly(p, err != nil)})
	}
	return parts, nil
}

// pepVersion reads epoch, release without its zeros at the end, pre-release, post-release and development release.
func pepVersion(s string) ([]versionPart, error) {
	m := pepForm.FindStringSubmatch(strings.ToLower(strings.TrimSpace(s)))
	if m == nil {
		return nil, fmt.Errorf("invalid version: '%s'", s)
	}
	parts := numbers(m[1])
	release := strings.Split(m[2], ".")
	for len(release) > 1 && strings.Trim(release[len(release)-1], "0") == "" {
		release = release[:len(release)-1]
	}
	for _, p := range numbers(release...) {
		parts = append(parts, versionPart{word: true, number: p.number + 1})
	}
	pre := final
	switch {
	case m[3] != "":
		word := map[string]string{"a": "a", "alpha": "a", "b": "b", "beta": "b"}[m[3]]
		pre = versionPart{word: true, text: cmp.Or(word, "rc")}
	case m[6] != "" && m[5] == "":
		pre = versionPart{word: true, text: " "}
	}
	pre.word = false
	parts = append(parts, pre)
	parts = append(parts, numbers(m[4])...)
	post := versionPart{}
	if m[5] != "" {
		post = numbers(m[5])[0]
		post.number++
	}
	dev := final
	if m[6] != "" {
		dev = numbers(m[7])[0]
	}
	return append(parts, post, dev), nil
}
