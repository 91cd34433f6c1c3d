package ansiblecfg

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// file finds the file and reads it.
func (r *reader) file() error {
	path := r.find()
	if path == "" {
		return nil
	}
	if ext := filepath.Ext(path); ext != ".cfg" && ext != ".ini" {
		return fmt.Errorf("the configuration file %s must end in .cfg or .ini", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("the configuration file: %w", err)
	}
	if !utf8.Valid(text) {
		return fmt.Errorf("the configuration file %s is not in UTF-8", path)
	}
	r.config.File = path
	r.ini, err = parse(path, string(text))
	return err
}

// find gives the first file that is there and can be read. One in a folder that anybody can write to is left out, as anybody may have put it there.
func (r *reader) find() string {
	var candidates []string
	named := ""
	if path, ok := r.env.Lookup("ANSIBLE_CONFIG"); ok {
		named = r.whole(path, r.env.Dir)
		if info, err := os.Stat(named); err == nil && info.IsDir() {
			named = filepath.Join(named, "ansible.cfg")
		}
		candidates = append(candidates, named)
	}
	here, passed := filepath.Join(r.env.Dir, "ansible.cfg"), false
	if info, err := os.Stat(r.env.Dir); err == nil {
		if info.Mode()&0o002 == 0 {
			candidates = append(candidates, here)
		} else {
			_, err := os.Stat(here)
			passed = err == nil
		}
	}
	candidates = append(candidates, r.whole("~/.ansible.cfg", r.env.Dir), "/etc/ansible/ansible.cfg")
	found := ""
	for _, path := range candidates {
		if f, err := os.Open(path); err == nil {
			f.Close()
			found = path
			break
		}
	}
	if passed && (named == "" || found != named) {
		r.warn("%s is left out: its folder is world-writable, anybody may have put it there", here)
	}
	return found
}

// ini is a parsed file: texts by section.key. Sections are told apart by case, keys are not.
type ini map[string]string

// get gives a value; those of the section DEFAULT count for every section that is there.
func (f ini) get(key string) (string, bool) {
	section, option, _ := strings.Cut(key, ".")
	option = strings.ToLower(option)
	if text, ok := f[section+"."+option]; ok {
		return text, true
	}
	if _, ok := f[section+"."]; !ok {
		return "", false
	}
	text, ok := f["DEFAULT."+option]
	return text, ok
}

// parser reads a file as Python's configparser does, with ; as the beginning of a comment behind a value.
type parser struct {
	path    string
	out     ini
	section string
	key     string // of the value that a line with a deeper indentation goes on with; empty: there is none
	indent  int
	lines   []string
}

func parse(path, text string) (ini, error) {
	p := &parser{path: path, out: ini{}}
	for i, line := range strings.Split(strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\ufeff"), "\n") {
		if err := p.line(i+1, line); err != nil {
			return nil, err
		}
	}
	p.end()
	return p.out, nil
}

func (p *parser) line(n int, line string) error {
	full := strings.TrimSpace(line)
	value := strings.TrimSpace(uncomment(line))
	if value == "" {
		if full == "" && p.key != "" { // an empty line may be part of a value, a comment is none
			p.lines = append(p.lines, "")
		}
		return nil
	}
	indent := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsSpace(r) })
	if p.key != "" && indent > p.indent {
		p.lines = append(p.lines, value)
		return nil
	}
	p.end()
	p.indent = indent
	if strings.HasPrefix(value, "[") {
		if end := strings.LastIndexByte(value, ']'); end > 1 {
			return p.heading(n, value[1:end])
		}
	}
	switch at := strings.IndexAny(value, "=:"); {
	case p.section == "":
		return p.fault(n, "%q stands before the first [section]", value)
	case at < 1:
		return p.fault(n, "%q is neither [section] nor key = value", value)
	default:
		return p.option(n, strings.ToLower(strings.TrimSpace(value[:at])), strings.TrimSpace(value[at+1:]))
	}
}

func (p *parser) fault(n int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", p.path, n, fmt.Sprintf(format, args...))
}

func (p *parser) heading(n int, name string) error {
	if _, ok := p.out[name+"."]; ok && name != "DEFAULT" {
		return p.fault(n, "there is a section [%s] already", name)
	}
	p.section = name
	p.out[name+"."] = ""
	return nil
}

func (p *parser) option(n int, key, value string) error {
	name := p.section + "." + key
	if _, ok := p.out[name]; ok {
		return p.fault(n, "[%s] has %s already", p.section, key)
	}
	p.key, p.lines = name, []string{value}
	p.out[name] = value
	return nil
}

// end finishes the value that is being read.
func (p *parser) end() {
	if p.key != "" {
		p.out[p.key] = strings.TrimRightFunc(strings.Join(p.lines, "\n"), unicode.IsSpace)
	}
	p.key, p.lines = "", nil
}

// uncomment cuts off a comment: a line that begins with # or ;, or what stands behind white space and a ;.
func uncomment(line string) string {
	if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, ";") {
		return ""
	}
	for i, r := range line {
		if r == ';' && i > 0 {
			if before, _ := utf8.DecodeLastRuneInString(line[:i]); unicode.IsSpace(before) {
				return line[:i]
			}
		}
	}
	return line
}
