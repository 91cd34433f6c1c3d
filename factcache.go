package pfrun

import (
	"strings"
	"time"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/factcache"
	"github.com/pfrun/pfrun/internal/vars"
)

// factCache gives what keeps facts beyond the run, as the settings say; nil: nothing does. Where the options say so it is emptied first.
func (p *Project) factCache() vars.FactCache {
	set := p.options.Settings
	if strings.TrimPrefix(set.FactCache, "ansible.builtin.") != "jsonfile" {
		return nil
	}
	files, err := factcache.NewFiles(factcache.Options{
		Dir: set.FactCachePath, Prefix: set.FactCachePrefix, Timeout: time.Duration(set.FactCacheTimeout) * time.Second,
		Warn: func(text string) { p.odd.warn(diag.Warnf(diag.Pos{}, "%s", text)) },
	})
	if err != nil {
		p.faults.AddError(diag.Pos{}, err)
		return nil
	}
	if p.options.FlushCache {
		files.Clear("localhost")
		for _, h := range p.inv.Hosts {
			files.Clear(h.Name)
		}
	}
	return files
}
