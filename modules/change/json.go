//go:build !helper

package change

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// The JSON form of a change is {"kind": …, "change": {…}}. Content that is held travels with it, content by reference as size and hash.
type envelope struct {
	Kind   string          `json:"kind"`
	Change json.RawMessage `json:"change"`
}

// Marshal gives the JSON form of a change.
func Marshal(c Change) ([]byte, error) {
	kind, err := kindOf(c)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("change %s: %w", kind, err)
	}
	return json.Marshal(envelope{kind, body})
}

// Unmarshal reads what Marshal wrote. Unknown kinds and fields are errors.
func Unmarshal(data []byte) (Change, error) {
	var e envelope
	if err := strict(data, &e); err != nil {
		return nil, fmt.Errorf("change: %w", err)
	}
	switch e.Kind {
	case "write_file":
		return decode[WriteFile](e)
	case "remove":
		return decode[Remove](e)
	case "mkdir":
		return decode[Mkdir](e)
	case "symlink":
		return decode[Symlink](e)
	case "hardlink":
		return decode[Hardlink](e)
	case "set_meta":
		return decode[SetMeta](e)
	case "service":
		return decode[Service](e)
	case "user":
		return decode[User](e)
	case "group":
		return decode[Group](e)
	case "exec":
		return decode[Exec](e)
	}
	return nil, fmt.Errorf("change: unknown kind %q", e.Kind)
}

func kindOf(c Change) (string, error) {
	switch c.(type) {
	case WriteFile:
		return "write_file", nil
	case Remove:
		return "remove", nil
	case Mkdir:
		return "mkdir", nil
	case Symlink:
		return "symlink", nil
	case Hardlink:
		return "hardlink", nil
	case SetMeta:
		return "set_meta", nil
	case Service:
		return "service", nil
	case User:
		return "user", nil
	case Group:
		return "group", nil
	case Exec:
		return "exec", nil
	}
	return "", fmt.Errorf("change: unknown kind %T", c)
}

func decode[C Change](e envelope) (Change, error) {
	var c C
	if err := strict(e.Change, &c); err != nil {
		return nil, fmt.Errorf("change %s: %w", e.Kind, err)
	}
	for _, content := range contents(c) {
		if sum, err := hex.DecodeString(content.SHA256); err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("change %s: a content without its hash", e.Kind)
		}
	}
	return c, nil
}

// contents gives all contents that are in a change.
func contents(c Change) []Content {
	of := func(f *File) []Content {
		if f == nil {
			return nil
		}
		return []Content{f.Content}
	}
	switch c := c.(type) {
	case WriteFile:
		return append(append(of(c.Before), c.Content), c.Replaces.contents()...)
	case Remove:
		return append(of(c.Before), c.Node.contents()...)
	case Mkdir:
		return c.Below.contents()
	case User:
		return c.contents()
	case Symlink:
		return c.Before.contents()
	case Hardlink:
		return append(c.Node.contents(), c.Before.contents()...)
	}
	return nil
}

func (c User) contents() []Content {
	var all []Content
	if c.Makes != nil {
		all = contents(*c.Makes)
	}
	for _, r := range c.Removes {
		all = append(all, contents(r)...)
	}
	return all
}

func strict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

type contentJSON struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Data   []byte `json:"data,omitempty"`
}

// MarshalJSON writes size and hash, and the bytes where they are held.
func (c Content) MarshalJSON() ([]byte, error) {
	return json.Marshal(contentJSON{c.Size, c.SHA256, c.data})
}

// UnmarshalJSON reads a content and refuses bytes that are not those of its hash.
func (c *Content) UnmarshalJSON(b []byte) error {
	var j contentJSON
	if err := strict(b, &j); err != nil {
		return err
	}
	if j.Data == nil && j.Size > 0 {
		*c = Content{Size: j.Size, SHA256: j.SHA256}
		return nil
	}
	*c = Bytes(j.Data)
	if c.SHA256 != j.SHA256 || c.Size != j.Size {
		return fmt.Errorf("content does not match its hash")
	}
	return nil
}
