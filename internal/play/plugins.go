package play

import (
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pfrun/pfrun/internal/diag"
)

// plugins are the modules that roles and playbooks bring with them: Python, which pfrun does not run.
type plugins struct{ modules sync.Map }

func (p *plugins) has(name string) bool {
	_, ok := p.modules.Load(name)
	return ok
}

// pluginFolders are the folders of plug-ins beside library.
var pluginFolders = strings.Fields(`action_plugins become_plugins cache_plugins callback_plugins cliconf_plugins connection_plugins doc_fragments filter_plugins httpapi_plugins
	inventory_plugins lookup_plugins module_utils netconf_plugins shell_plugins strategy_plugins terminal_plugins test_plugins vars_plugins`)

// announcePlugins tells of the plug-ins that a role or playbook has in a folder beside it.
func (l *loading) announcePlugins(pos diag.Pos, who, dir string) {
	library := pythonIn(filepath.Join(dir, "library"))
	for _, name := range library {
		l.plugins.modules.Store(strings.TrimSuffix(name, ".py"), true)
	}
	var found []string
	if len(library) > 0 {
		found = append(found, "library/"+library[0])
	}
	for _, folder := range pluginFolders {
		if files := pythonIn(filepath.Join(dir, folder)); len(files) > 0 {
			found = append(found, folder+"/"+files[0])
		}
	}
	if len(found) > 0 {
		l.announce(pos, "%s brings plug-ins that pfrun does not run: %s", who, strings.Join(found, ", ")).WithHint("tasks that use them fail when they are reached")
	}
}

// pythonIn gives the names of the Python files in a folder.
func pythonIn(dir string) []string {
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".py") && e.Name() != "__init__.py" {
			names = append(names, e.Name())
		}
	}
	return names
}
