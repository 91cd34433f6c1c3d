package play

import (
	"strconv"
	"strings"

	"github.com/pfrun/pfrun/internal/jinja"
	"github.com/pfrun/pfrun/internal/yamlsrc"
)

// serial reads how many hosts go at a time: a number, a percentage, or a list of these.
func (l *loading) serial(p *Play, n *yamlsrc.Node) {
	if n.Kind == yamlsrc.Null {
		return
	}
	p.Serial = l.value(n)
	for _, item := range list(n) {
		switch item.Kind {
		case yamlsrc.Int:
		case yamlsrc.String:
			if number := strings.TrimSuffix(item.Text, "%"); !jinja.IsTemplate(item.Text) && !isNumber(number) {
				l.fault(item.Pos, "serial must be a number of hosts or a percentage, not %q", item.Text)
			}
		default:
			l.fault(item.Pos, "serial must be a number of hosts or a percentage, not %s", shown(item))
		}
	}
}

// percentage reads a number with or without a percent sign, or a template that gives one.
func (l *loading) percentage(word string, n *yamlsrc.Node) jinja.Value {
	v := l.scalar(word, n)
	if text, ok := v.(string); ok {
		number := strings.TrimSuffix(strings.TrimSpace(text), "%")
		if !isNumber(number) {
			l.fault(n.Pos, "%s must be a percentage, not %q", word, text)
			return nil
		}
		f, _ := strconv.ParseFloat(number, 64)
		return f
	}
	if _, ok := v.(bool); ok {
		l.fault(n.Pos, "%s must be a percentage, not %s", word, shown(n))
	}
	return v
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}
