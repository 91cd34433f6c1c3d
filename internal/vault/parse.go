package vault

import (
	"bytes"
	"encoding/hex"
	"strings"
)

// sealed is an encrypted text, taken apart.
type sealed struct {
	id              string // "": the text names none
	salt, mac, data []byte
}

// ID gives the id that an encrypted text names, "" where it names none. The error is a *FormatError.
func ID(text string) (string, error) {
	header, _ := cutLine(text)
	return parseHeader(header)
}

func cutLine(text string) (line, rest string) {
	if i := strings.IndexAny(text, "\r\n"); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}

// parseHeader reads the first line and gives the id that it names.
func parseHeader(line string) (string, error) {
	parts := strings.Split(strings.TrimSpace(line), ";")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	switch {
	case len(parts) < 3 || parts[0] != mark:
		return "", damaged("its first line must be %s;1.1;%s", mark, cipherName)
	case parts[1] != "1.1" && parts[1] != "1.2":
		return "", damaged("it has format %q: 1.1 and 1.2 can be read", parts[1])
	case parts[2] != cipherName:
		return "", damaged("it is encrypted with %q: only %s can be read", parts[2], cipherName)
	case len(parts) > 3:
		return parts[3], nil
	}
	return "", nil
}

func parse(text string) (*sealed, error) {
	header, body := cutLine(text)
	id, err := parseHeader(header)
	if err != nil {
		return nil, err
	}
	inner, err := hex.DecodeString(strings.Join(strings.Fields(body), ""))
	if err != nil {
		return nil, damaged("below its first line may stand only pairs of hexadecimal digits")
	}
	parts := bytes.SplitN(inner, []byte("\n"), 3)
	if len(parts) != 3 {
		return nil, damaged("it has not the three parts salt, checksum and data: is its end missing?")
	}
	for i, p := range parts {
		if parts[i], err = hex.AppendDecode(nil, p); err != nil {
			return nil, damaged("its %s is not hexadecimal", []string{"salt", "checksum", "data"}[i])
		}
	}
	return &sealed{id, parts[0], parts[1], parts[2]}, nil
}
