package jinja

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/pfrun/pfrun/internal/pyre"
)

var htmlEscaper = strings.NewReplacer("&", "&amp;", ">", "&gt;", "<", "&lt;", "'", "&#39;", `"`, "&#34;")

// escapeHTML escapes as Jinja2's filter e does.
func escapeHTML(s string) string { return htmlEscaper.Replace(s) }

var (
	htmlComment = regexp.MustCompile(`(?s)<!--.*?-->`)
	htmlTag     = regexp.MustCompile(`(?s)<.*?>`)
)

func stripTags(s string) string {
	s = htmlTag.ReplaceAllString(htmlComment.ReplaceAllString(s, ""), "")
	return html.UnescapeString(strings.Join(strings.Fields(s), " "))
}

func filterXMLAttr(c *Call) (Value, error) {
	d, err := c.dict()
	if err != nil {
		return nil, err
	}
	var parts []string
	for k, v := range d.Items {
		if _, missing := v.(*Undefined); missing || v == nil {
			continue
		}
		key := Str(k)
		if strings.ContainsAny(key, " \t\r\n\v\f/>=") {
			return nil, fmt.Errorf("invalid character in attribute name: %s", Repr(key))
		}
		parts = append(parts, escapeHTML(key)+`="`+escapeHTML(Str(v))+`"`)
	}
	text := strings.Join(parts, " ")
	if text != "" && c.Bool(0, true) {
		text = " " + text
	}
	return text, nil
}

// The forms that the filter urlize makes links of.
var (
	webLink = `(?i)^(?:(?:https?://|www\.)(?:(?:[\w%-]+\.)+)?(?:[a-z]{2,63}|xn--[\w%]{2,59})|(?:[\w%-]{2,63}\.)+(?:com|net|int|edu|gov|org|info|mil)|` +
		`https?://(?:\d{1,3}(?:\.\d{1,3}){3}|\[(?:[\da-f]{0,4}:){2}(?:[\da-f]{0,4}:?){1,6}\]))(?::\d{1,5})?(?:[/?#]\S*)?$`
	mailLink   = regexp.MustCompile(`^\S+@[\pL\pN_][\pL\pN_.-]*\.[\pL\pN_]+$`)
	linkScheme = regexp.MustCompile(`^[\pL\pN_.+-]{2,}:/{0,2}$`)
	blanks     = regexp.MustCompile(`\s+`)
)

// linker makes links of the words of a text.
type linker struct {
	web     *pyre.Regexp
	limit   int64 // of a link's shown text; negative: none
	attrs   string
	schemes []string
}

func filterURLize(c *Call) (Value, error) {
	web, err := pyre.Compile(webLink, 0)
	if err != nil {
		return nil, err
	}
	l := &linker{web: web}
	if l.limit, err = c.Int(0, -1); err != nil {
		return nil, err
	}
	rel := append(strings.Fields(c.Text(3, "")), "noopener")
	if c.Bool(1, false) {
		rel = append(rel, "nofollow")
	}
	slices.Sort(rel)
	l.attrs = ` rel="` + escapeHTML(strings.Join(slices.Compact(rel), " ")) + `"`
	if target := c.Text(2, ""); target != "" {
		l.attrs += ` target="` + escapeHTML(target) + `"`
	}
	if v := c.Arg(4, nil); v != nil {
		vs, err := c.st.iterate(v)
		if err != nil {
			return nil, err
		}
		for _, s := range vs {
			if !linkScheme.MatchString(Str(s)) {
				return nil, fmt.Errorf("%s is not a valid URI scheme prefix", Repr(s))
			}
			l.schemes = append(l.schemes, Str(s))
		}
	}
	return l.text(escapeHTML(c.input()))
}

func (l *linker) text(s string) (Value, error) {
	var b strings.Builder
	last := 0
	for _, gap := range append(blanks.FindAllStringIndex(s, -1), []int{len(s), len(s)}) {
		word, err := l.word(s[last:gap[0]])
		if err != nil {
			return nil, err
		}
		b.WriteString(word)
		b.WriteString(s[gap[0]:gap[1]])
		last = gap[1]
	}
	return b.String(), nil
}

// trimAny cuts a run of any of the words from one end of a text.
func trimAny(s string, cut func(s, word string) (string, bool), words ...string) string {
	for again := true; again; {
		again = false
		for _, w := range words {
			if rest, ok := cut(s, w); ok {
				s, again = rest, true
			}
		}
	}
	return s
}

func (l *linker) word(word string) (string, error) {
	middle := trimAny(word, strings.CutPrefix, "(", "<", "&lt;")
	head := word[:len(word)-len(middle)]
	core := trimAny(middle, strings.CutSuffix, ")", ">", ".", ",", "\n", "&gt;")
	tail := middle[len(core):]
	for _, pair := range [][2]string{{"(", ")"}, {"<", ">"}, {"&lt;", "&gt;"}} {
		open := strings.Count(core, pair[0])
		if open <= strings.Count(core, pair[1]) {
			continue
		}
		for range min(open, strings.Count(tail, pair[1])) {
			end := strings.Index(tail, pair[1]) + len(pair[1])
			core, tail = core+tail[:end], tail[end:]
		}
	}
	link, err := l.link(core)
	return head + link + tail, err
}

func (l *linker) link(s string) (string, error) {
	m, err := l.web.Match(s)
	if err != nil {
		return "", err
	}
	shown := s
	if rs := []rune(s); l.limit >= 0 && int64(len(rs)) > l.limit {
		shown = string(rs[:l.limit]) + "..."
	}
	address, isMail := strings.CutPrefix(s, "mailto:")
	switch {
	case m != nil && (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")):
		return `<a href="` + s + `"` + l.attrs + `>` + shown + `</a>`, nil
	case m != nil:
		return `<a href="https://` + s + `"` + l.attrs + `>` + shown + `</a>`, nil
	case isMail && mailLink.MatchString(address):
		return `<a href="` + s + `">` + address + `</a>`, nil
	case !strings.HasPrefix(s, "www.") && !strings.HasPrefix(s, "@") && !strings.Contains(s, ":") && mailLink.MatchString(s):
		return `<a href="mailto:` + s + `">` + s + `</a>`, nil
	}
	for _, scheme := range l.schemes {
		if s != scheme && strings.HasPrefix(s, scheme) {
			return `<a href="` + s + `"` + l.attrs + `>` + s + `</a>`, nil
		}
	}
	return s, nil
}
