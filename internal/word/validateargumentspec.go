package word

import (
	"errors"

	"github.com/pfrun/pfrun/modules"
)

// ValidateArgumentSpec is the word validate_argument_spec. A role with argument specs begins with one that the loader puts there.
type ValidateArgumentSpec struct {
	engine
	ArgumentSpec        any `arg:"argument_spec,required" doc:"Mapping of variables' names to what they must be, in the form that a role's argument specs have below options."`
	ProvidedArguments   any `arg:"provided_arguments" doc:"Mapping of further values to look at, above the variables of their names."`
	ValidateArgsContext any `arg:"validate_args_context" doc:"Mapping that says for whom this is; it is part of the result."`
}

func validateArgumentSpec() modules.Spec {
	return modules.Spec{
		Name:  "validate_argument_spec",
		Short: "check variables against a description of them",
		Long:  "Checks that the variables which a role needs are there, and are of the right type and among the choices. All faults are told at once.",
		New:   func() modules.Task { return &ValidateArgumentSpec{} },
	}
}

// Validate wants mappings.
func (t *ValidateArgumentSpec) Validate() error {
	switch {
	case !isMapping(t.ArgumentSpec):
		return errors.New("incorrect type for argument_spec, expected a mapping")
	case !isMapping(t.ProvidedArguments):
		return errors.New("incorrect type for provided_arguments, expected a mapping")
	}
	return nil
}
