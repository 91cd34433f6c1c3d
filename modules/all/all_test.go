package all_test

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/all"
)

// TestEveryModuleIsDocumented builds the registry, which panics on an argument without a document.
func TestEveryModuleIsDocumented(t *testing.T) {
	r := modules.NewRegistry(all.Specs()...)
	for _, name := range r.Names() {
		m, ok := r.Lookup("ansible.builtin." + name)
		if !ok {
			t.Errorf("%s is not found by its full name", name)
			continue
		}
		if m.Long == "" || !strings.HasSuffix(m.Long, ".") {
			t.Errorf("%s has no long text of whole sentences", name)
		}
		if strings.HasSuffix(m.Short, ".") {
			t.Errorf("the summary of %s is no sentence: leave the full stop out", name)
		}
		for _, a := range m.Args {
			if !strings.HasSuffix(a.Doc, ".") {
				t.Errorf("%s: the document of %s is no sentence: %q", name, a.Name, a.Doc)
			}
		}
	}
}

// TestEveryModuleIsListed looks for folders of modules that are in no list.
func TestEveryModuleIsListed(t *testing.T) {
	listed := map[string]bool{}
	for _, s := range all.Specs() {
		listed[filepath.Base(reflect.TypeOf(s.New()).Elem().PkgPath())] = true
	}
	tests, err := filepath.Glob("../*/testdata")
	if err != nil || len(tests) < len(listed) {
		t.Fatalf("%d of %d modules have fixtures (%v)", len(tests), len(listed), err)
	}
	for _, dir := range tests {
		name := filepath.Base(filepath.Dir(dir))
		if name != "moduletest" && !listed[name] {
			t.Errorf("module %s is in no list", name)
		}
	}
}

// TestNewGivesATaskOfItsOwn guards against constructors that share maps, slices or pointers.
func TestNewGivesATaskOfItsOwn(t *testing.T) {
	for _, s := range all.Specs() {
		a, b := s.New(), s.New()
		if a == b {
			t.Errorf("%s gives the same task twice", s.Name)
		}
		if _, err := json.Marshal(a); err != nil {
			t.Errorf("a task of %s has no JSON form: %v", s.Name, err)
		}
	}
}
