package parity

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Record is what a peer left behind.
type Record struct {
	Inputs string  `json:"inputs"` // hash of the case's folder
	Runs   []Run   `json:"runs"`
	Tree   []Entry `json:"tree"`
}

// Run is the outcome of one command line.
type Run struct {
	Line  string   `json:"line"`
	Exit  int      `json:"exit"`
	Recap []string `json:"recap"` // "h1 ok=1 changed=0 …", sorted
}

// Entry is a file, folder, link or the like.
type Entry struct {
	Path    string   `json:"path"` // h1:/srv/parity/…
	Kind    string   `json:"kind"`
	Mode    string   `json:"mode"`
	Owner   string   `json:"owner"`
	Link    string   `json:"link,omitempty"`
	Content []string `json:"content,omitempty"` // split after each newline's place
}

// volatile holds the keys that are left out of files named *.json, with the reason.
var volatile = map[string]string{
	"start":          "time",
	"end":            "time",
	"delta":          "time",
	"started_at":     "time",
	"atime":          "time",
	"ctime":          "time",
	"mtime":          "time",
	"inode":          "number of the file system",
	"dev":            "number of the file system",
	"version":        "generation number of the file system",
	"attributes":     "flags of the file system",
	"attr_flags":     "flags of the file system",
	"pid":            "process number",
	"ansible_job_id": "random number and process number",
	"results_file":   "holds ansible_job_id",
	"invocation":     "what Python's module was called with",
	"exception":      "a traceback of Python",
}

// temporary begins the paths of Ansible's own temporary files, which registered values of copy and template name. A key that holds one is left out.
const temporary = "/root/.ansible/tmp/"

var recapLine = regexp.MustCompile(`(?m)^(\S+)\s+: (ok=\d+)\s+(changed=\d+)\s+(unreachable=\d+)\s+(failed=\d+)\s+(skipped=\d+)\s+(rescued=\d+)\s+(ignored=\d+)`)

// recap gives the lines of the last recap in an output.
func recap(output string) []string {
	if i := strings.LastIndex(output, "PLAY RECAP"); i >= 0 {
		output = output[i:]
	}
	lines := []string{}
	for _, m := range recapLine.FindAllStringSubmatch(output, -1) {
		lines = append(lines, strings.Join(m[1:], " "))
	}
	slices.Sort(lines)
	return lines
}

// entries reads the tar archive of a machine's trees.
func entries(machine string, archive []byte) ([]Entry, error) {
	var list []Entry
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", machine, err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", machine, h.Name, err)
		}
		list = append(list, entry(machine, h, content))
	}
}

func entry(machine string, h *tar.Header, content []byte) Entry {
	e := Entry{
		Path:  machine + ":/" + strings.TrimSuffix(h.Name, "/"),
		Kind:  kind(h.Typeflag),
		Mode:  fmt.Sprintf("%04o", h.Mode),
		Owner: h.Uname + ":" + h.Gname,
		Link:  h.Linkname,
	}
	if h.Typeflag == tar.TypeReg {
		if strings.HasSuffix(h.Name, ".json") {
			content = settle(content)
		}
		e.Content = strings.Split(string(content), "\n")
	}
	return e
}

func kind(flag byte) string {
	switch flag {
	case tar.TypeReg:
		return "file"
	case tar.TypeDir:
		return "directory"
	case tar.TypeSymlink:
		return "link"
	case tar.TypeLink:
		return "hard"
	}
	return fmt.Sprintf("type %q", flag)
}

// settle leaves the volatile keys out of a JSON document. What is no JSON stays as it is.
func settle(content []byte) []byte {
	var v any
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return content
	}
	strip(v)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		return content
	}
	return b.Bytes()
}

func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			path, _ := item.(string)
			if _, ok := volatile[k]; ok || strings.HasPrefix(path, temporary) {
				delete(v, k)
				continue
			}
			strip(item)
		}
	case []any:
		for _, item := range v {
			strip(item)
		}
	}
}

// inputs hashes names, modes and contents of what a case is made of: its folder and the shared inventory.
func inputs(folder, sharedHosts string) (string, error) {
	sum := sha256.New()
	add := func(path, name string, d fs.DirEntry) error {
		info, err := d.Info()
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %v %d\n", name, info.Mode()&0o111 != 0, len(b))
		sum.Write(b)
		return nil
	}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		return add(path, name, d)
	})
	if err != nil {
		return "", err
	}
	hosts, err := os.ReadFile(sharedHosts)
	sum.Write(hosts)
	return hex.EncodeToString(sum.Sum(nil))[:16], err
}
