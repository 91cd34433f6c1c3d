package postconf

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pfrun/pfrun/internal/postfix"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

// fileLimit is how large main.cf and master.cf may be.
const fileLimit = 4 << 20

// config is a configuration folder of Postfix as it was read.
type config struct {
	dir    string
	path   string // where main.cf is, links followed
	file   *change.File
	text   string
	main   *postfix.Main
	master string // the text of master.cf, "" where there is none
}

func load(ctx context.Context, r host.Reader, dir string) (*config, error) {
	name := dir + "/main.cf"
	st, err := host.Follow(ctx, r, name)
	if err != nil {
		return nil, fmt.Errorf("read main.cf: %w", err)
	}
	c := &config{dir: dir, path: st.Path}
	if c.file, c.text, err = read(ctx, r, c.path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: is Postfix installed? (config_dir names another folder)", err)
		}
		return nil, fmt.Errorf("read main.cf: %w", err)
	}
	if c.main, err = postfix.ParseMain(c.text); err != nil {
		return nil, fmt.Errorf("%s: Postfix stops at this file: %w", name, err)
	}
	if _, c.master, err = read(ctx, r, dir+"/master.cf"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read master.cf: %w", err)
	}
	return c, nil
}

func read(ctx context.Context, r host.Reader, path string) (*change.File, string, error) {
	f, err := r.ReadFile(ctx, path, fileLimit)
	if err != nil {
		return nil, "", err
	}
	data, ok := f.Content.Data()
	if !ok {
		return nil, "", fmt.Errorf("%s: its content was not read", path)
	}
	return f, string(data), nil
}
