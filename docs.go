package pfrun

import (
	"fmt"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/all"
)

// ModuleInfo is the documentation of a module.
type ModuleInfo struct {
	Name, Short, Long string
	Args              []ArgInfo
}

// ArgInfo is the documentation of an argument.
type ArgInfo struct {
	Name, Doc string
	Aliases   []string
	Required  bool
	Choices   []string
	Default   string // empty: none
}

// Modules gives the documentation of every module, in the order of their names.
func Modules() []ModuleInfo {
	registry := modules.NewRegistry(all.Specs()...)
	var infos []ModuleInfo
	for _, name := range registry.Names() {
		m, _ := registry.Lookup(name)
		infos = append(infos, info(m))
	}
	return infos
}

// ModuleDoc gives the documentation of one module, by any of its names.
func ModuleDoc(name string) (ModuleInfo, error) {
	registry := modules.NewRegistry(all.Specs()...)
	m, ok := registry.Lookup(name)
	if !ok {
		hint := registry.Suggest(name)
		if hint != "" {
			hint = "; " + hint
		}
		return ModuleInfo{}, fmt.Errorf("there is no module %q%s", name, hint)
	}
	return info(m), nil
}

func info(m *modules.Module) ModuleInfo {
	i := ModuleInfo{Name: m.Name, Short: m.Short, Long: m.Long}
	for _, a := range m.Args {
		arg := ArgInfo{Name: a.Name, Doc: a.Doc, Aliases: a.Aliases, Required: a.Required, Choices: a.Choices}
		if a.Default != nil {
			arg.Default = fmt.Sprint(a.Default)
		}
		i.Args = append(i.Args, arg)
	}
	return i
}
