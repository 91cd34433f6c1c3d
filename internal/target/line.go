package target

import (
	"fmt"
	"strings"

	"github.com/pfrun/pfrun/modules/host"
)

// oneLine gives argv as a line for the shell of whoever is become, which need not be a POSIX shell: in that case, and where a line break is in it, all that could mean something
// is written as octal numbers.
func oneLine(argv []string) string {
	line := "exec " + host.Quote(argv...)
	if !strings.ContainsAny(line, "\n!\\\"") {
		return line
	}
	return "exec sh -c " + host.Quote(decoding(argv))
}

// decoding gives a script in one line that runs argv. It holds no $, which some quote badly.
func decoding(argv []string) string {
	var b strings.Builder
	b.WriteString("eval \"`printf '")
	for _, c := range []byte("exec " + host.Quote(argv...)) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == ' ', strings.IndexByte("/.,:=_-@", c) >= 0:
			b.WriteByte(c)
		case c == '%':
			b.WriteString("%%")
		default:
			fmt.Fprintf(&b, `\%03o`, c)
		}
	}
	b.WriteString("'`\"")
	return b.String()
}
