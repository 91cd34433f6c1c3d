package jinja

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

func runeLen(s string) int { return utf8.RuneCountInString(s) }

// textMethod is a method without arguments that gives a text.
func textMethod(fn func(string) string) *methodDef {
	return &methodDef{sign(""), func(_ *state, self Value, _ *Call) (Value, error) { return fn(self.(string)), nil }}
}

// checkMethod is a method without arguments that answers whether all characters are of a kind, and there is one.
func checkMethod(fn func(rune) bool) *methodDef {
	return &methodDef{sign(""), func(_ *state, self Value, _ *Call) (Value, error) {
		s := self.(string)
		return s != "" && strings.IndexFunc(s, func(r rune) bool { return !fn(r) }) < 0, nil
	}}
}

func stringMethod(params string, fn func(s string, c *Call) (Value, error)) *methodDef {
	return &methodDef{sign(params), func(_ *state, self Value, c *Call) (Value, error) { return fn(self.(string), c) }}
}

// The methods of strings, by name; set in init because some of them look up methods themselves.
var stringMethods map[string]*methodDef

func init() {
	stringMethods = map[string]*methodDef{
		"upper": textMethod(upperCase), "lower": textMethod(lowerCase), "casefold": textMethod(func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "ß", "ss") }),
		"title": textMethod(pyTitle), "capitalize": textMethod(capitalized), "swapcase": textMethod(swapCase),
		"isalpha": checkMethod(unicode.IsLetter), "isdigit": checkMethod(unicode.IsDigit), "isdecimal": checkMethod(unicode.IsDigit),
		"isnumeric": checkMethod(unicode.IsNumber), "isspace": checkMethod(unicode.IsSpace),
		"isalnum": checkMethod(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }),
		"isascii": stringMethod("", func(s string, _ *Call) (Value, error) {
			return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0, nil
		}),
		"isprintable": stringMethod("", func(s string, _ *Call) (Value, error) {
			return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0, nil
		}),
		"isidentifier": stringMethod("", func(s string, _ *Call) (Value, error) { return isIdentifier(s), nil }),
		"translate":    stringMethod("table", translateMethod),
		"isupper": stringMethod("", func(s string, _ *Call) (Value, error) {
			return strings.ToUpper(s) == s && strings.ToLower(s) != s, nil
		}),
		"islower": stringMethod("", func(s string, _ *Call) (Value, error) {
			return strings.ToLower(s) == s && strings.ToUpper(s) != s, nil
		}),
		"istitle": stringMethod("", func(s string, _ *Call) (Value, error) {
			return pyTitle(s) == s && strings.IndexFunc(s, unicode.IsLetter) >= 0, nil
		}),
		"strip": stringMethod("chars=", stripMethod(true, true)), "lstrip": stringMethod("chars=", stripMethod(true, false)),
		"rstrip": stringMethod("chars=", stripMethod(false, true)),
		"split":  stringMethod("sep=, maxsplit=", splitMethod(false)), "rsplit": stringMethod("sep=, maxsplit=", splitMethod(true)),
		"splitlines": stringMethod("keepends=", splitLinesMethod),
		"join":       {sign("iterable"), joinMethod},
		"replace":    stringMethod("old, new, count=", replaceMethod),
		"find":       stringMethod("sub, start=, end=", findMethod(strings.Index, false)), "rfind": stringMethod("sub, start=, end=", findMethod(strings.LastIndex, false)),
		"index": stringMethod("sub, start=, end=", findMethod(strings.Index, true)), "rindex": stringMethod("sub, start=, end=", findMethod(strings.LastIndex, true)),
		"count":      stringMethod("sub", countMethod),
		"startswith": stringMethod("prefix", affixMethod(strings.HasPrefix)), "endswith": stringMethod("suffix", affixMethod(strings.HasSuffix)),
		"removeprefix": stringMethod("prefix", func(s string, c *Call) (Value, error) { return strings.TrimPrefix(s, c.Text(0, "")), nil }),
		"removesuffix": stringMethod("suffix", func(s string, c *Call) (Value, error) { return strings.TrimSuffix(s, c.Text(0, "")), nil }),
		"zfill":        stringMethod("width", zfillMethod),
		"ljust":        stringMethod("width, fillchar=", padMethod('<')), "rjust": stringMethod("width, fillchar=", padMethod('>')), "center": stringMethod("width, fillchar=", padMethod('^')),
		"partition": stringMethod("sep", partitionMethod(strings.Index, false)), "rpartition": stringMethod("sep", partitionMethod(strings.LastIndex, true)),
		"format_map": {sign("mapping"), formatMapMethod}, "format": {sign("*args, **kw"), formatMethod},
		"expandtabs": stringMethod("tabsize=", expandTabsMethod),
	}
}

// pyTitle is str.title: a letter after what is no letter is upper case, any other is lower case.
func pyTitle(s string) string {
	var b strings.Builder
	inWord := false
	for _, r := range s {
		if inWord {
			b.WriteRune(unicode.ToLower(r))
		} else {
			b.WriteString(titleCase(string(r)))
		}
		inWord = unicode.IsLetter(r)
	}
	return b.String()
}

func capitalized(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return titleCase(s[:n]) + lowerCase(s[n:])
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

func stripMethod(left, right bool) func(string, *Call) (Value, error) {
	return func(s string, c *Call) (Value, error) {
		cut := unicode.IsSpace
		if chars := c.Arg(0, nil); chars != nil {
			set := Str(chars)
			cut = func(r rune) bool { return strings.ContainsRune(set, r) }
		}
		if left {
			s = strings.TrimLeftFunc(s, cut)
		}
		if right {
			s = strings.TrimRightFunc(s, cut)
		}
		return s, nil
	}
}

func textList(parts []string) *List {
	vs := make([]Value, len(parts))
	for i, p := range parts {
		vs[i] = p
	}
	return &List{items: vs}
}

func splitMethod(fromRight bool) func(string, *Call) (Value, error) {
	return func(s string, c *Call) (Value, error) {
		n, err := c.Int(1, -1)
		if err != nil {
			return nil, err
		}
		sep := c.Arg(0, nil)
		if sep == nil {
			return textList(splitBlanks(s, int(n), fromRight)), nil
		}
		text, ok := sep.(string)
		if !ok {
			return nil, fmt.Errorf("must be str or None, not %s", TypeName(sep))
		}
		if text == "" {
			return nil, errors.New("empty separator")
		}
		if n < 0 {
			return textList(strings.Split(s, text)), nil
		}
		if !fromRight {
			return textList(strings.SplitN(s, text, int(min(n, maxText))+1)), nil
		}
		var parts []string
		for ; n > 0; n-- {
			i := strings.LastIndex(s, text)
			if i < 0 {
				break
			}
			parts = append([]string{s[i+len(text):]}, parts...)
			s = s[:i]
		}
		return textList(append([]string{s}, parts...)), nil
	}
}

// splitBlanks splits at runs of white space, n times at most where n is not negative.
func splitBlanks(s string, n int, fromRight bool) []string {
	words := strings.Fields(s)
	if n < 0 || len(words) <= n {
		return words
	}
	if fromRight {
		rest := strings.TrimRightFunc(s, unicode.IsSpace)
		tail := words[len(words)-n:]
		for i := len(tail) - 1; i >= 0; i-- {
			rest = strings.TrimRightFunc(strings.TrimSuffix(rest, tail[i]), unicode.IsSpace)
		}
		return append([]string{rest}, tail...)
	}
	rest := strings.TrimLeftFunc(s, unicode.IsSpace)
	for _, w := range words[:n] {
		rest = strings.TrimLeftFunc(strings.TrimPrefix(rest, w), unicode.IsSpace)
	}
	return append(words[:n:n], rest)
}

// splitLines is str.splitlines.
func splitLines(s string, keep bool) []string {
	var lines []string
	for s != "" {
		i := strings.IndexAny(s, "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029")
		if i < 0 {
			return append(lines, s)
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		if strings.HasPrefix(s[i:], "\r\n") {
			n = 2
		}
		if keep {
			lines = append(lines, s[:i+n])
		} else {
			lines = append(lines, s[:i])
		}
		s = s[i+n:]
	}
	return lines
}

func splitLinesMethod(s string, c *Call) (Value, error) {
	return textList(splitLines(s, c.Bool(0, false))), nil
}

func joinMethod(st *state, self Value, c *Call) (Value, error) {
	vs, err := st.iterate(c.args[0])
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(vs))
	for i, v := range vs {
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("sequence item %d: expected str instance, %s found; the filter join takes any values", i, TypeName(v))
		}
		parts[i] = s
	}
	return strings.Join(parts, self.(string)), nil
}

func replaceMethod(s string, c *Call) (Value, error) {
	n, err := c.Int(2, -1)
	if err != nil {
		return nil, err
	}
	old, text := c.Text(0, ""), c.Text(1, "")
	if len(text) > len(old) && strings.Count(s, old) > maxText/len(text) {
		return nil, errTooLong
	}
	return strings.Replace(s, old, text, int(n)), nil
}

func findMethod(find func(s, sub string) int, must bool) func(string, *Call) (Value, error) {
	return func(s string, c *Call) (Value, error) {
		if _, err := c.str(0); err != nil {
			return nil, err
		}
		start, err := c.Int(1, 0)
		if err != nil {
			return nil, err
		}
		rs := []rune(s)
		end, err := c.Int(2, int64(len(rs)))
		if err != nil {
			return nil, err
		}
		bounds := sliceValue{[3]*int64{&start, &end, nil}}
		from, _, n, _ := bounds.span(len(rs))
		window := string(rs[from : from+n])
		i := find(window, c.Text(0, ""))
		switch {
		case i >= 0:
			return int64(from + runeLen(window[:i])), nil
		case must:
			return nil, errors.New("substring not found")
		}
		return int64(-1), nil
	}
}

func countMethod(s string, c *Call) (Value, error) {
	sub, err := c.str(0)
	return int64(strings.Count(s, sub)), err
}

// str gives the argument i, which must be a text.
func (c *Call) str(i int) (string, error) {
	s, ok := c.args[i].(string)
	if !ok {
		return "", fmt.Errorf("the argument must be a str, not '%s'", TypeName(c.args[i]))
	}
	return s, nil
}

func isIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r)) {
			return false
		}
	}
	return s != ""
}

// translateMethod puts texts, or nothing, in place of characters that a dict names by their numbers.
func translateMethod(s string, c *Call) (Value, error) {
	table, ok := c.args[0].(*Dict)
	if !ok {
		return nil, fmt.Errorf("the table must be a dict, not '%s'", TypeName(c.args[0]))
	}
	var b strings.Builder
	for _, r := range s {
		v, ok := table.Get(int64(r))
		n, isNumber := v.(int64)
		switch {
		case !ok:
			b.WriteRune(r)
		case isNumber:
			b.WriteRune(rune(n))
		case v != nil:
			b.WriteString(Str(v))
		}
	}
	if b.Len() > maxText {
		return nil, errTooLong
	}
	return b.String(), nil
}

func affixMethod(has func(s, affix string) bool) func(string, *Call) (Value, error) {
	return func(s string, c *Call) (Value, error) {
		switch x := c.args[0].(type) {
		case string:
			return has(s, x), nil
		case Tuple:
			for _, v := range x {
				if has(s, Str(v)) {
					return true, nil
				}
			}
			return false, nil
		}
		return nil, fmt.Errorf("a str or a tuple of str is wanted, not %s", TypeName(c.args[0]))
	}
}

func zfillMethod(s string, c *Call) (Value, error) {
	n, err := c.Int(0, 0)
	if err != nil || n > maxText {
		return nil, errors.Join(err, errTooLong)
	}
	missing := int(n) - runeLen(s)
	if missing <= 0 {
		return s, nil
	}
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[:1] + strings.Repeat("0", missing) + s[1:], nil
	}
	return strings.Repeat("0", missing) + s, nil
}

func padMethod(align byte) func(string, *Call) (Value, error) {
	return func(s string, c *Call) (Value, error) {
		n, err := c.Int(0, 0)
		if err != nil || n > maxText {
			return nil, errors.Join(err, errTooLong)
		}
		fill := c.Text(1, " ")
		if runeLen(fill) != 1 {
			return nil, errors.New("the fill character must be exactly one character long")
		}
		return pad(s, int(n), align, fill), nil
	}
}

// pad fills a text up to a width: '<' on the right, '>' on the left, '^' on both sides as str.center does.
func pad(s string, width int, align byte, fill string) string {
	missing := width - runeLen(s)
	if missing <= 0 {
		return s
	}
	left := 0
	switch align {
	case '>':
		left = missing
	case '^':
		left = missing/2 + missing&width&1
	}
	return strings.Repeat(fill, left) + s + strings.Repeat(fill, missing-left)
}

func partitionMethod(find func(s, sub string) int, right bool) func(string, *Call) (Value, error) {
	return func(s string, c *Call) (Value, error) {
		sep := c.Text(0, "")
		if sep == "" {
			return nil, errors.New("empty separator")
		}
		i := find(s, sep)
		switch {
		case i >= 0:
			return Tuple{s[:i], sep, s[i+len(sep):]}, nil
		case right:
			return Tuple{"", "", s}, nil
		}
		return Tuple{s, "", ""}, nil
	}
}

func expandTabsMethod(s string, c *Call) (Value, error) {
	n, err := c.Int(0, 8)
	if err != nil || n > 1000 {
		return nil, errors.Join(err, errTooLong)
	}
	var b strings.Builder
	column := 0
	for _, r := range s {
		switch {
		case r == '\t' && n > 0:
			fill := int(n) - column%int(n)
			b.WriteString(strings.Repeat(" ", fill))
			column += fill
		case r == '\t':
		case r == '\n' || r == '\r':
			b.WriteRune(r)
			column = 0
		default:
			b.WriteRune(r)
			column++
		}
	}
	return b.String(), nil
}
