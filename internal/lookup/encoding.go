package lookup

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pfrun/pfrun/internal/jinja"
)

// decoder makes text of the bytes of a file.
type decoder func(path string, data []byte) (string, error)

// decoderOf gives the decoder of the option encoding, under the names that Python has for it.
func decoderOf(args *jinja.Dict) (decoder, error) {
	name := textOption(args, "encoding", "utf-8")
	switch strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name)) {
	case "utf8", "ascii", "usascii":
		return decodeUTF8, nil
	case "utf8sig":
		return func(path string, data []byte) (string, error) {
			text, err := decodeUTF8(path, data)
			return strings.TrimPrefix(text, "\ufeff"), err
		}, nil
	case "latin1", "iso88591", "l1", "latin":
		return oneByte(nil), nil
	case "latin9", "iso885915", "l9":
		return oneByte(latin9), nil
	case "cp1252", "windows1252":
		return oneByte(windows1252), nil
	}
	return nil, fmt.Errorf("the encoding %q is not supported: utf-8, latin-1, iso8859-15 and cp1252 are", name)
}

func decodeUTF8(path string, data []byte) (string, error) {
	if !utf8.Valid(data) {
		return "", fmt.Errorf("%s is no UTF-8 text", path)
	}
	return string(data), nil
}

// oneByte decodes an encoding whose every byte is a character: that of its number, but for those listed. A listed 0 is no character.
func oneByte(others map[byte]rune) decoder {
	return func(path string, data []byte) (string, error) {
		var b strings.Builder
		for i, c := range data {
			r, listed := others[c]
			switch {
			case !listed:
				r = rune(c)
			case r == 0:
				return "", fmt.Errorf("%s: byte %d, 0x%02x, is no character of its encoding", path, i+1, c)
			}
			b.WriteRune(r)
		}
		return b.String(), nil
	}
}

var latin9 = map[byte]rune{0xa4: '€', 0xa6: 'Š', 0xa8: 'š', 0xb4: 'Ž', 0xb8: 'ž', 0xbc: 'Œ', 0xbd: 'œ', 0xbe: 'Ÿ'}

var windows1252 = map[byte]rune{
	0x80: '€', 0x81: 0, 0x82: '‚', 0x83: 'ƒ', 0x84: '„', 0x85: '…', 0x86: '†', 0x87: '‡', 0x88: 'ˆ', 0x89: '‰', 0x8a: 'Š', 0x8b: '‹', 0x8c: 'Œ', 0x8d: 0, 0x8e: 'Ž', 0x8f: 0,
	0x90: 0, 0x91: '‘', 0x92: '’', 0x93: '“', 0x94: '”', 0x95: '•', 0x96: '–', 0x97: '—', 0x98: '˜', 0x99: '™', 0x9a: 'š', 0x9b: '›', 0x9c: 'œ', 0x9d: 0, 0x9e: 'ž', 0x9f: 'Ÿ',
}
