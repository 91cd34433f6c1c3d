package modules

import "reflect"

// Expression is an argument that is a bare expression, such as an item of assert's `that`: the engine evaluates it before the task is decoded.
type Expression struct {
	Source    string // as it stands in the playbook
	Value     any    // what it gives; for a condition only Truth counts
	Truth     bool
	Known     bool  // false: it depends on the outcome of a change that was only planned
	Undefined bool  // it names a variable that is not defined; of one that is shown the value says so
	Err       error // why it could not be evaluated
}

var expressionType = reflect.TypeFor[Expression]()

// IsExpression reports whether an argument holds an expression or a list of them. The engine compiles these instead of rendering them.
func (a Arg) IsExpression() bool {
	return a.Type == expressionType || a.Type == reflect.TypeFor[*Expression]() || (a.Type.Kind() == reflect.Slice && a.Type.Elem() == expressionType)
}

// IsList reports whether an argument takes a list.
func (a Arg) IsList() bool { return a.Type.Kind() == reflect.Slice }

// NameTemplater is an OpenTask the names of whose arguments may be templates, as those of set_fact.
type NameTemplater interface{ NamesAreTemplates() }

// OpenTask is a Task that takes arguments of any name, as set_fact does. It gets those that are not declared; an error refuses the name or the value.
type OpenTask interface {
	SetArgument(name string, value any) error
}

// TakesUnknown reports whether an argument may be given what only a real run can tell: one of type any, which is passed on and not looked into.
func (a Arg) TakesUnknown() bool { return a.Type.Kind() == reflect.Interface }
