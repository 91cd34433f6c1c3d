package ssh

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kevinburke/ssh_config"
)

// readFiles gives what configuration files set for a host, read without an ssh client. It knows Host, Match all and Match host with one pattern, and Include; a file with
// another Match cannot be read at all, which warn is told. Options that pfrun has no use for are left out.
func readFiles(files []string, host string, warn func(string)) ([]option, error) {
	var out []option
	for _, file := range files {
		c, err := readFile(file)
		if err != nil {
			warn(fmt.Sprintf("%s is left out: %v; install an ssh client (openssh-client), which reads it for pfrun", file, err))
			continue
		}
		for _, name := range readable() {
			values, err := c.GetAll(host, name)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", file, name, err)
			}
			for _, v := range values {
				out = append(out, option{name, unquote(v)})
			}
		}
	}
	return out, nil
}

// readable are the options to look for, in order.
func readable() []string {
	names := slices.Clone(blocking)
	for name := range settable {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func readFile(file string) (*ssh_config.Config, error) {
	if err := checkMatches(file, 0); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return ssh_config.Decode(bytes.NewReader(text))
}

// checkMatches holds that a file and those it includes have no Match that the library would misread.
func checkMatches(file string, depth int) error {
	if depth > 5 { // the library's own limit; it reports what goes deeper
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		fields := strings.Fields(strings.Replace(line, "=", " ", 1))
		if len(fields) < 2 {
			continue
		}
		switch strings.ToLower(fields[0]) {
		case "match":
			if !plainMatch(fields[1:]) {
				return fmt.Errorf("line %d: %q needs an ssh client", n, strings.TrimSpace(line))
			}
		case "include":
			if err := checkIncluded(file, fields[1:], depth); err != nil {
				return err
			}
		}
	}
	return nil
}

func plainMatch(criteria []string) bool {
	switch strings.ToLower(criteria[0]) {
	case "all":
		return len(criteria) == 1
	case "host":
		return len(criteria) == 2 && !strings.Contains(criteria[1], ",")
	}
	return false
}

func checkIncluded(file string, patterns []string, depth int) error {
	for _, p := range patterns {
		p = unquote(p)
		if rest, ok := strings.CutPrefix(p, "~/"); ok {
			p = filepath.Join(filepath.Dir(filepath.Dir(file)), rest)
		}
		if !filepath.IsAbs(p) {
			p = filepath.Join(filepath.Dir(file), p)
		}
		included, err := filepath.Glob(p)
		if err != nil {
			return err
		}
		for _, f := range included {
			if err := checkMatches(f, depth+1); err != nil {
				return fmt.Errorf("%s: %w", f, err)
			}
		}
	}
	return nil
}
