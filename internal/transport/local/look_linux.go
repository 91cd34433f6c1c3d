package local

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// executable reports whether a file can be started by this user.
func executable(file string) bool {
	st, err := os.Stat(file)
	return err == nil && st.Mode().IsRegular() && unix.Access(file, unix.X_OK) == nil
}

// accessible reports whether a folder can be listed and entered.
func accessible(dir string) bool { return unix.Access(dir, unix.R_OK|unix.X_OK) == nil }

// Look tells what kind of host this is, by system calls and files. The error wraps ErrNotPlain where that takes a shell.
func (Conn) Look() (Look, error) {
	l := Look{UID: strconv.Itoa(os.Geteuid()), Home: os.Getenv("HOME"), Manager: manager(), OSRelease: firstFile("/etc/os-release", "/usr/lib/os-release")}
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return l, fmt.Errorf("%w: uname: %w", ErrNotPlain, err)
	}
	l.Kernel, l.Arch, l.Node = unix.ByteSliceToString(u.Sysname[:]), unix.ByteSliceToString(u.Machine[:]), unix.ByteSliceToString(u.Nodename[:])
	l.Passwd, l.Group = firstFile("/etc/passwd"), firstFile("/etc/group")
	var err error
	if l.Folder, err = unix.Getwd(); err != nil {
		return l, fmt.Errorf("%w: %w", ErrNotPlain, err)
	}
	l.User, l.Umask = nameOf(l.UID, l.Passwd), statusOf("Umask")
	if l.User == "" || l.Umask == "" { // the name is in a directory service, or the kernel is old
		return l, ErrNotPlain
	}
	return l, nil
}

// manager gives what looks after services.
func manager() string {
	path := searchPath(os.Getenv("PATH"))
	switch {
	case there("/run/systemd/system") && find("systemctl", path) != "":
		return "systemd"
	case there("/run/openrc/softlevel") && find("rc-service", path) != "":
		return "openrc"
	case strings.TrimSpace(firstFile("/proc/1/comm")) == "init" && there("/etc/init.d"):
		return "sysvinit"
	}
	return ""
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// firstFile gives the text of the first file that can be read.
func firstFile(paths ...string) string {
	for _, p := range paths {
		if b, err := os.ReadFile(p); err == nil {
			return string(b)
		}
	}
	return ""
}

// nameOf gives the name that passwd(5) has for a number.
func nameOf(uid, passwd string) string {
	for line := range strings.Lines(passwd) {
		if f := strings.Split(line, ":"); len(f) > 2 && f[2] == uid && strings.Trim(f[0], "+-") == f[0] {
			return f[0]
		}
	}
	return ""
}

// statusOf gives a line of this process's status(5).
func statusOf(name string) string {
	for line := range strings.Lines(firstFile("/proc/self/status")) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
