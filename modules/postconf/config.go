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

// config is a configuration folder of Postfix as it was read, for main.cf itself or for one service of master.cf.
type config struct {
	dir     string
	path    string // of the file that the task is about, links followed
	file    *change.File
	text    string
	main    *postfix.Main    // main.cf
	master  string           // the text of master.cf, "" where there is none
	service *postfix.Service // nil: the task is about main.cf
	run     *postfix.Main    // main.cf as the service reads it, or as it is
}

// load reads the folder. service is NAME/TYPE, or "" for main.cf.
func load(ctx context.Context, r host.Reader, dir, service string) (*config, error) {
	c := &config{dir: dir}
	main, err := c.open(ctx, r, "main.cf")
	if err != nil {
		return nil, err
	}
	if c.main, err = postfix.ParseMain(main); err != nil {
		return nil, fmt.Errorf("%s/main.cf: Postfix stops at this file: %w", dir, err)
	}
	c.run = c.main
	if service == "" {
		if _, c.master, err = read(ctx, r, dir+"/master.cf"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read master.cf: %w", err)
		}
		return c, nil
	}
	if c.master, err = c.open(ctx, r, "master.cf"); err != nil {
		return nil, err
	}
	s, err := postfix.ParseMaster(c.master).Service(service)
	if err != nil {
		return nil, fmt.Errorf("%s/%w", dir, err)
	}
	c.service, c.run = &s, c.main.For(s)
	return c, nil
}

// open reads a file and makes it the one that the task is about.
func (c *config) open(ctx context.Context, r host.Reader, name string) (text string, err error) {
	st, err := host.Follow(ctx, r, c.dir+"/"+name)
	if err == nil {
		c.path = st.Path
		c.file, c.text, err = read(ctx, r, c.path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w: is Postfix installed? (config_dir names another folder)", err)
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return c.text, nil
}

// about names what the task is about, for messages.
func (c *config) about() string {
	if c.service != nil {
		return "the service " + c.service.ID() + " of " + c.dir + "/master.cf"
	}
	return c.dir + "/main.cf"
}

// lookup gives the setting that the task is about: of the service, or of main.cf.
func (c *config) lookup(name string) (value string, set bool) {
	if c.service != nil {
		return c.service.Lookup(name)
	}
	return c.main.Lookup(name)
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
