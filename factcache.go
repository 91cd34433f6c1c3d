package pfrun

import "github.com/pfrun/pfrun/internal/vars"

// factCache gives what keeps facts beyond the run, as the settings say; nil: nothing does.
func (p *Project) factCache() vars.FactCache { return nil }
