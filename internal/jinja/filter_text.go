package jinja

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"path"
	"strings"
	"unicode"
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

func checkUTF8(c *Call, i int) error {
	switch strings.ToLower(c.Text(i, "utf-8")) {
	case "utf-8", "utf8", "ascii", "us-ascii":
		return nil
	}
	return fmt.Errorf("the encoding %q is not supported, only utf-8", c.Text(i, ""))
}

func filterB64Encode(c *Call) (Value, error) {
	encoding := base64.StdEncoding
	if c.Bool(1, false) {
		encoding = base64.URLEncoding
	}
	return encoding.EncodeToString([]byte(c.input())), checkUTF8(c, 0)
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
	if !utf8.Valid(b) {
		return nil, errors.New("what was encoded is no UTF-8 text")
	}
	return string(b), checkUTF8(c, 0)
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
}

func hashText(name, text string) (Value, error) {
	fn := hashes[strings.ToLower(name)]
	if fn == nil {
		return nil, fmt.Errorf("the hash %q is not supported: md5, sha1, sha224, sha256, sha384 and sha512 are", name)
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
