package cli

import (
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/pfrun/pfrun"
)

// logFile takes what is shown, without colours, each line with its time.
type logFile struct {
	mu   sync.Mutex
	file io.Writer
	head string // who writes
	now  func() time.Time
}

var colourMarks = regexp.MustCompile("\x1b\\[[0-9;]*m")

// tee shows on a stream what it also logs.
type tee struct {
	shown io.Writer
	log   *logFile
}

func (t tee) Write(b []byte) (int, error) {
	t.log.add(string(b))
	return t.shown.Write(b)
}

func (l *logFile) add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text = strings.Trim(colourMarks.ReplaceAllString(text, ""), "\n")
	fmt.Fprintf(l.file, "%s %s| %s\n", l.now().Format("2006-01-02 15:04:05,000"), l.head, text)
}

// logged gives the streams, which also write to the file that the setting log_path names. done closes it.
func (c *command) logged(out, errors io.Writer) (_, _ io.Writer, done func()) {
	path := c.flags.options.Settings.LogPath
	if path == "" {
		return out, errors, func() {}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		fmt.Fprintf(errors, "[WARNING]: log file at '%s' is not writeable and we cannot create it, aborting: %s\n", path, err)
		return out, errors, func() {}
	}
	name := "?"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	log := &logFile{file: f, head: fmt.Sprintf("p=%d u=%s n=ansible INFO", os.Getpid(), name), now: time.Now}
	return tee{out, log}, tee{errors, log}, func() { f.Close() }
}

// retrySink writes the names of the hosts that failed to a file, where the settings ask for one.
type retrySink struct {
	pfrun.Sink
	c *command
}

func (c *command) retries(sink pfrun.Sink) pfrun.Sink {
	if !c.flags.options.Settings.RetryFiles {
		return sink
	}
	return retrySink{sink, c}
}

// Emit passes an event on. Before the counts it tells of the file.
func (r retrySink) Emit(e pfrun.Event) {
	if recap, ok := e.(pfrun.Recap); ok {
		r.write(recap)
	}
	r.Sink.Emit(e)
}

func (r retrySink) write(recap pfrun.Recap) {
	var names []string
	for _, h := range recap.Hosts {
		if h.Failed+h.Unreachable > 0 {
			names = append(names, h.Host)
		}
	}
	o := &r.c.flags.options
	if len(names) == 0 || len(o.Playbooks) == 0 {
		return
	}
	book := o.Playbooks[0]
	dir := o.Settings.RetryFilesPath
	if dir == "" {
		dir = filepath.Dir(book)
	}
	path, err := filepath.Abs(filepath.Join(dir, strings.TrimSuffix(filepath.Base(book), filepath.Ext(book))+".retry"))
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Join(names, "\n")+"\n"), 0o644)
	}
	if err != nil {
		fmt.Fprintf(r.c.streams.Err, "[WARNING]: Could not create retry file '%s'.\n\t%s\n", path, err)
		return
	}
	fmt.Fprintf(r.c.streams.Out, "\tto retry, use: --limit @%s\n\n", path)
}
