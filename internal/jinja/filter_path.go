package jinja

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// absolute gives a path as seen from the working directory.
func (c *Call) absolute(p string) (string, error) {
	if path.IsAbs(p) {
		return path.Clean(p), nil
	}
	if c.control().WorkDir == nil {
		return "", errNoControl
	}
	dir, err := c.control().WorkDir()
	return path.Join(dir, p), err
}

// pathParts gives the parts of an absolute path.
func pathParts(p string) []string {
	if p = strings.Trim(p, "/"); p == "" {
		return nil
	}
	return strings.Split(p, "/")
}

func filterRelPath(c *Call) (Value, error) {
	to, from := c.input(), c.Text(0, ".")
	if to == "" {
		return nil, errors.New("no path specified")
	}
	if path.IsAbs(to) != path.IsAbs(from) || !c.Has(0) {
		var err error
		if to, err = c.absolute(to); err != nil {
			return nil, err
		}
		if from, err = c.absolute(from); err != nil {
			return nil, err
		}
	}
	a, b := pathParts(path.Clean("/"+from)), pathParts(path.Clean("/"+to))
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	var parts []string
	for range a {
		parts = append(parts, "..")
	}
	parts = append(parts, b...)
	if len(parts) == 0 {
		return ".", nil
	}
	return strings.Join(parts, "/"), nil
}

// pathNames gives the texts of a list.
func (c *Call) pathNames() ([]string, error) {
	switch c.In.(type) {
	case *List, Tuple:
	default:
		return nil, fmt.Errorf("it expects string or sequence, not '%s'", TypeName(c.In))
	}
	vs, err := c.elements()
	names := make([]string, len(vs))
	for i, v := range vs {
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("a path must be a str, not '%s'", TypeName(v))
		}
		names[i] = s
	}
	return names, err
}

func filterCommonPath(c *Call) (Value, error) {
	vs, err := c.pathNames()
	if err != nil {
		return nil, err
	}
	if len(vs) == 0 {
		return nil, errors.New("the list of paths is empty")
	}
	var common []string
	abs := strings.HasPrefix(vs[0], "/")
	for i, s := range vs {
		if strings.HasPrefix(s, "/") != abs {
			return nil, errors.New("absolute and relative paths cannot be mixed")
		}
		parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' })
		kept := parts[:0]
		for _, p := range parts {
			if p != "." {
				kept = append(kept, p)
			}
		}
		if i == 0 {
			common = kept
			continue
		}
		n := 0
		for n < len(common) && n < len(kept) && common[n] == kept[n] {
			n++
		}
		common = common[:n]
	}
	text := strings.Join(common, "/")
	if abs {
		text = "/" + text
	}
	return text, nil
}

// winDrive splits a Windows path into its drive, or share, and the rest.
func winDrive(s string) (drive, rest string) {
	norm := strings.ReplaceAll(s, "/", `\`)
	if strings.HasPrefix(norm, `\\`) && !strings.HasPrefix(norm, `\\\`) {
		host := strings.IndexByte(norm[2:], '\\')
		if host < 0 {
			return s, ""
		}
		share := strings.IndexByte(norm[host+3:], '\\')
		if share < 0 {
			return s, ""
		}
		return s[:host+3+share], s[host+3+share:]
	}
	if len(s) > 1 && s[1] == ':' {
		return s[:2], s[2:]
	}
	return "", s
}

func winBaseName(s string) string {
	_, rest := winDrive(s)
	return rest[strings.LastIndexAny(rest, `\/`)+1:]
}

func winDirName(s string) string {
	drive, rest := winDrive(s)
	head := rest[:strings.LastIndexAny(rest, `\/`)+1]
	if short := strings.TrimRight(head, `\/`); short != "" {
		head = short
	}
	return drive + head
}

func filterWinSplitDrive(c *Call) (Value, error) {
	drive, rest := winDrive(c.input())
	return Tuple{drive, rest}, nil
}

func filterToUUID(c *Call) (Value, error) {
	space := c.Text(0, "361e6d51-faec-444a-9079-341386da8e2e")
	digits := strings.NewReplacer("-", "", "{", "", "}", "", "urn:", "", "uuid:", "").Replace(space)
	id, err := hexBytes(digits)
	if err != nil || len(id) != 16 {
		return nil, fmt.Errorf("Invalid value '%s' for 'namespace': it is no UUID", space)
	}
	return uuid5(id, c.input()), nil
}
