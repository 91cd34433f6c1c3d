package shell

import "strings"

// Literal gives data as the operand of a shell's printf that prints just these bytes, NUL included. It is plain ASCII. As a shell may hand it to a program, keep data
// under 32 KiB.
func Literal(data []byte) string {
	var b strings.Builder
	b.Grow(len(data) + len(data)/8 + 2)
	b.WriteByte('\'')
	for i, c := range data {
		switch {
		case c == '%':
			b.WriteString("%%")
		case c == '\n', c >= ' ' && c < 0x7f && c != '\'' && c != '\\' && (c != '-' || i > 0):
			b.WriteByte(c)
		default:
			b.Write([]byte{'\\', '0' + c>>6, '0' + c>>3&7, '0' + c&7})
		}
	}
	b.WriteByte('\'')
	return b.String()
}
