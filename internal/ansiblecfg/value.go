package ansiblecfg

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// convert gives a value its kind; nil: it was not set and has no default.
func (r *reader) convert(s *Setting, raw raw) (any, error) {
	if raw.text == "" && raw.origin == "" {
		return nil, nil
	}
	value, ok := r.typed(s, raw)
	if !ok {
		return nil, fmt.Errorf("%s: %q is no value for the setting %s, which is of the kind %s", raw.origin, raw.text, s.Name, kindNames[s.Kind])
	}
	if s.Choices != nil && !allowed(s, value) {
		return nil, fmt.Errorf("%s: %q is no value for the setting %s, which is one of %s", raw.origin, raw.text, s.Name, strings.Join(s.Choices, ", "))
	}
	return value, nil
}

func raw0(s *Setting) raw { return raw{text: s.Default} }

var kindNames = map[string]string{
	"bool": "yes or no", "int": "a whole number", "float": "a number", "str": "text", "list": "words with commas", "path": "a path", "paths": "paths with colons", "pathlist": "paths with commas",
}

func allowed(s *Setting, value any) bool {
	if list, ok := value.([]string); ok {
		return !slices.ContainsFunc(list, func(w string) bool { return !slices.Contains(s.Choices, w) })
	}
	return slices.Contains(s.Choices, fmt.Sprint(value))
}

func (r *reader) typed(s *Setting, raw raw) (any, bool) {
	text := raw.text
	switch s.Kind {
	case "bool": // what is not true is false, as in Ansible
		return slices.Contains([]string{"y", "yes", "on", "1", "true", "t", "1.0"}, strings.ToLower(strings.TrimSpace(text))), true
	case "int":
		f, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(text), "_", ""), 64)
		return int(f), err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53
	case "float":
		f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		return f, err == nil
	case "list":
		if text == "" {
			return []string(nil), true
		}
		return split(text, ",", unquote), true
	case "path":
		return r.clean(r.path(text, raw), raw), true
	case "paths":
		return split(text, ":", func(w string) string { return r.path(w, raw) }), true
	case "pathlist":
		return split(text, ",", func(w string) string { return r.path(w, raw) }), true
	}
	return r.clean(text, raw), true
}

func split(text, separator string, each func(string) string) []string {
	parts := strings.Split(text, separator)
	for i, p := range parts {
		if separator == "," {
			p = strings.TrimSpace(p)
		}
		parts[i] = each(p)
	}
	return parts
}

// clean takes the quotes off a text of the file.
func (r *reader) clean(text string, raw raw) string {
	if raw.file {
		return unquote(text)
	}
	return text
}

func unquote(s string) string {
	if n := len(s); n > 1 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') && s[n-2] != '\\' {
		return s[1 : n-1]
	}
	return s
}

var variable = regexp.MustCompile(`\$(\w+|\{[^}]*\})`)

// path makes a path whole: variables and ~ stand for their values, and it begins at the folder of the file that names it, or at the present one.
func (r *reader) path(text string, raw raw) string {
	text = strings.ReplaceAll(text, "{{HOME}}", r.home())
	text = strings.ReplaceAll(text, "{{CWD}}", r.env.Dir)
	base := r.env.Dir
	if raw.file {
		base = filepath.Dir(r.config.File)
	}
	return r.whole(text, base)
}

func (r *reader) whole(text, base string) string {
	text = variable.ReplaceAllStringFunc(text, func(name string) string {
		if v, ok := r.env.Lookup(strings.Trim(name, "${}")); ok {
			return v
		}
		return name
	})
	if text == "~" || strings.HasPrefix(text, "~/") {
		if home, ok := r.env.Lookup("HOME"); ok {
			text = home + text[1:]
		}
	}
	if !filepath.IsAbs(text) {
		text = filepath.Join(base, text)
	}
	return filepath.Clean(text)
}

// home gives the setting ANSIBLE_HOME, which the defaults of others are made of.
func (r *reader) home() string {
	home, ok := r.values["ANSIBLE_HOME"].(string)
	if !ok {
		home = r.whole("~/.ansible", r.env.Dir)
	}
	return home
}

// check warns of a setting that is not honoured as it stands.
func (r *reader) check(s *Setting, raw raw, value any) {
	refused := false
	switch s.Use {
	case Honoured:
		refused = !s.honours(value)
	case Refused:
		usual, err := r.convert(s, raw0(s))
		refused = err != nil || !empty(value) && !reflect.DeepEqual(value, usual)
	case RefusedIfThere:
		paths, _ := value.([]string)
		refused = slices.ContainsFunc(paths, filled)
	}
	if refused {
		r.warn("%s = %s is not supported: %s", raw.origin, raw.text, s.Words)
	}
}

func empty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []string:
		return len(v) == 0 || len(v) == 1 && v[0] == ""
	}
	return false
}

// filled reports whether a path is a folder that holds something.
func filled(path string) bool {
	entries, err := os.ReadDir(path)
	return err == nil && len(entries) > 0
}
