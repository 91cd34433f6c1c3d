package setup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/facts"
	"github.com/pfrun/pfrun/modules/host"
)

// fileLimit is how much of a file is read.
const fileLimit = 1 << 20

// resolver is the file that the fact dns is made of.
const resolver = "/etc/resolv.conf"

// putRight replaces, in what the host told, the files that a play is likely to have planned: the host's own facts and resolv.conf. It gives the names of local facts that only
// a real run can tell, because a program gives them that is not there yet.
func putRight(ctx context.Context, r host.Reader, raw *facts.Raw, folder string) (unknown []string, err error) {
	if slices.Contains(raw.Files(), resolver) {
		f, err := r.ReadFile(ctx, resolver, fileLimit)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err == nil {
			if data, ok := f.Content.Data(); ok {
				raw.SetFile(resolver, string(data))
			}
		}
	}
	there, err := factFiles(ctx, r, folder)
	if err != nil {
		return nil, err
	}
	told := raw.Locals()
	for _, file := range told {
		if !slices.Contains(there, file) {
			raw.DropLocal(file)
		}
	}
	for _, file := range there {
		program, err := putFact(ctx, r, raw, file)
		if err != nil {
			return nil, err
		}
		if program && !slices.Contains(told, file) {
			unknown = append(unknown, facts.LocalName(file))
		}
	}
	return unknown, nil
}

// factFiles gives the files of local facts.
func factFiles(ctx context.Context, r host.Reader, folder string) ([]string, error) {
	var files []string
	for st, err := range r.Walk(ctx, folder) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		name, below := strings.CutPrefix(st.Path, strings.TrimSuffix(folder, "/")+"/")
		if below && !strings.Contains(name, "/") && strings.HasSuffix(name, ".fact") && !strings.HasPrefix(name, ".") {
			files = append(files, st.Path)
		}
	}
	return files, nil
}

// putFact puts the content of a file in place of what the host told of it, unless it is a program.
func putFact(ctx context.Context, r host.Reader, raw *facts.Raw, file string) (program bool, err error) {
	st, err := host.Follow(ctx, r, file)
	if err != nil {
		return false, err
	}
	if st.Kind != host.Regular {
		return false, nil
	}
	if st.Meta.Mode&0o100 != 0 {
		return true, nil
	}
	f, err := r.ReadFile(ctx, file, fileLimit)
	if err != nil {
		return false, fmt.Errorf("local facts: %w", err)
	}
	if data, ok := f.Content.Data(); ok {
		raw.SetLocal(file, string(data))
	}
	return false, nil
}
