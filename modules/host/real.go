package host

import (
	"context"
	"path"
)

// What is planned is remembered under the path that all links lead to, so that a file is the planned one by whatever name it is looked at. Folders are no change's business
// here: where their links lead is asked of the base, once.

// known gives the name under which plans know a path, without following a link at its end. While no file is planned that is not worth a look.
func (o *Overlay) known(ctx context.Context, name string) (string, error) {
	if o.untouched() {
		return name, nil
	}
	return o.real(ctx, name)
}

func (o *Overlay) untouched() bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return len(o.files) == 0 && len(o.metas) == 0
}

// end gives the name under which plans know what a path leads to.
func (o *Overlay) end(ctx context.Context, name string) (string, error) {
	if o.untouched() {
		return name, nil
	}
	st, err := Follow(ctx, o, name)
	if err != nil {
		return "", err
	}
	return o.real(ctx, st.Path)
}

// real resolves the links in the folders of a path.
func (o *Overlay) real(ctx context.Context, name string) (string, error) {
	if !path.IsAbs(name) {
		return name, nil // the base says what is wrong with it
	}
	name = path.Clean(name)
	if name == "/" {
		return name, nil
	}
	dir, err := o.realDir(ctx, path.Dir(name))
	return path.Join(dir, path.Base(name)), err
}

func (o *Overlay) realDir(ctx context.Context, dir string) (string, error) {
	if dir == "/" {
		return dir, nil
	}
	o.mu.RLock()
	real, ok := o.dirs[dir]
	o.mu.RUnlock()
	if ok {
		return real, nil
	}
	above, err := o.realDir(ctx, path.Dir(dir))
	if err != nil {
		return "", err
	}
	end, err := Follow(ctx, o.base, path.Join(above, path.Base(dir)))
	if err != nil {
		return "", err
	}
	real = end.Path
	if end.Path != path.Join(above, path.Base(dir)) { // a link was followed: there may be more in where it leads
		if real, err = o.real(ctx, end.Path); err != nil {
			return "", err
		}
	}
	if end.Kind != Absent { // it could come into being
		o.plan(func() { o.dirs[dir] = real })
	}
	return real, nil
}
