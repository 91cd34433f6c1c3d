package modules

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Arg is one argument of a module, from its struct field: `arg:"name,required,alias=other"` and `doc:"…"`.
type Arg struct {
	Name     string
	Aliases  []string
	Doc      string
	Required bool
	Secret   bool // its value is masked wherever it would be shown
	Type     reflect.Type
	Default  any      // the value in Spec.New; nil where it is the zero value
	Choices  []string // of an enumeration
	index    []int    // of the field, through embedded structs
}

// Enum is a string type with a closed set of values.
type Enum interface{ Enum() []string }

// argsOf reads the declarations. It panics on what is not declared fully.
func argsOf(s Spec) []Arg {
	v := reflect.ValueOf(s.New())
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("modules: New of %s must give a pointer to a struct", s.Name))
	}
	var args []Arg
	taken := map[string]bool{}
	for _, a := range structArgs(s.Name, v.Elem(), nil) {
		for _, name := range append([]string{a.Name}, a.Aliases...) {
			if taken[name] {
				panic(fmt.Sprintf("modules: %s has two arguments named %s", s.Name, name))
			}
			taken[name] = true
		}
		args = append(args, a)
	}
	return args
}

// structArgs reads the exported fields of a struct. An embedded struct, such as FileAttributes, gives its own. A field with a wire tag is no argument: it only travels with the
// task to where it plans, and the tag says what is in it.
func structArgs(module string, v reflect.Value, index []int) []Arg {
	var args []Arg
	for i := range v.NumField() {
		field, at := v.Type().Field(i), append(slices.Clone(index), i)
		switch {
		case !field.IsExported(), field.Tag.Get("wire") != "":
		case field.Anonymous && field.Type.Kind() == reflect.Struct:
			args = append(args, structArgs(module, v.Field(i), at)...)
		default:
			a := parseTag(module, field, at)
			if !v.Field(i).IsZero() {
				a.Default = v.Field(i).Interface()
			}
			args = append(args, a)
		}
	}
	return args
}

func parseTag(module string, field reflect.StructField, index []int) Arg {
	a := Arg{Doc: field.Tag.Get("doc"), Type: field.Type, index: index}
	words := strings.Split(field.Tag.Get("arg"), ",")
	a.Name = words[0]
	if a.Name == "" || a.Doc == "" {
		panic(fmt.Sprintf("modules: field %s of %s lacks an arg or a doc tag", field.Name, module))
	}
	for _, w := range words[1:] {
		alias, isAlias := strings.CutPrefix(w, "alias=")
		switch {
		case isAlias:
			a.Aliases = append(a.Aliases, alias)
		case w == "required":
			a.Required = true
		case w == "secret":
			a.Secret = true
		default:
			panic(fmt.Sprintf("modules: field %s of %s: unknown word %q in its arg tag", field.Name, module, w))
		}
	}
	if e, ok := reflect.Zero(base(field.Type)).Interface().(Enum); ok {
		a.Choices = e.Enum()
	}
	if !decodable(base(field.Type)) {
		panic(fmt.Sprintf("modules: field %s of %s has type %s, which no argument can have", field.Name, module, field.Type))
	}
	return a
}

// base is the type behind an optional (pointer) argument.
func base(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// Arg finds an argument by its name or an alias.
func (m *Module) Arg(name string) (Arg, bool) {
	for _, a := range m.Args {
		if a.Name == name || slices.Contains(a.Aliases, name) {
			return a, true
		}
	}
	return Arg{}, false
}

// argNames gives every name that an argument may be given by.
func (m *Module) argNames() []string {
	var names []string
	for _, a := range m.Args {
		names = append(append(names, a.Name), a.Aliases...)
	}
	return names
}
