// Package slurp is the module slurp: it gives what is in a file of the host.
package slurp

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// Task is one use of the module.
type Task struct {
	Src string `arg:"src,required,alias=path" doc:"File to read."`
}

// Spec describes the module.
func Spec() modules.Spec {
	return modules.Spec{
		Name:   "slurp",
		Short:  "read a file of the host",
		Long:   "Gives what is in a file, as content in Base64: the filter b64decode gives the text. It changes nothing.",
		New:    func() modules.Task { return &Task{} },
		Probes: modules.ExpandProbes(),
	}
}

// maxSize is how large a file may be that is read.
const maxSize = 64 << 20

// Plan reads the file.
func (t *Task) Plan(ctx context.Context, r host.Reader) (*modules.Plan, error) {
	name, err := modules.Path(ctx, r, t.Src)
	if err != nil {
		return nil, err
	}
	st, err := host.Follow(ctx, r, name)
	switch {
	case err != nil:
		return nil, err
	case st.Kind == host.Absent:
		return nil, fmt.Errorf("file not found: %s", name)
	case st.Kind == host.Dir:
		return nil, fmt.Errorf("source is a directory and must be a file: %s", name)
	}
	f, err := r.ReadFile(ctx, name, maxSize)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("file is not readable: %s", name)
	}
	if err != nil {
		return nil, err
	}
	data, _ := f.Content.Data()
	return &modules.Plan{Result: map[string]any{"content": base64.StdEncoding.EncodeToString(data), "source": name, "encoding": "base64"}}, nil
}
