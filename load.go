package pfrun

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
	"github.com/pfrun/pfrun/internal/word"
	"github.com/pfrun/pfrun/inventory"
	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/all"
	"github.com/pfrun/pfrun/playbooks"
)

type unknown = jinja.Unknown

// Project is playbooks with their inventory and variables, loaded and checked.
type Project struct {
	options  Options
	env      *jinja.Env
	registry *modules.Registry
	loader   *play.Loader
	books    []*play.Playbook
	invMu    sync.Mutex // held by who looks at inv while a run is under way
	inv      *inventory.Inventory
	added    map[string]*jinja.Dict // variables of hosts that add_host gave
	compiler *layerCompiler
	limit    map[string]bool // names of the hosts that --limit leaves; nil: all
	extra    *jinja.Dict
	vars     *vars.Store
	secrets  vars.Secrets
	opener   *opener
	faults   diag.List
	odd      warner
	baseDir  string // in place of the folder of the first playbook; only where there is no playbook
}

// Load reads playbooks, inventory and variables, and checks all that can be checked without a host. The error is an *InvalidError; the project then only serves for its warnings.
func Load(o Options) (*Project, error) {
	bad := o.complete()
	p := &Project{options: o, registry: modules.NewRegistry(append(all.Specs(), word.Specs()...)...), added: map[string]*jinja.Dict{}}
	p.faults.AddError(diag.Pos{}, bad)
	p.opener = newOpener(o.VaultSecrets, &p.secrets)
	p.env = p.newEnv()
	p.secrets.Add(o.BecomePassword)
	p.secrets.Add(o.ConnectionPassword)
	for _, w := range o.Settings.Warnings {
		p.faults.Add(diag.Warnf(diag.Pos{}, "%s", w))
	}
	p.loadExtra()
	p.loader = p.newLoader()
	for _, path := range o.Playbooks {
		book, faults := p.loader.Playbook(path)
		for _, d := range faults {
			if d.Hint == "" && !d.Pos.IsValid() {
				d.Hint = shipped(d.Err)
			}
		}
		p.faults.Add(faults...)
		p.books = append(p.books, book)
	}
	if o.AdHoc != nil {
		p.loadAdHoc(o.AdHoc)
		p.loadInventory(".")
	} else {
		p.loadInventory()
	}
	if len(p.faults.Errors()) == 0 {
		p.loadVariables()
	}
	if len(p.faults.Errors()) == 0 {
		p.checkHosts()
		p.checkStart()
	}
	return p, p.invalid()
}

func (p *Project) invalid() error {
	if errs := p.faults.Errors(); len(errs) > 0 {
		return &InvalidError{Diagnostics: errs}
	}
	return nil
}

// Warnings gives what is odd in the files, though no error.
func (p *Project) Warnings() []*Diagnostic { return p.faults.Warnings() }

// Mask replaces every secret of the run in a text.
func (p *Project) Mask(text string) string { return p.secrets.Mask(text) }

// newLoader makes what reads playbooks and all that they name.
func (p *Project) newLoader() *play.Loader {
	set := p.options.Settings
	return play.NewLoader(play.Options{
		Env: p.env, Registry: p.registry, Read: p.readSource, RolesPath: set.RolesPath, CollectionsPath: set.CollectionsPath,
		Scope: func(pl *play.Play, more ...*jinja.Dict) jinja.Scope {
			return vars.New(vars.Options{Extra: p.extra, Magic: p.magic()}).Scope(vars.View{Play: pl, Included: more})
		},
		MissingHandler: !set.ErrorOnMissingHandler, PrivateRoles: set.PrivateRoleVars, Late: p.options.Lenient,
	})
}

// readSource reads a file of a playbook or role, decrypted. A playbook that is not there may be one that ships with pfrun.
func (p *Project) readSource(path string) (*diag.Source, error) {
	b, err := os.ReadFile(path)
	text := string(b)
	if errors.Is(err, fs.ErrNotExist) {
		if shipped, ok := playbooks.Open(path); ok {
			text, err = shipped, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return p.opener.source(path, text)
}

// Ships reports whether a playbook ships with pfrun: it can be run by this path where no such file is there.
func Ships(path string) bool {
	_, ok := playbooks.Open(path)
	return ok
}

func shipped(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "pfrun ships with " + strings.Join(playbooks.Names(), ", ")
	}
	return ""
}

// reason is the cause of a file error without the path, which the message names already.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// bookDir is the folder of the first playbook: group_vars and host_vars are looked for there too.
func (p *Project) bookDir() string {
	if len(p.options.Playbooks) == 0 {
		return cmp.Or(p.baseDir, ".")
	}
	return filepath.Dir(p.options.Playbooks[0])
}
