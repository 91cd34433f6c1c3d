package jinja

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"path"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// jinjaTitle is the filter title: a word begins after white space, a hyphen or an opening bracket.
func jinjaTitle(s string) string {
	var b strings.Builder
	inWord := false
	for _, r := range s {
		switch {
		case strings.ContainsRune("-({[<", r) || unicode.IsSpace(r):
			inWord = false
			b.WriteRune(r)
			continue
		case inWord:
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteString(upperCase(string(r)))
		}
		inWord = true
	}
	return b.String()
}

func filterTrim(c *Call) (Value, error) {
	if chars := c.Arg(0, nil); chars != nil {
		return strings.Trim(c.input(), Str(chars)), nil
	}
	return strings.TrimFunc(c.input(), unicode.IsSpace), nil
}

func filterReplace(c *Call) (Value, error) { return replaceMethod(c.input(), c) }

func filterSplit(c *Call) (Value, error) {
	s, ok := c.In.(string)
	if !ok {
		return nil, fmt.Errorf("the input must be a str, not '%s'", TypeName(c.In))
	}
	return splitMethod(false)(s, c)
}

func filterFormat(c *Call) (Value, error) {
	if c.more != nil {
		if len(c.rest) > 0 {
			return nil, errors.New("can't handle positional and keyword arguments at the same time")
		}
		return c.st.percent(c.input(), c.more)
	}
	return c.st.percent(c.input(), Tuple(c.rest))
}

func filterIndent(c *Call) (Value, error) {
	indent := ""
	if s, ok := c.Arg(0, nil).(string); ok {
		indent = s
	} else {
		n, err := c.Int(0, 4)
		if err != nil || n < 0 || n > maxWidth {
			return nil, errors.Join(err, errors.New("the width must be a small number"))
		}
		indent = strings.Repeat(" ", int(n))
	}
	lines := splitLines(c.input()+"\n", false)
	if len(indent)*len(lines) > maxText {
		return nil, errTooLong
	}
	blank := c.Bool(2, false)
	for i, l := range lines {
		if i > 0 && (blank || l != "") || i == 0 && c.Bool(1, false) {
			lines[i] = indent + l
		}
	}
	return strings.Join(lines, "\n"), nil
}

func filterWordCount(c *Call) (Value, error) {
	words := strings.FieldsFunc(c.input(), func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	return int64(len(words)), nil
}

func filterTruncate(c *Call) (Value, error) {
	n, err := c.Int(0, 255)
	if err != nil {
		return nil, err
	}
	end := c.Text(2, "...")
	leeway, err := c.Int(3, 5)
	if err != nil {
		return nil, err
	}
	if size, err := lengthOf(c.In); err != nil || int64(size) <= n+leeway {
		return c.In, err
	}
	s, ok := c.In.(string)
	if !ok {
		return nil, fmt.Errorf("the input must be a str, not '%s'", TypeName(c.In))
	}
	rs := []rune(s)
	if n < int64(runeLen(end)) {
		return nil, fmt.Errorf("expected length >= %d, got %d", runeLen(end), n)
	}
	text := string(rs[:n-int64(runeLen(end))])
	if i := strings.LastIndexByte(text, ' '); i >= 0 && !c.Bool(1, false) {
		text = text[:i]
	}
	return text + end, nil
}

// Quote quotes a text for a POSIX shell, as shlex.quote does.
func Quote(s string) string {
	safe := func(r rune) bool {
		return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("@%_-+=:,./", r))
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
}

func baseName(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// dirName is os.path.dirname.
func dirName(s string) string {
	head := s[:strings.LastIndexByte(s, '/')+1]
	if strings.Trim(head, "/") == "" {
		return head
	}
	return strings.TrimRight(head, "/")
}

// cleanPath is os.path.normpath.
func cleanPath(s string) string {
	clean := path.Clean(s)
	if strings.HasPrefix(s, "//") && !strings.HasPrefix(s, "///") {
		return "/" + clean
	}
	return clean
}

func filterPathJoin(c *Call) (Value, error) {
	if s, ok := c.In.(string); ok {
		return s, nil
	}
	vs, err := c.pathNames()
	if err != nil {
		return nil, err
	}
	out := ""
	for _, s := range vs {
		switch {
		case strings.HasPrefix(s, "/"):
			out = s
		case out == "" || strings.HasSuffix(out, "/"):
			out += s
		default:
			out += "/" + s
		}
	}
	return out, nil
}

func filterSplitExt(c *Call) (Value, error) {
	s := c.input()
	start := strings.LastIndexByte(s, '/') + 1
	i := strings.LastIndexByte(s, '.')
	if i < start || strings.Trim(s[start:i], ".") == "" {
		return Tuple{s, ""}, nil
	}
	return Tuple{s[:i], s[i:]}, nil
}

// encoded gives a text in an encoding.
func encoded(s, encoding string) ([]byte, error) {
	switch name := strings.ReplaceAll(strings.ToLower(encoding), "_", "-"); name {
	case "utf-8", "utf8":
		return []byte(s), nil
	case "ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1":
		limit := rune(0x7f)
		if name != "ascii" && name != "us-ascii" {
			limit = 0xff
		}
		var b []byte
		for _, r := range s {
			if r > limit {
				return nil, fmt.Errorf("the character %q is not in the encoding %s", r, encoding)
			}
			b = append(b, byte(r))
		}
		return b, nil
	case "utf-16-le", "utf-16le":
		return utf16Bytes(s, binary.LittleEndian), nil
	case "utf-16-be", "utf-16be":
		return utf16Bytes(s, binary.BigEndian), nil
	case "utf-16", "utf16":
		return append([]byte{0xff, 0xfe}, utf16Bytes(s, binary.LittleEndian)...), nil
	}
	return nil, fmt.Errorf("the encoding %q is not supported: utf-8, utf-16, utf-16-le, utf-16-be, latin-1 and ascii are", encoding)
}

func utf16Bytes(s string, order binary.AppendByteOrder) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

// decoded gives the text that is encoded so.
func decoded(b []byte, encoding string) (string, error) {
	var order binary.ByteOrder = binary.LittleEndian
	switch strings.ReplaceAll(strings.ToLower(encoding), "_", "-") {
	case "latin-1", "latin1", "iso-8859-1":
		rs := make([]rune, len(b))
		for i, c := range b {
			rs[i] = rune(c)
		}
		return string(rs), nil
	case "utf-16-le", "utf-16le":
	case "utf-16-be", "utf-16be":
		order = binary.BigEndian
	case "utf-16", "utf16":
		if len(b) > 1 && b[0] == 0xfe && b[1] == 0xff {
			order = binary.BigEndian
		}
		if len(b) > 1 && (b[0] == 0xfe && b[1] == 0xff || b[0] == 0xff && b[1] == 0xfe) {
			b = b[2:]
		}
	case "utf-8", "utf8", "ascii", "us-ascii":
		if !utf8.Valid(b) {
			return "", errors.New("what was encoded is no UTF-8 text")
		}
		return string(b), nil
	default:
		return "", fmt.Errorf("the encoding %q is not supported: utf-8, utf-16, utf-16-le, utf-16-be, latin-1 and ascii are", encoding)
	}
	if len(b)%2 != 0 {
		return "", errors.New("what was encoded is no UTF-16 text")
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units)), nil
}

func filterB64Encode(c *Call) (Value, error) {
	encoding := base64.StdEncoding
	if c.Bool(1, false) {
		encoding = base64.URLEncoding
	}
	b, err := encoded(c.input(), c.Text(0, "utf-8"))
	return encoding.EncodeToString(b), err
}

// filterB64Decode passes over what is no character of base64, as Python does, but wants the padding.
func filterB64Decode(c *Call) (Value, error) {
	text := c.input()
	if c.Bool(1, false) {
		text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	}
	text = strings.Map(func(r rune) rune {
		if r > '~' || r != '=' && r != '+' && r != '/' && !isWordByte(byte(r)) || r == '_' {
			return -1
		}
		return r
	}, text)
	if i := strings.IndexByte(text, '='); i >= 0 { // what follows the padding is not looked at
		text = text[:i] + strings.Repeat("=", min(len(text)-i, (4-i%4)%4))
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("the text is no base64: %w", err)
	}
	return decoded(b, c.Text(0, "utf-8"))
}

// filterQuote quotes for a shell; None is the empty text.
func filterQuote(c *Call) (Value, error) {
	if c.In == nil {
		return Quote(""), nil
	}
	return Quote(c.input()), nil
}

var hashes = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
	"sha512_224": sha512.New512_224, "sha512_256": sha512.New512_256, "sha3_224": func() hash.Hash { return sha3.New224() }, "sha3_256": func() hash.Hash { return sha3.New256() },
	"sha3_384": func() hash.Hash { return sha3.New384() }, "sha3_512": func() hash.Hash { return sha3.New512() },
}

func hashText(name, text string) (Value, error) {
	fn := hashes[strings.ToLower(name)]
	if fn == nil {
		return nil, fmt.Errorf("unsupported hash type %q: md5, sha1, the kinds of sha2 and of sha3 are", name)
	}
	h := fn()
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)), nil
}

func filterHash(c *Call) (Value, error) { return hashText(c.Text(0, "sha1"), c.input()) }

func namedHash(name string) func(*Call) (Value, error) {
	return func(c *Call) (Value, error) { return hashText(name, c.input()) }
}

// commentStyle is how a style of comments begins, decorates its lines and ends.
type commentStyle struct{ begin, decoration, end string }

var commentStyles = map[string]commentStyle{
	"plain": {"", "# ", ""}, "erlang": {"", "% ", ""}, "c": {"", "// ", ""}, "cblock": {"/*", " * ", " */"}, "xml": {"<!--", " - ", "-->"},
}

func filterComment(c *Call) (Value, error) {
	style, ok := commentStyles[c.Text(0, "plain")]
	if !ok {
		return nil, fmt.Errorf("invalid style '%s': plain, erlang, c, cblock and xml are known", c.Text(0, ""))
	}
	set := map[string]string{"decoration": style.decoration, "beginning": style.begin, "end": style.end, "newline": "\n"}
	count := map[string]int{"prefix_count": 1, "postfix_count": 1}
	if err := commentArgs(c, set, count); err != nil {
		return nil, err
	}
	newline, decoration := set["newline"], set["decoration"]
	for _, name := range []string{"prefix", "postfix"} {
		if _, given := set[name]; !given {
			set[name] = strings.TrimRightFunc(decoration, unicode.IsSpace)
		}
	}
	var b strings.Builder
	if set["beginning"] != "" {
		b.WriteString(set["beginning"] + newline)
	}
	switch set["prefix"] {
	case "":
	case newline:
		b.WriteString(strings.Repeat(newline, count["prefix_count"]))
	default:
		b.WriteString(strings.Repeat(set["prefix"]+newline, count["prefix_count"]))
	}
	text := decoration + strings.ReplaceAll(c.input(), newline, newline+decoration)
	b.WriteString(strings.ReplaceAll(text, decoration+newline, strings.TrimRightFunc(decoration, unicode.IsSpace)+newline))
	b.WriteString(strings.Repeat(newline+set["postfix"], count["postfix_count"]))
	if set["end"] != "" {
		b.WriteString(newline + set["end"])
	}
	return b.String(), nil
}

func commentArgs(c *Call, set map[string]string, count map[string]int) error {
	if c.more == nil {
		return nil
	}
	for k, v := range c.more.Items {
		switch name := Str(k); name {
		case "decoration", "beginning", "end", "newline", "prefix", "postfix":
			set[name] = Str(v)
		case "prefix_count", "postfix_count":
			n, ok := smallInt(v)
			if !ok || n > maxWidth {
				return fmt.Errorf("%s must be a small number", name)
			}
			count[name] = int(max(n, 0))
		default:
			return fmt.Errorf("there is no argument '%s'", name)
		}
	}
	return nil
}
