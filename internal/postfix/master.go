package postfix

import "strings"

// Service is one service of a master.cf.
type Service struct {
	Name, Type string      // such as smtp and inet
	Command    string      // the program, such as smtpd; "" where the line is cut short
	Line       int         // where it starts, from 1
	Overrides  []Parameter // the -o name=value arguments, in their order
}

// ParseMaster reads the services of a master.cf. It is tolerant: what it does not understand it leaves out, since Postfix judges the file itself.
func ParseMaster(text string) []Service {
	var out []Service
	var logical string
	start := 0
	flush := func() {
		if s, ok := service(logical, start); ok {
			out = append(out, s)
		}
		logical = ""
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		switch t := strings.Trim(line, blanks); {
		case t == "" || t[0] == '#':
		case strings.IndexByte(blanks, line[0]) >= 0:
			if logical != "" {
				logical += " " + t
			}
		default:
			flush()
			logical, start = t, n
		}
	}
	flush()
	return out
}

// service reads name, type, private, unprivileged, chroot, wakeup, process limit and command.
func service(logical string, line int) (Service, bool) {
	words := splitList(logical, blanks)
	if len(words) < 2 {
		return Service{}, false
	}
	s := Service{Name: words[0], Type: words[1], Line: line}
	if len(words) < 8 {
		return s, true
	}
	s.Command = words[7]
	args := words[8:]
	for i := 0; i < len(args) && strings.HasPrefix(args[i], "-") && args[i] != "--"; i++ {
		setting, attached := strings.CutPrefix(args[i], "-o")
		if !attached {
			continue
		}
		if setting == "" {
			if i++; i == len(args) {
				break
			}
			setting = args[i]
		}
		setting = strings.TrimSuffix(strings.TrimPrefix(setting, "{"), "}")
		if name, value, ok := strings.Cut(setting, "="); ok {
			s.Overrides = append(s.Overrides, Parameter{Name: strings.Trim(name, blanks), Value: strings.Trim(value, blanks), Line: line})
		}
	}
	return s, true
}
