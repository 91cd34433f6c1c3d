package modules

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Content is an argument that is a text, or a list or dict that stands for its JSON, as Python's json.dumps writes it.
type Content struct{ text string }

// Set takes a value without the order of its keys.
func (c *Content) Set(value any) error { return c.SetRaw(value, value) }

// SetRaw takes a value. Where the raw one writes itself as JSON its keys keep their order.
func (c *Content) SetRaw(value, raw any) (err error) {
	switch value.(type) {
	case []any, map[string]any:
		if own, ok := raw.(interface{ AsJSON() (string, error) }); ok {
			c.text, err = own.AsJSON()
			return err
		}
		c.text, err = spaced(value)
		return err
	}
	c.text, err = Text(value)
	return err
}

// spaced writes JSON on one line with blanks after commas and colons.
func spaced(value any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return "", err
	}
	var out strings.Builder
	inText, escaped := false, false
	for _, c := range strings.TrimSuffix(b.String(), "\n") {
		out.WriteRune(c)
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			inText = !inText
		case !inText && (c == ',' || c == ':'):
			out.WriteByte(' ')
		}
	}
	return out.String(), nil
}

// String gives the text.
func (c Content) String() string { return c.text }

// WireText gives the text.
func (c Content) WireText() string { return c.text }

// SetWireText takes a text.
func (c *Content) SetWireText(text string) error {
	c.text = text
	return nil
}
