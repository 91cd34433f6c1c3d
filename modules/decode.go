package modules

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/diag"
)

// Given is an argument as a task gives it.
type Given struct {
	Name string
	// Value is nil, a bool, an int64, a float64, a string, a []any or a map[string]any.
	Value any
	// Raw is the value as the expressions of the playbook have it. Arguments of type any and those of an OpenTask get it untouched; nil: they get Value.
	Raw any
	// Template says that the value, or something in it, is yet to be computed: only the name is checked.
	Template bool
	NamePos  diag.Pos
	Pos      diag.Pos // of the value
}

// Check looks at arguments as they stand in the playbook: names, aliases, required ones, and the types of literal values. It gives every fault, in order of position.
func (m *Module) Check(pos diag.Pos, given []Given) diag.List {
	_, faults := m.decode(pos, given, m.New())
	return faults
}

// Decode makes the task of computed arguments. It gives every fault at once.
func (m *Module) Decode(pos diag.Pos, given []Given) (Task, error) {
	task := m.New()
	complete, faults := m.decode(pos, given, task)
	if v, ok := task.(Validator); ok && complete && len(faults) == 0 {
		faults.AddError(pos, m.located(Guard("the module "+m.Name, v.Validate)))
	}
	return task, faults.Err()
}

func (m *Module) located(err error) error {
	if err == nil {
		return nil
	}
	located := &ArgumentError{Message: m.Name + ": " + err.Error(), Words: err.Error(), Err: err}
	if own := (*ArgumentError)(nil); errors.As(err, &own) {
		located.Words = own.Words
	}
	return located
}

// decode fills the task. complete is false where a template kept a value from being decoded.
func (m *Module) decode(pos diag.Pos, given []Given, task Task) (complete bool, faults diag.List) {
	complete = true
	seen := map[string]string{} // argument → the name it was given by
	for _, g := range given {
		arg, ok := m.Arg(g.Name)
		if !ok {
			complete = complete && !g.Template
			faults.Add(m.openArg(task, g)...)
			continue
		}
		if other, twice := seen[arg.Name]; twice {
			faults.Add(diag.Errorf(g.NamePos, "%s: %q and %q are the same argument", m.Name, other, g.Name).WithHint("keep one of them"))
			continue
		}
		seen[arg.Name] = g.Name
		if g.Template {
			complete = false
			continue
		}
		if err := setArg(task, arg, g); err != nil {
			message := fmt.Sprintf("%s: argument %q %s", m.Name, g.Name, err)
			faults.Add(&diag.Diagnostic{Pos: g.Pos, Message: message, Err: &ArgumentError{message, words(arg, message, err), err}})
		}
	}
	faults.Add(m.missing(pos, seen)...)
	faults.Sort()
	return complete, faults
}

// openArg hands an argument that is not declared to a task that takes any; to every other it is a fault.
func (m *Module) openArg(task Task, g Given) []*diag.Diagnostic {
	if free, ok := task.(FreeFormer); ok && g.Name == FreeFormName {
		return m.freeForm(free, g)
	}
	open, ok := task.(OpenTask)
	if !ok {
		return []*diag.Diagnostic{m.unknownArg(g)}
	}
	if g.Template {
		return nil
	}
	if err := open.SetArgument(g.Name, g.raw()); err != nil {
		return []*diag.Diagnostic{{Pos: g.NamePos, Message: fmt.Sprintf("%s: %s", m.Name, err), Err: err}}
	}
	return nil
}

func (m *Module) freeForm(task FreeFormer, g Given) []*diag.Diagnostic {
	if g.Template {
		return nil
	}
	text, err := Text(g.Value)
	if err == nil {
		err = task.FreeForm(text)
	}
	if err != nil {
		return []*diag.Diagnostic{{Pos: g.Pos, Message: fmt.Sprintf("%s: %s", m.Name, err), Err: err}}
	}
	return nil
}

func (g Given) raw() any {
	if g.Raw != nil {
		return g.Raw
	}
	return g.Value
}

func (m *Module) unknownArg(g Given) *diag.Diagnostic {
	if g.Name == FreeFormName {
		return diag.Errorf(g.Pos, "%s takes no free-form text", m.Name).WithHint("give its arguments by name: %s", strings.Join(m.primaryNames(), ", "))
	}
	d := diag.Errorf(g.NamePos, "%s has no argument %q", m.Name, g.Name)
	d.Hint = diag.DidYouMean(g.Name, m.argNames())
	if d.Hint == "" && len(m.Args) > 0 {
		d.Hint = "it has " + strings.Join(m.primaryNames(), ", ")
	}
	return d
}

func (m *Module) primaryNames() []string {
	names := make([]string, len(m.Args))
	for i, a := range m.Args {
		names[i] = a.Name
	}
	return names
}

func (m *Module) missing(pos diag.Pos, seen map[string]string) []*diag.Diagnostic {
	var faults []*diag.Diagnostic
	for _, a := range m.Args {
		if _, given := seen[a.Name]; a.Required && !given {
			message := fmt.Sprintf("%s: missing required argument: %s", m.Name, a.Name)
			faults = append(faults, &diag.Diagnostic{Pos: pos, Message: message, Err: &ArgumentError{Message: message, Words: missingWords + a.Name}})
		}
	}
	return faults
}

// setArg puts a value into the field of an argument. A null is as if the argument had not been given, unless it is required.
func setArg(task Task, a Arg, g Given) error {
	if g.Value == nil {
		if a.Required {
			return fmt.Errorf("is required and has no value")
		}
		return nil
	}
	field := reflect.ValueOf(task).Elem().FieldByIndex(a.index)
	target := field
	if field.Kind() == reflect.Pointer {
		target = reflect.New(field.Type().Elem()).Elem()
	}
	value := g.Value
	if target.Kind() == reflect.Interface {
		value = g.raw()
	}
	if s, ok := target.Addr().Interface().(RawSetter); ok {
		if err := s.SetRaw(g.Value, g.raw()); err != nil {
			return err
		}
	} else if err := convert(target, value); err != nil {
		return err
	}
	if err := checkChoice(a, target); err != nil {
		return err
	}
	if field.Kind() == reflect.Pointer {
		field.Set(target.Addr())
	}
	return nil
}

// choiceError says that a value is none of those that an argument can have.
type choiceError struct {
	value   string
	choices []string
}

func (e *choiceError) Error() string {
	msg := fmt.Sprintf("must be one of: %s, got: %s", strings.Join(e.choices, ", "), e.value)
	if c := diag.Closest(e.value, e.choices); c != "" {
		msg += fmt.Sprintf(" (did you mean %q?)", c)
	}
	return msg
}

func checkChoice(a Arg, v reflect.Value) error {
	if a.Choices == nil || slices.Contains(a.Choices, v.String()) {
		return nil
	}
	return &choiceError{v.String(), a.Choices}
}

// words gives what Ansible says of a value that an argument cannot have, as far as it has words of its own.
func words(a Arg, message string, err error) string {
	if c := (*choiceError)(nil); errors.As(err, &c) {
		return fmt.Sprintf("value of %s must be one of: %s, got: %s", a.Name, strings.Join(c.choices, ", "), c.value)
	}
	return message
}
