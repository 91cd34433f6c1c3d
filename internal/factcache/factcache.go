// Package factcache keeps facts of hosts from one run to the next, as Ansible's cache plugins do: jsonfile in one file a host, memory not at all.
//
// The files are those of ansible-core 2.19, which reads what is written here and the other way round; files of older releases are read too. What a file says is data: no text
// of it is ever a template.
package factcache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pfrun/pfrun/internal/jinja"
)

// Memory keeps nothing beyond the run.
type Memory struct{}

// Load gives nothing.
func (Memory) Load(string) *jinja.Dict { return nil }

// Save keeps nothing.
func (Memory) Save(string, *jinja.Dict) {}

// Clear has nothing to forget.
func (Memory) Clear(string) {}

// Options say where the files are and how long they are good.
type Options struct {
	Dir     string // fact_caching_connection; made if it is not there
	Prefix  string // fact_caching_prefix: what the name of each file begins with
	Timeout time.Duration
	Now     func() time.Time // nil: the clock
	Warn    func(string)     // is told of files that cannot be read or written; nil: nobody is
}

// Files is the cache jsonfile. It is safe for concurrent use.
type Files struct {
	o    Options
	mu   sync.Mutex
	seen map[string]*jinja.Dict // what this run has read or written: it does not expire while the run goes on
}

// mode is that of Ansible's files.
const mode = 0o644

// schema stands before the name of a host in the names of files whose values ansible-core 2.19 wraps; payload is the key of the wrapped text.
const (
	schema  = "s1_"
	payload = "__payload__"
)

// NewFiles opens the cache. A timeout of 0 is none.
func NewFiles(o Options) (*Files, error) {
	if o.Dir == "" {
		return nil, errors.New("the fact cache jsonfile needs a folder (fact_caching_connection)")
	}
	if err := os.MkdirAll(o.Dir, 0o777); err != nil {
		return nil, fmt.Errorf("the folder of the fact cache: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	return &Files{o: o, seen: map[string]*jinja.Dict{}}, nil
}

// Load gives the facts of a host by the names under which they were saved; nil where there are none, or they are too old. A file that cannot be read is a warning.
func (f *Files) Load(hostName string) *jinja.Dict {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.load(hostName)
}

func (f *Files) load(hostName string) *jinja.Dict {
	if facts, ok := f.seen[hostName]; ok {
		return facts
	}
	if !isFileName(hostName) {
		return nil
	}
	for _, name := range []string{f.path(schema + hostName), f.path(hostName)} {
		facts, err := f.read(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			f.o.Warn(fmt.Sprintf("the facts of %s in the cache are not used: %v", hostName, err))
			return nil
		case facts != nil:
			f.seen[hostName] = facts
		}
		return facts
	}
	return nil
}

// Save adds facts to those of a host, over those of the same names. What is only planned is not written.
func (f *Files) Save(hostName string, facts *jinja.Dict) {
	f.mu.Lock()
	defer f.mu.Unlock()
	merged := jinja.NewDict()
	if known := f.load(hostName); known != nil {
		merged = known.Copy()
	}
	for name, v := range facts.Items {
		if !jinja.HasUnknown(v) {
			merged.Set(name, v)
		}
	}
	f.seen[hostName] = merged
	if !isFileName(hostName) {
		f.o.Warn(fmt.Sprintf("the facts of %s are not kept in the cache: its name is no name of a file", hostName))
		return
	}
	if err := f.write(f.path(schema+hostName), merged); err != nil {
		f.o.Warn(fmt.Sprintf("the facts of %s are not kept in the cache: %v", hostName, err))
	}
}

// Clear forgets the facts of a host.
func (f *Files) Clear(hostName string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.seen, hostName)
	if !isFileName(hostName) {
		return
	}
	for _, name := range []string{schema + hostName, hostName} {
		if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			f.o.Warn(fmt.Sprintf("the facts of %s stay in the cache: %v", hostName, err))
		}
	}
}

func (f *Files) path(name string) string { return filepath.Join(f.o.Dir, f.o.Prefix+name) }

// isFileName reports whether a host's name can be that of a file in the folder.
func isFileName(hostName string) bool {
	return hostName != "" && hostName != "." && hostName != ".." && !strings.ContainsAny(hostName, "/\x00")
}

// read gives what a file holds; nil where it is too old.
func (f *Files) read(name string) (*jinja.Dict, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if f.o.Timeout > 0 && f.o.Now().Sub(info.ModTime()) > f.o.Timeout {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	facts, err := decode(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return facts, nil
}

// write replaces a file as a whole.
func (f *Files) write(name string, facts *jinja.Dict) (err error) {
	text, err := encode(facts)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".facts-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	_, err = tmp.WriteString(text)
	if err = errors.Join(err, tmp.Chmod(mode), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}
