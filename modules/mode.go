package modules

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Mode is a mode argument as Ansible takes it: octal text ("0644", "644"), a number (YAML reads 0644 as octal, and 644 as decimal 644), or symbolic text ("u=rw,g+r,o=").
// "preserve" is refused: modules that copy from the control node declare a type of their own for it.
type Mode struct {
	text  string // symbolic
	bits  uint32
	given bool // as bits
}

const (
	permBits = 0o7777
	umask    = 0o022 // what "+x" without a user leaves out
)

// PlainMode makes a mode of its bits.
func PlainMode(bits uint32) *Mode { return &Mode{bits: bits & permBits, given: true} }

// Set takes a mode of a playbook.
func (m *Mode) Set(value any) error {
	switch v := value.(type) {
	case int64:
		if v < 0 || v > permBits {
			return fmt.Errorf("is no file mode: %d (write modes with a leading zero, in quotes: \"0644\")", v)
		}
		*m = Mode{bits: uint32(v), given: true}
		return nil
	case string:
		return m.parse(strings.TrimSpace(v))
	}
	return fmt.Errorf("must be in octal or symbolic form, got: %v", value)
}

func (m *Mode) parse(s string) error {
	if s == "preserve" {
		return errors.New(`cannot be "preserve" here: there is no source file whose mode could be kept`)
	}
	if n, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimPrefix(s, "0o"), "0O"), 8, 32); err == nil {
		if n > permBits {
			return fmt.Errorf("is no file mode: %s", s)
		}
		*m = Mode{bits: uint32(n), given: true}
		return nil
	}
	if _, err := symbolic(s, 0, false); err != nil {
		return fmt.Errorf("must be in octal or symbolic form, got: %s", s)
	}
	*m = Mode{text: s}
	return nil
}

// Apply gives the mode of a path that has current now.
func (m Mode) Apply(current uint32, isDir bool) uint32 {
	if m.given {
		return m.bits
	}
	mode, _ := symbolic(m.text, current, isDir) // parse has tried it
	return mode
}

// String gives the mode as chmod takes it.
func (m Mode) String() string {
	if m.given {
		return fmt.Sprintf("%04o", m.bits)
	}
	return m.text
}

// WireText gives String.
func (m Mode) WireText() string { return m.String() }

// SetWireText reads what WireText gave.
func (m *Mode) SetWireText(text string) error { return m.parse(text) }

// symbolic applies clauses such as "u=rwX,go-w" one after the other.
func symbolic(text string, mode uint32, isDir bool) (uint32, error) {
	for clause := range strings.SplitSeq(text, ",") {
		at := strings.IndexAny(clause, "+-=")
		if at < 0 || strings.Trim(clause[:at], "ugo") != "" && clause[:at] != "a" {
			return 0, fmt.Errorf("bad symbolic permission for mode: %s", clause)
		}
		users, masked := clause[:at], at == 0
		if users == "" || users == "a" {
			users = "ugo"
		}
		for rest := clause[at:]; rest != ""; {
			op := rest[0]
			end := len(rest)
			if next := strings.IndexAny(rest[1:], "+-="); next >= 0 {
				end = next + 1
			}
			perms := rest[1:end]
			if strings.Trim(perms, "rwxXstugo") != "" {
				return 0, fmt.Errorf("bad symbolic permission for mode: %s", clause)
			}
			for _, user := range users {
				mode = operate(mode, op, user, permissions(mode, user, perms, masked, isDir))
			}
			rest = rest[end:]
		}
	}
	return mode, nil
}

// shift gives where the three bits of a user stand in a mode, and the bit beside them that is its own: setuid, setgid, sticky.
func shift(user rune) (by int, special uint32) {
	switch user {
	case 'u':
		return 6, 0o4000
	case 'g':
		return 3, 0o2000
	}
	return 0, 0o1000
}

func operate(mode uint32, op byte, user rune, bits uint32) uint32 {
	switch op {
	case '+':
		return mode | bits
	case '-':
		return mode &^ bits
	}
	by, special := shift(user)
	return mode&^(0o7<<by|special) | bits
}

// permissions gives the bits that letters mean for a user. masked: no user was named, so what the umask takes away is left out.
func permissions(mode uint32, user rune, letters string, masked, isDir bool) uint32 {
	by, special := shift(user)
	var bits uint32
	for _, l := range letters {
		switch l {
		case 'r', 'w', 'x':
			bit := map[rune]uint32{'r': 4, 'w': 2, 'x': 1}[l] << by
			if masked {
				bit &^= umask
			}
			bits |= bit
		case 'X':
			if isDir || mode&0o111 != 0 {
				bits |= 1 << by
			}
		case 's':
			if user != 'o' {
				bits |= special
			}
		case 't':
			if user == 'o' {
				bits |= special
			}
		default: // what another user has
			from, _ := shift(l)
			bits |= mode >> from & 0o7 << by
		}
	}
	return bits
}
