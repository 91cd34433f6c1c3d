package render

import (
	"fmt"
	"strconv"
	"strings"
)

// sgr are the numbers that stand for Ansible's names of colours.
var sgr = map[string]string{
	"black": "0;30", "red": "0;31", "green": "0;32", "yellow": "0;33", "blue": "0;34", "purple": "0;35", "magenta": "0;35", "cyan": "0;36", "bright gray": "0;37",
	"dark gray": "1;30", "bright red": "1;31", "bright green": "1;32", "bright yellow": "1;33", "bright blue": "1;34", "bright purple": "1;35", "bright magenta": "1;35",
	"bright cyan": "1;36", "white": "1;37", "normal": "0",
}

// colourCode gives the numbers for a colour by its name: one of the table, color0 to color255, rgb000 to rgb555, gray0 to gray23. Empty: there is no such colour.
func colourCode(name string) string {
	if code, ok := sgr[name]; ok {
		return code
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(name, "color")); err == nil && strings.HasPrefix(name, "color") {
		return fmt.Sprintf("38;5;%d", n)
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(name, "gray")); err == nil && strings.HasPrefix(name, "gray") {
		return fmt.Sprintf("38;5;%d", 232+n)
	}
	if n, err := strconv.ParseInt(strings.TrimPrefix(name, "rgb"), 6, 0); err == nil && strings.HasPrefix(name, "rgb") && len(name) == 6 {
		return fmt.Sprintf("38;5;%d", 16+n)
	}
	return ""
}

// colour paints every line of a text.
func (a *Ansible) colour(name, s string) string {
	code := colourCode(name)
	if !a.Colour || code == "" {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = "\x1b[" + code + "m" + l + "\x1b[0m"
	}
	return strings.Join(lines, "\n")
}
