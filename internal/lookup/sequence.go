package lookup

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
)

func sortedNames(n jinja.Namer) []string { return slices.Sorted(slices.Values(n.Names())) }

// shortSequence is [start-]end[/stride][:format].
var shortSequence = regexp.MustCompile(`(?i)^(?:(0?x?[0-9a-f]+)-)?(0?x?[0-9a-f]+)(?:/(0?x?[0-9a-f]+))?(?::(.+))?$`)

// maxSequence is how many items a sequence may have.
const maxSequence = 1_000_000

func sequence(_ context.Context, _ jinja.Scope, terms []jinja.Value, o *jinja.Dict) ([]jinja.Value, error) {
	out := []jinja.Value{}
	if len(terms) == 0 {
		terms = []jinja.Value{""}
	}
	for _, t := range terms {
		args := o.Copy()
		if err := sequenceArgs(args, jinja.Str(t)); err != nil {
			return nil, err
		}
		vs, err := numbers(args)
		if err != nil {
			return nil, err
		}
		out = append(out, vs...)
	}
	return out, nil
}

func sequenceArgs(args *jinja.Dict, term string) error {
	if m := shortSequence.FindStringSubmatch(strings.TrimSpace(term)); m != nil {
		for i, name := range []string{"start", "end", "stride", "format"} {
			if m[i+1] != "" {
				args.Set(name, m[i+1])
			}
		}
		return nil
	}
	raw, kv, err := splitArgs(term)
	if err != nil {
		return err
	}
	if raw != "" {
		return fmt.Errorf("unrecognized arguments to with_sequence: %q", raw)
	}
	for _, e := range kv {
		args.Set(e[0], e[1])
	}
	return nil
}

// integer reads a decimal, hexadecimal (0x) or octal (0…) number.
func integer(d *jinja.Dict, name string) (*int64, error) {
	v, ok := option(d, name)
	if !ok || v == nil {
		return nil, nil
	}
	text := strings.TrimSpace(jinja.Str(v))
	n, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		return nil, fmt.Errorf("Invalid type for %s: it must be an integer, not %q", name, text)
	}
	return &n, nil
}

type span struct{ start, end, stride int64 }

func readSpan(args *jinja.Dict) (s span, err error) {
	var nums [4]*int64
	for i, name := range []string{"start", "end", "count", "stride"} {
		if nums[i], err = integer(args, name); err != nil {
			return s, err
		}
	}
	s = span{start: 1, stride: 1}
	if nums[0] != nil {
		s.start = *nums[0]
	}
	if nums[3] != nil {
		s.stride = *nums[3]
	}
	end, count := nums[1], nums[2]
	switch {
	case end == nil && count == nil:
		return s, errors.New("must specify count or end in with_sequence")
	case end != nil && count != nil:
		return s, errors.New("can't specify both count and end in with_sequence")
	case end != nil:
		s.end = *end
	case *count == 0:
		return span{}, nil
	case *count > maxSequence || *count < -maxSequence || s.stride > 1<<40 || s.stride < -1<<40:
		return s, fmt.Errorf("the sequence has more than %d items", maxSequence)
	default:
		s.end = s.start + *count*s.stride - 1
	}
	if s.stride > 0 && s.end < s.start {
		return s, errors.New("to count backwards make stride negative")
	}
	if s.stride < 0 && s.end > s.start {
		return s, errors.New("to count forward don't make stride negative")
	}
	return s, nil
}

var numberFormat = regexp.MustCompile(`^([^%]*%[-+ #0]*[0-9]*)(?:\.([0-9]+))?([diouxXs])([^%]*)$`)

func numbers(args *jinja.Dict) ([]jinja.Value, error) {
	s, err := readSpan(args)
	if err != nil {
		return nil, err
	}
	format := textOption(args, "format", "%d")
	if err := done(args); err != nil {
		return nil, err
	}
	m := numberFormat.FindStringSubmatch(format)
	if m == nil || len(m[1]) > 200 {
		return nil, fmt.Errorf("bad formatting string: %s", format)
	}
	verb := map[string]string{"i": "d", "u": "d", "s": "v"}[m[3]]
	if verb == "" {
		verb = m[3]
	}
	goFormat := strings.Replace(format, format[len(format)-len(m[4])-1:], verb+m[4], 1)
	if s.stride == 0 {
		return nil, nil
	}
	if size := (s.end - s.start) / s.stride; size >= maxSequence || size < 0 {
		return nil, fmt.Errorf("the sequence has more than %d items", maxSequence)
	}
	var out []jinja.Value
	for i := s.start; s.stride > 0 && i <= s.end || s.stride < 0 && i >= s.end; i += s.stride {
		out = append(out, fmt.Sprintf(goFormat, i))
	}
	return out, nil
}

// splitArgs splits "text k=v k2='a b'" into the text and the pairs.
func splitArgs(s string) (raw string, kv [][2]string, err error) {
	words, err := words(s)
	if err != nil {
		return "", nil, err
	}
	var free []string
	for _, w := range words {
		k, v, ok := strings.Cut(w, "=")
		if !ok || k == "" {
			free = append(free, w)
			continue
		}
		kv = append(kv, [2]string{k, unquote(v)})
	}
	return strings.Join(free, " "), kv, nil
}

// words splits at blanks outside of quotes; the quotes stay.
func words(s string) ([]string, error) {
	var out []string
	var b strings.Builder
	quote := rune(0)
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			if b.Len() > 0 {
				out = append(out, b.String())
				b.Reset()
			}
			continue
		}
		b.WriteRune(r)
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote is not closed in %q", s)
	}
	if b.Len() > 0 {
		out = append(out, b.String())
	}
	return out, nil
}

func unquote(s string) string {
	if len(s) > 1 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}
