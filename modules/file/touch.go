package file

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/pfrun/pfrun/modules"
	"github.com/pfrun/pfrun/modules/change"
	"github.com/pfrun/pfrun/modules/host"
)

func (l *look) touch(ctx context.Context) error {
	l.was(l.st.Kind, Touch)
	if l.st.Kind == host.Absent {
		return l.empty(ctx)
	}
	st := l.st
	if st.Kind == host.Link && l.Follow {
		var err error
		if st, err = host.Follow(ctx, l.r, l.name); err != nil {
			return err
		}
		if st.Kind == host.Absent {
			return fmt.Errorf("Error, could not touch target: nothing is where the link %s leads", l.name) //nolint:staticcheck // Ansible's words
		}
	}
	if err := l.attributes(ctx, &st, true); err != nil {
		return err
	}
	if l.st.Kind == host.Link {
		st = l.st // the result tells of the link
	}
	return l.tell(ctx, "dest", st)
}

// empty plans a new file.
func (l *look) empty(ctx context.Context) error {
	above, err := host.Follow(ctx, l.r, path.Dir(l.name))
	if err != nil {
		return err
	}
	if above.Kind != host.Dir {
		return fmt.Errorf("Error, could not touch target: the folder %s does not exist", path.Dir(l.name)) //nolint:staticcheck // Ansible's words
	}
	fresh, err := modules.NewPathMeta(ctx, l.r, above, false)
	if err != nil {
		return err
	}
	meta, err := l.Apply(ctx, l.r, fresh, false)
	if err != nil {
		return err
	}
	modules.MetaDiff(l.before, l.after, fresh, meta)
	l.step(change.WriteFile{Path: l.name, Content: change.Bytes(nil), Meta: meta})
	times, err := l.newTimes(ctx)
	if err != nil {
		return err
	}
	if times != nil {
		l.step(change.SetMeta{Path: l.name, Meta: meta, Before: meta, Times: times})
	}
	return l.tell(ctx, "dest", host.Stat{Path: l.name, Kind: host.Regular, Meta: meta})
}

var (
	// timesProbe tells the times of what a path leads to.
	timesProbe = host.Probe{Argv: []string{"stat", "-L", "-c", "%X %x|%Y %y", "--", "*"}}
	// dateProbe gives a time of the host's zone as seconds.
	dateProbe = host.Probe{Argv: []string{"date", "-d", "*", "+%s"}}
)

// moments gives what the arguments say of the times.
func (l *look) moments(ctx context.Context) (t change.Times, err error) {
	if t.Access, err = l.moment(ctx, l.AccessTime, l.AccessTimeFormat); err != nil {
		return t, err
	}
	t.Modify, err = l.moment(ctx, l.ModificationTime, l.ModificationTimeFormat)
	return t, err
}

func (l *look) moment(ctx context.Context, text, format string) (change.Moment, error) {
	switch {
	case text == "preserve", text == "" && l.state != Touch:
		return change.Moment{}, nil
	case text == "now", text == "":
		return change.Moment{Now: true}, nil
	}
	at, err := strptime(text, format)
	if err != nil {
		return change.Moment{}, fmt.Errorf("Error while obtaining timestamp for time %s using format %s: %w", text, format, err) //nolint:staticcheck // Ansible's words
	}
	out, err := l.r.Probe(ctx, host.Probe{Argv: []string{"date", "-d", at.Format(time.DateTime), "+%s"}})
	if err != nil {
		return change.Moment{}, err
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(out.Stdout), 10, 64)
	if err != nil || out.Status != 0 {
		return change.Moment{}, fmt.Errorf("the host's date does not know the time %s: %s", at.Format(time.DateTime), strings.TrimSpace(out.Stderr))
	}
	return change.Moment{At: time.Unix(seconds, 0).UTC()}, nil
}

// newTimes gives the times of what is made: those that are not those of its making.
func (l *look) newTimes(ctx context.Context) (*change.Times, error) {
	t, err := l.moments(ctx)
	if t.Access.Now {
		t.Access = change.Moment{}
	}
	if t.Modify.Now {
		t.Modify = change.Moment{}
	}
	if err != nil || t.Access.Zero() && t.Modify.Zero() {
		return nil, err
	}
	return &t, nil
}

// times gives what has to be done to the times of what is there; nil where that is nothing.
func (l *look) times(ctx context.Context, st host.Stat, shown bool) (*change.Times, error) {
	t, err := l.moments(ctx)
	if err != nil || t.Access.Zero() && t.Modify.Zero() || st.Kind == host.Link {
		return nil, err
	}
	if t.BeforeAccess, t.BeforeModify, err = l.present(ctx, st); err != nil {
		return nil, err
	}
	if same(t.Access, t.BeforeAccess) && same(t.Modify, t.BeforeModify) {
		return nil, nil
	}
	if shown {
		l.showTime("atime", t.Access, t.BeforeAccess)
		l.showTime("mtime", t.Modify, t.BeforeModify)
	}
	return &t, nil
}

func same(m change.Moment, now time.Time) bool { return m.Zero() || !m.Now && m.At.Equal(now) }

// showTime tells the diff of a time that changes to one that is known.
func (l *look) showTime(key string, m change.Moment, now time.Time) {
	if !same(m, now) && !m.Now {
		l.before[key], l.after[key] = seconds(now), seconds(m.At)
	}
}

func seconds(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 }

// present gives the times of a path. Those of what is only planned are as far known as Stat tells them.
func (l *look) present(ctx context.Context, st host.Stat) (access, modify time.Time, err error) {
	out, err := l.r.Probe(ctx, host.Probe{Argv: []string{"stat", "-L", "-c", "%X %x|%Y %y", "--", st.Path}, Reads: []change.Ref{change.Path(st.Path)}})
	switch {
	case isPlanned(err):
		return time.Time{}, st.ModTime, nil
	case err != nil:
		return time.Time{}, time.Time{}, err
	}
	a, m, ok := strings.Cut(strings.TrimSpace(out.Stdout), "|")
	if access, ok = parseTime(a, ok); ok {
		modify, ok = parseTime(m, ok)
	}
	if !ok || out.Status != 0 {
		return access, modify, fmt.Errorf("the times of %s cannot be read: %s%s", st.Path, out.Stdout, strings.TrimSpace(out.Stderr))
	}
	return access, modify, nil
}

// parseTime reads a time as stat prints it twice: in seconds, and for people, with the fraction.
func parseTime(s string, ok bool) (time.Time, bool) {
	secs, human, _ := strings.Cut(s, " ")
	n, err := strconv.ParseInt(secs, 10, 64)
	if err != nil || !ok {
		return time.Time{}, false
	}
	var nanos int64
	if _, rest, found := strings.Cut(human, "."); found {
		digits, _, _ := strings.Cut(rest, " ")
		if f, err := strconv.ParseInt((digits + "000000000")[:9], 10, 64); err == nil {
			nanos = f
		}
	}
	return time.Unix(n, nanos).UTC(), true
}
