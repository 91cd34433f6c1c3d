package pfrun_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// notInHelper is what the helper must not link, by the beginning of its path: what belongs to the control node, and what would make it large.
var notInHelper = []string{
	modulePath + "/internal/yamlsrc", modulePath + "/internal/jinja", modulePath + "/internal/lazy", modulePath + "/internal/vars", modulePath + "/internal/play",
	modulePath + "/internal/engine", modulePath + "/internal/netclient", modulePath + "/internal/transport/ssh", modulePath + "/internal/helper/binary", modulePath + "/inventory",
	modulePath + "/modules/all", modulePath + "/cmd/pfrun/",
	"golang.org/x/crypto", "github.com/pkg/sftp", "github.com/goccy", "github.com/spf13", "net/http", "crypto/tls", "text/template", "html/template",
}

// TestHelperLinks follows the imports of the helper to their end.
func TestHelperLinks(t *testing.T) {
	all := parseImports(t)
	linked := linkedBy(all, "cmd/pfrun-helper")
	for _, must := range []string{"modules/ontarget", "internal/target", "modules/lineinfile"} {
		if !linked[modulePath+"/"+must] {
			t.Errorf("the helper does not link %s: is the list of its imports whole?", must)
		}
	}
	for _, imp := range slices.Sorted(maps.Keys(linked)) {
		if forbidden(imp) {
			t.Errorf("the helper links %s", imp)
		}
	}
	for dir := range all { // what must not be linked is noticed where it is
		if dir == "cmd/pfrun" && !slices.ContainsFunc(slices.Collect(maps.Keys(linkedBy(all, dir))), forbidden) {
			t.Error("nothing that the helper must not link was found in pfrun itself")
		}
	}
}

func forbidden(imp string) bool {
	return imp == modulePath || slices.ContainsFunc(notInHelper, func(p string) bool { return imp == p || strings.HasPrefix(imp, strings.TrimSuffix(p, "/")+"/") })
}

// linkedBy gives all that a package imports, and what that imports, as far as it is pfrun's own.
func linkedBy(all imports, dir string) map[string]bool {
	linked := map[string]bool{}
	var follow func(dir string)
	follow = func(dir string) {
		for _, imp := range all[dir] {
			if linked[imp] {
				continue
			}
			linked[imp] = true
			switch own, isOwn := strings.CutPrefix(imp, modulePath); {
			case isOwn && own == "":
				follow(".")
			case isOwn:
				follow(strings.TrimPrefix(own, "/"))
			}
		}
	}
	follow(dir)
	return linked
}
