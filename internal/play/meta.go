package play

import (
	"slices"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

var metas = []string{
	string(FlushHandlers), string(Noop), string(EndPlay), string(EndBatch), string(EndHost), string(EndRole), string(ClearFacts), string(ClearHostErrors), string(RefreshInventory),
	string(ResetConnection),
}

// meta reads an action of the engine itself.
func (l *loading) meta(d *draft, e yamlsrc.Entry) {
	word, ok := l.text("meta", e.Value)
	if !ok {
		return
	}
	if !slices.Contains(metas, word) {
		f := l.fault(e.Value.Pos, "there is no meta: %s", word).At(diag.Ended)
		if f.Hint = diag.DidYouMean(word, metas); f.Hint == "" {
			f.Hint = "there are flush_handlers, end_host, end_play and others"
		}
		return
	}
	d.Meta = Meta(word)
	switch {
	case d.Meta == EndRole && d.Handler:
		l.fault(e.Value.Pos, "Cannot execute 'end_role' from a handler")
	case d.Meta == EndRole && d.Role == nil:
		l.fault(e.Value.Pos, "Cannot execute 'end_role' from outside of a role").WithHint("end_play ends the play")
	}
	l.checkMeta(d, e.Key)
}

// checkMeta tells of keywords that the engine does not look at.
func (l *loading) checkMeta(d *draft, key *yamlsrc.Node) {
	for _, k := range d.given {
		switch k.Key.Text {
		case "args", "changed_when", "failed_when", "loop", "loop_control", "notify", "register", "until", "retries", "async", "poll", "delegate_to":
			l.warn(k.Key.Pos, "meta does not look at %s", k.Key.Text)
		}
	}
	if len(d.When) > 0 && slices.Contains([]Meta{Noop, RefreshInventory, ResetConnection}, d.Meta) {
		l.warn(key.Pos, "meta: %s does not look at its when", d.Meta)
	}
}
