package play

import (
	"strconv"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

var promptKeys = map[string]func(*loading, *Prompt, *yamlsrc.Node){
	"name":    func(l *loading, p *Prompt, n *yamlsrc.Node) { p.Name, _ = l.text("name", n) },
	"prompt":  func(l *loading, p *Prompt, n *yamlsrc.Node) { p.Text, p.HasPrompt = l.name(n), n.Kind != yamlsrc.Null },
	"private": func(l *loading, p *Prompt, n *yamlsrc.Node) { p.Private = l.flag("private", n) },
	"confirm": func(l *loading, p *Prompt, n *yamlsrc.Node) { p.Confirm = l.flag("confirm", n) },
	"unsafe":  func(l *loading, p *Prompt, n *yamlsrc.Node) { p.Unsafe = l.flag("unsafe", n) },
	"encrypt": func(l *loading, p *Prompt, n *yamlsrc.Node) { p.Encrypt, _ = l.text("encrypt", n) },
	"salt":    func(l *loading, p *Prompt, n *yamlsrc.Node) { p.Salt, _ = l.text("salt", n) },
	"salt_size": func(l *loading, p *Prompt, n *yamlsrc.Node) {
		size, err := strconv.Atoi(n.Text)
		if err != nil || size < 1 {
			l.fault(n.Pos, "salt_size must be a whole number, not %s", shown(n))
		}
		p.SaltSize = size
	},
	"default": func(l *loading, p *Prompt, n *yamlsrc.Node) { p.Default = l.value(n) },
}

// prompts reads vars_prompt: what the user is asked before the play.
func (l *loading) prompts(p *Play, n *yamlsrc.Node) {
	for _, item := range list(n) {
		if item.Kind != yamlsrc.Mapping {
			l.fault(item.Pos, "vars_prompt needs a mapping for each question, not %s", item.Kind.WithArticle())
			continue
		}
		prompt := Prompt{Pos: item.Pos, Private: true}
		for _, e := range item.Entries {
			if set, ok := promptKeys[e.Key.Text]; ok {
				if e.Value.Kind != yamlsrc.Null {
					set(l, &prompt, e.Value)
				}
				continue
			}
			l.fault(e.Key.Pos, "Invalid vars_prompt data structure, found unsupported key '%s'", e.Key.Text).Hint = diag.DidYouMean(e.Key.Text, names(promptKeys))
		}
		switch {
		case item.Get("name") == nil:
			l.fault(item.Pos, "Invalid vars_prompt data structure, missing 'name' key")
		case !isName(prompt.Name):
			l.fault(item.Get("name").Pos, "%q cannot be the name of a variable", prompt.Name)
		default:
			p.Prompts = append(p.Prompts, prompt)
		}
	}
}
