package engine

import (
	"strings"

	"github.com/pfrun/pfrun/internal/argspec"
	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/word"
	"github.com/pfrun/pfrun/modules"
)

// validateSpec checks the variables that a spec names, and what the task provides in their place.
func (ht *hostTask) validateSpec(t *word.ValidateArgumentSpec, scope jinja.Scope) ending {
	spec, _ := t.ArgumentSpec.(*jinja.Dict)
	if spec == nil {
		spec = jinja.NewDict()
	}
	provided, _ := t.ProvidedArguments.(*jinja.Dict)
	args, err := argspec.Arguments(ht.looking, spec, provided, scope)
	if err != nil {
		return ht.wordFailed(err)
	}
	result := map[string]any{}
	if about, ok := t.ValidateArgsContext.(*jinja.Dict); ok {
		result["validate_args_context"] = jinja.ToGo(about)
	}
	_, faults, secrets := argspec.Validate(spec, args)
	for _, text := range secrets {
		ht.hide(text)
	}
	if len(faults) == 0 {
		result["msg"] = "The arg spec validation passed"
		return ht.done(&modules.Plan{Result: result}, false)
	}
	errs := make([]any, len(faults))
	for i, f := range faults {
		errs[i] = f
	}
	result["argument_errors"], result["argument_spec_data"] = errs, jinja.ToGo(spec)
	msg := "Validation of arguments failed:\n" + strings.Join(faults, "\n")
	result["msg"] = msg
	return ht.done(&modules.Plan{Result: result, Unmet: msg}, false)
}
