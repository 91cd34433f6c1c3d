package engine

import (
	"fmt"

	"github.com/pfrun/pfrun/internal/diag"
	"github.com/pfrun/pfrun/internal/event"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/play"
	"github.com/pfrun/pfrun/internal/vars"
)

// prompts asks for what a play wants to know, but for what -e says already. Where nobody is there to ask, the default is the answer.
func (r *run) prompts(p *play.Play) error {
	for _, q := range p.Prompts {
		scope := r.Vars.Scope(vars.View{Play: p})
		if r.Vars.HasExtra(q.Name) {
			continue
		}
		answer, err := r.ask(q, scope)
		if err != nil {
			return err
		}
		r.Vars.Answer(p, q.Name, answer)
	}
	return nil
}

func (r *run) ask(q play.Prompt, scope jinja.Scope) (jinja.Value, error) {
	fallback, err := optionalText(r.hard, q.Default, scope)
	if err != nil {
		return nil, err
	}
	if r.Prompt == nil {
		r.warnOnce(event.Warning{Diagnostic: diag.Warnf(q.Pos, "Not prompting as we are not in interactive mode")})
		if q.Default == nil {
			return nil, nil
		}
		return r.encrypted(q, fallback)
	}
	text, err := optionalText(r.hard, q.Text, scope)
	if err != nil {
		return nil, err
	}
	if text == "" {
		text = "input for " + q.Name
	}
	if q.Default != nil {
		text += fmt.Sprintf(" [%s]", fallback)
	}
	answer, err := r.Options.Prompt(r.soft, Prompt{Text: text + ": ", Hidden: q.Private, Confirm: q.Confirm})
	if err != nil {
		return nil, err
	}
	if answer == "" && q.Default != nil {
		answer = fallback
	}
	v, err := r.encrypted(q, answer)
	if hash, ok := v.(string); ok && q.Private && q.Encrypt != "" {
		r.hide(hash)
	}
	return v, err
}

// hide has a text masked from now on.
func (r *run) hide(text string) {
	if r.Secret != nil {
		r.Secret(text)
	}
}

// encrypted makes a hash of an answer where the play wants one.
func (r *run) encrypted(q play.Prompt, answer string) (jinja.Value, error) {
	if q.Encrypt == "" {
		return answer, nil
	}
	if r.Encrypt == nil {
		return nil, diag.Errorf(q.Pos, "vars_prompt: encrypt cannot be had here")
	}
	v, err := r.Encrypt(r.hard, answer, q)
	if err != nil {
		return nil, &diag.Diagnostic{Pos: q.Pos, Message: err.Error(), Err: err}
	}
	return v, nil
}
