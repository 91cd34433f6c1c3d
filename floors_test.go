package pfrun_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/pfrun/pfrun"

// floors holds the packages of each floor, lowest first. A package imports only from lower floors; a pattern that ends in /* means every package right below it. Changing the
// table is a decision (docs/decisions), not a mend.
var floors = [][]string{
	{"modules/change", "internal/diag", "internal/ansiblecfg", "internal/pyre", "internal/pyrandom", "internal/netaddr", "internal/vault"},
	{"modules/host", "internal/yamlsrc", "internal/jinja", "internal/netclient", "internal/event", "internal/facts", "internal/postfix", "internal/sockets", "internal/wire"},
	{"modules", "modules/host/mem", "modules/host/hosttest", "inventory", "internal/argspec", "internal/factcache", "internal/lazy", "internal/lookup", "internal/transport"},
	{"internal/play", "internal/word", "internal/transport/shell", "internal/transport/stream", "modules/moduletest"},
	{"internal/vars", "internal/transport/*", "modules/*"},
	{"internal/target"},
	{"modules/ontarget", "internal/helper"},
	{"modules/all", "internal/helper/*", "cmd/pfrun-helper", "internal/engine", "playbooks"},
	{"."},
	{"cmd/pfrun/internal/render"},
	{"cmd/pfrun/internal/cli"},
	{"cmd/pfrun"},
	{"integration/lab", "integration/lab/*", "integration/scripts/*", "integration/conformance", "integration/conformance/*"},
	{"integration", "integration/parity", "integration/parity/generated"},
}

// moduleStd is what packages of modules may import of the standard library: nothing that reaches past the Reader they are given.
var moduleStd = strings.Fields(`bytes cmp context encoding/base64 encoding/hex encoding/json errors fmt io io/fs iter maps math net/netip path regexp slices sort strconv strings
	sync text/tabwriter time unicode unicode/utf8 unicode/utf16 crypto/sha256 crypto/sha1 embed`)

var moduleOwn = []string{"modules", "modules/change", "modules/host", "internal/facts", "internal/postfix", "internal/sockets", "internal/netclient", "internal/pyre", "internal/diag"}

// notModules stand below modules/ and are none themselves.
var notModules = []string{"modules/change", "modules/host", "modules/moduletest", "modules/ontarget", "modules/all"}

// owners holds the packages that may import a third-party module, by the beginning of its path.
var owners = map[string][]string{
	"github.com/goccy/go-yaml":         {"internal/yamlsrc"},
	"github.com/dlclark/regexp2":       {"internal/pyre"},
	"github.com/go-crypt/crypt":        {"internal/jinja"},
	"github.com/aymanbagabas/go-udiff": {"modules/change"},
	"golang.org/x/crypto":              {"internal/transport/ssh"},
	"github.com/pkg/sftp":              {"internal/transport/ssh"},
	"github.com/kevinburke/ssh_config": {"internal/transport/ssh"},
	"github.com/spf13":                 {"cmd/pfrun/internal/cli"},
	"golang.org/x/term":                {"cmd/pfrun/internal/cli"},
	"golang.org/x/sys":                 {"internal/transport/local"},
	"github.com/testcontainers":        {"integration/lab"},
	"github.com/docker":                {"integration/lab"},
	"github.com/moby":                  {"integration/lab"},
}

// testOnly may be imported by every test.
var testOnly = []string{"github.com/google/go-cmp", "github.com/rogpeppe/go-internal"}

// never holds what a package must not import though it stands higher.
var never = map[string][]string{
	"internal/engine":  {"internal/transport", "internal/target", "modules/ontarget", "modules/all", "playbooks"},
	"cmd/pfrun-helper": {".", "internal/yamlsrc", "internal/jinja", "internal/play", "internal/netclient", "internal/transport/ssh"},
}

// imports is what a package's own files import; files of tests are not looked at, they may reach across.
type imports map[string][]string

func TestFloors(t *testing.T) {
	for dir, imported := range parseImports(t) {
		at := floor(dir)
		if at < 0 {
			t.Errorf("package %s stands on no floor: add it to the table", dir)
			continue
		}
		for _, imp := range imported {
			checkImport(t, dir, at, imp)
		}
	}
}

func checkImport(t *testing.T, dir string, at int, imp string) {
	t.Helper()
	own, isOwn := strings.CutPrefix(imp, modulePath)
	switch {
	case isOwn:
		own = strings.TrimPrefix(own, "/")
		if own == "" {
			own = "."
		}
		if below := floor(own); below >= at {
			t.Errorf("%s (floor %d) imports %s (floor %d)", dir, at, own, below)
		}
		if slices.ContainsFunc(never[dir], func(p string) bool { return own == p || strings.HasPrefix(own, p+"/") }) || (dir == "internal/engine" && isModule(own)) {
			t.Errorf("%s must never import %s", dir, own)
		}
		if isModule(dir) && !slices.Contains(moduleOwn, own) && !strings.HasPrefix(own, dir+"/") {
			t.Errorf("module %s imports %s: a module gets everything through its Reader", dir, own)
		}
	case !strings.Contains(strings.Split(imp, "/")[0], "."):
		if isModule(dir) && !slices.Contains(moduleStd, imp) {
			t.Errorf("module %s imports %q: a module gets everything through its Reader", dir, imp)
		}
	default:
		checkOwner(t, dir, imp)
	}
}

func checkOwner(t *testing.T, dir, imp string) {
	t.Helper()
	for prefix, allowed := range owners {
		if imp == prefix || strings.HasPrefix(imp, prefix+"/") {
			if !slices.Contains(allowed, dir) {
				t.Errorf("%s imports %s, whose owner is %s", dir, imp, strings.Join(allowed, ", "))
			}
			return
		}
	}
	if slices.ContainsFunc(testOnly, func(p string) bool { return strings.HasPrefix(imp, p) }) && isForTests(dir) {
		return
	}
	t.Errorf("%s imports %s, which has no owner: add it to the table", dir, imp)
}

func isForTests(dir string) bool {
	return dir == "modules/moduletest" || dir == "modules/host/hosttest" || strings.HasPrefix(dir, "integration")
}

func isModule(dir string) bool {
	return path.Dir(dir) == "modules" && !slices.Contains(notModules, dir)
}

// floor gives the number of the floor that a package stands on, or -1. A package that is named stands where it is named; a pattern is second.
func floor(dir string) int {
	wild := -1
	for i, packages := range floors {
		for _, p := range packages {
			if p == dir {
				return i
			}
			if parent, ok := strings.CutSuffix(p, "/*"); ok && strings.HasPrefix(dir, parent+"/") && wild < 0 {
				wild = i
			}
		}
	}
	return wild
}

func parseImports(t *testing.T) imports {
	t.Helper()
	found := imports{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != "." || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(p))
		found[dir] = append(found[dir], importPaths(t, file.Imports)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func importPaths(t *testing.T, specs []*ast.ImportSpec) []string {
	t.Helper()
	var paths []string
	for _, spec := range specs {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}

// TestFloorsNoticeViolations holds the test itself: what must be refused is refused.
func TestFloorsNoticeViolations(t *testing.T) {
	for _, c := range []struct{ dir, imp string }{
		{"modules/lineinfile", "os"},
		{"modules/lineinfile", "os/exec"},
		{"modules/lineinfile", "net"},
		{"modules/lineinfile", modulePath + "/internal/jinja"},
		{"internal/jinja", modulePath + "/internal/engine"},
		{"internal/engine", modulePath + "/internal/target"},
		{"internal/engine", modulePath},
		{"internal/play", "github.com/goccy/go-yaml"},
		{"internal/engine", "github.com/nobody/knows"},
	} {
		if !refused(c.dir, c.imp) {
			t.Errorf("%s may import %s", c.dir, c.imp)
		}
	}
}

// refused reports whether checkImport complains.
func refused(dir, imp string) bool {
	probe := &testing.T{}
	checkImport(probe, dir, floor(dir), imp)
	return probe.Failed()
}
