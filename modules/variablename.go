package modules

import (
	"fmt"
	"regexp"
	"slices"
)

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// keywords are the words of Python that can be no name there, and so none in Ansible.
var keywords = []string{
	"False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global",
	"if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
}

// CheckVariableName says why a variable cannot have a name; nil: it can.
func CheckVariableName(name string) error {
	if identifier.MatchString(name) && !slices.Contains(keywords, name) {
		return nil
	}
	why := fmt.Sprintf("variable name '%s' is not valid. Variables must start with a letter or underscore character, and contain only letters, numbers and underscores", name)
	return &ArgumentError{Message: "the " + why, Words: "The " + why + "."}
}
