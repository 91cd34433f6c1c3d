package lookup

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/pyre"
)

// iniFile is a file that Python's configparser reads: its sections with their keys in order.
type iniFile struct {
	sections map[string]*jinja.Dict
	defaults *jinja.Dict
}

// iniOptions say how an INI file is read.
type iniOptions struct {
	file, section, kind                 string
	pattern, sensitive, bare, interpret bool
	def                                 jinja.Value
	decode                              decoder
}

func readIniOptions(o *jinja.Dict) (iniOptions, error) {
	i := iniOptions{
		file: textOption(o, "file", "ansible.ini"), section: textOption(o, "section", "global"), kind: textOption(o, "type", "ini"), pattern: boolOption(o, "re", false),
		sensitive: boolOption(o, "case_sensitive", false), bare: boolOption(o, "allow_no_value", false), interpret: boolOption(o, "interpolation", true), def: "",
	}
	i.bare = boolOption(o, "allow_none", i.bare)
	if v, ok := option(o, "default"); ok {
		i.def = v
	}
	if i.kind != "ini" && i.kind != "properties" {
		return i, fmt.Errorf("type must be ini or properties, not %q", i.kind)
	}
	var err error
	if i.decode, err = decoderOf(o); err != nil {
		return i, err
	}
	return i, done(o)
}

func (l *lookups) ini(ctx context.Context, s jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	keys, err := texts(terms)
	if err != nil {
		return nil, err
	}
	out := []jinja.Value{}
	for _, term := range keys {
		args := o.Copy()
		key, err := inline(term, args)
		if err != nil {
			return nil, err
		}
		opts, err := readIniOptions(args)
		if err != nil {
			return nil, err
		}
		if key == "" {
			return nil, errors.New("No key to look up was provided as first term within string inline options: the key comes first, options behind it")
		}
		vs, err := l.iniValues(ctx, s, key, opts)
		if err != nil {
			return nil, err
		}
		out = append(out, vs...)
	}
	return out, nil
}

func (l *lookups) iniValues(ctx context.Context, s jinja.Scope, key string, o iniOptions) ([]jinja.Value, error) {
	text, path, err := l.readAs(ctx, s, "files", o.file, o.decode)
	if err != nil {
		return nil, err
	}
	if o.kind == "properties" {
		text, o.section = "[java_properties]\n"+text, "java_properties"
	}
	f, err := parseIni(text, o)
	switch twice := (duplicate{}); {
	case errors.As(err, &twice):
		return nil, fmt.Errorf("Duplicate option in '%s': %w", path, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	section, ok := f.sections[o.section]
	if !ok {
		return nil, fmt.Errorf("No section: '%s' in %s", o.section, path)
	}
	all := f.defaults.Copy()
	for k, v := range section.Items {
		all.Set(k, v)
	}
	if !o.pattern {
		if !o.sensitive {
			key = strings.ToLower(key)
		}
		v, ok := all.GetString(key)
		if !ok {
			return flatten([]jinja.Value{o.def}), nil
		}
		if v == nil { // a key without a value
			return []jinja.Value{}, nil
		}
		left := maxReferences
		v, err := o.interpolated(all, v, &left)
		return []jinja.Value{v}, err
	}
	return o.matching(all, key)
}

// matching gives the values of the keys that a pattern matches.
func (o iniOptions) matching(all *jinja.Dict, pattern string) ([]jinja.Value, error) {
	re, err := pyre.Compile(pattern, 0)
	if err != nil {
		return nil, err
	}
	var out []jinja.Value
	for k, v := range all.Items {
		m, err := re.Match(jinja.Str(k))
		if err != nil {
			return nil, err
		}
		if m == nil {
			continue
		}
		left := maxReferences
		if v, err = o.interpolated(all, v, &left); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

var reference = regexp.MustCompile(`%(?:%|\(([^)]*)\)s|.?)`)

// maxReferences is how many %(name)s one value may stand for, those inside of others included.
const maxReferences = 1000

// interpolated replaces %(name)s by other values of the section; left is how many of them it may still replace.
func (o iniOptions) interpolated(all *jinja.Dict, v jinja.Value, left *int) (jinja.Value, error) {
	text, ok := v.(string)
	if !ok || !o.interpret || !strings.Contains(text, "%") {
		return v, nil
	}
	if *left--; *left < 0 {
		return nil, errors.New("values refer to one another without an end")
	}
	var failed error
	text = reference.ReplaceAllStringFunc(text, func(ref string) string {
		if ref == "%%" {
			return "%"
		}
		name := strings.TrimSuffix(strings.TrimPrefix(ref, "%("), ")s")
		if !o.sensitive {
			name = strings.ToLower(name)
		}
		other, ok := all.GetString(name)
		if !strings.HasPrefix(ref, "%(") || !ok {
			failed = fmt.Errorf("%q refers to no value (interpolation=false takes it as it is)", ref)
			return ""
		}
		if failed != nil {
			return ""
		}
		other, failed = o.interpolated(all, other, left)
		return jinja.Str(other)
	})
	if len(text) > maxFile {
		return nil, errors.New("the value is too long")
	}
	return text, failed
}

// duplicate is the fault of a key or a section that is there twice.
type duplicate struct{ error }

// iniReader reads an INI file line by line.
type iniReader struct {
	o       iniOptions
	f       *iniFile
	section *jinja.Dict
	key     string // of the value that an indented line continues
	indent  int
}

func parseIni(text string, o iniOptions) (*iniFile, error) {
	r := &iniReader{o: o, f: &iniFile{sections: map[string]*jinja.Dict{}, defaults: jinja.NewDict()}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		if err := r.line(strings.TrimRight(line, "\r\n")); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	for _, s := range r.f.sections {
		for k, v := range s.Items {
			if text, ok := v.(string); ok {
				s.Set(k, strings.TrimRight(text, "\n \t"))
			}
		}
	}
	return r.f, nil
}

func (r *iniReader) line(line string) error {
	text := strings.TrimSpace(line)
	if strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";") {
		return nil
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	switch {
	case r.key != "" && r.section != nil && (text == "" || indent > r.indent):
		if v, _ := r.section.GetString(r.key); v != nil {
			r.section.Set(r.key, v.(string)+"\n"+text)
		}
		return nil
	case text == "":
		return nil
	case strings.HasPrefix(text, "[") && strings.Contains(text, "]"):
		return r.open(text[1:strings.LastIndexByte(text, ']')])
	case r.section == nil:
		return errors.New("there is a key before the first section")
	}
	r.indent = indent
	return r.entry(text)
}

func (r *iniReader) open(name string) error {
	r.key = ""
	if name == "DEFAULT" {
		r.section = r.f.defaults
		return nil
	}
	if r.f.sections[name] != nil {
		return duplicate{fmt.Errorf("the section '%s' is there twice", name)}
	}
	r.section = jinja.NewDict()
	r.f.sections[name] = r.section
	return nil
}

func (r *iniReader) entry(text string) error {
	i := strings.IndexAny(text, "=:")
	if i <= 0 {
		if !r.o.bare || i == 0 {
			return fmt.Errorf("%q is no key with a value", text)
		}
		i = len(text)
	}
	key := strings.TrimSpace(text[:i])
	if !r.o.sensitive {
		key = strings.ToLower(key)
	}
	if _, ok := r.section.GetString(key); ok {
		return duplicate{fmt.Errorf("the key '%s' is there twice", key)}
	}
	r.key = key
	if i == len(text) {
		r.section.Set(key, nil)
		return nil
	}
	r.section.Set(key, strings.TrimSpace(text[i+1:]))
	return nil
}
