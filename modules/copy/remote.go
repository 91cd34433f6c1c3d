package copy

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/host"
)

// maxRemote is how large a file of the host may be that is copied on it.
const maxRemote = 8 << 20

// remote reads what is copied from the host itself.
func (l *look) remote(ctx context.Context) (sources []modules.Source, from string, tree bool, err error) {
	if from, err = modules.Path(ctx, l.r, l.Src); err != nil {
		return nil, "", false, err
	}
	st, err := host.Follow(ctx, l.r, from)
	switch {
	case err != nil:
		return nil, from, false, err
	case st.Kind == host.Absent:
		return nil, from, false, fmt.Errorf("Source %s not found", from) //nolint:staticcheck // Ansible's words
	case st.Kind == host.Regular:
		s, err := l.remoteFile(ctx, st, path.Base(from))
		return []modules.Source{s}, from, false, err
	case st.Kind != host.Dir:
		return nil, from, false, fmt.Errorf("%s is no file or folder but a %s, and cannot be copied", from, st.Kind)
	}
	base := path.Base(from)
	if strings.HasSuffix(l.Src, "/") {
		base, from = "", from+"/"
	}
	l.result["checksum"], l.result["md5sum"] = nil, nil
	sources, err = l.remoteTree(ctx, st.Path, base)
	return sources, from, true, err
}

func (l *look) remoteTree(ctx context.Context, dir, base string) (sources []modules.Source, err error) {
	if base != "" {
		sources = append(sources, modules.Source{Rel: base, Kind: host.Dir, Mode: 0o755})
	}
	for st, err := range l.r.Walk(ctx, dir) {
		if err != nil {
			return nil, err
		}
		s := modules.Source{Rel: path.Join(base, strings.TrimPrefix(st.Path, dir)), Kind: st.Kind, Mode: st.Meta.Mode, Target: st.Target}
		if st.Kind == host.Link && l.LocalFollow != nil && *l.LocalFollow {
			if st, err = host.Follow(ctx, l.r, st.Path); err != nil {
				return nil, err
			}
		}
		if st.Kind == host.Regular {
			if s, err = l.remoteFile(ctx, st, s.Rel); err != nil {
				return nil, err
			}
		}
		sources = append(sources, s)
	}
	return sources, nil
}

func (l *look) remoteFile(ctx context.Context, st host.Stat, rel string) (modules.Source, error) {
	s := modules.Source{Rel: rel, Kind: host.Regular, Mode: st.Meta.Mode}
	if st.Size > maxRemote {
		return s, fmt.Errorf("%s is larger than %d MiB, too large to be copied on the host (command: cp does it, though it can be neither shown nor undone)", st.Path, maxRemote>>20)
	}
	f, err := l.r.ReadFile(ctx, st.Path, maxRemote)
	if err != nil {
		return s, err
	}
	sums, err := modules.Checksums(f.Content, "sha1", "md5")
	if err != nil {
		return s, err
	}
	s.Content, s.SHA1, s.MD5 = f.Content, sums[0], sums[1]
	return s, nil
}
