package jinja

import (
	"strings"
	"unicode"
)

// wideUpper are letters whose upper case has several letters.
var wideUpper = strings.NewReplacer("ß", "SS", "ŉ", "ʼN", "ǰ", "J̌", "ΐ", "Ϊ́", "ΰ", "Ϋ́", "և", "ԵՒ", "ﬀ", "FF", "ﬁ", "FI", "ﬂ", "FL", "ﬃ", "FFI", "ﬄ", "FFL", "ﬅ", "ST", "ﬆ", "ST")

// wideTitle are those of them whose form at the beginning of a word is another.
var wideTitle = strings.NewReplacer("ß", "Ss", "ﬀ", "Ff", "ﬁ", "Fi", "ﬂ", "Fl", "ﬃ", "Ffi", "ﬄ", "Ffl", "ﬅ", "St", "ﬆ", "St", "և", "Եւ")

// upperCase is Python's str.upper.
func upperCase(s string) string { return strings.ToUpper(wideUpper.Replace(s)) }

// titleCase is the form of a letter at the beginning of a word.
func titleCase(s string) string {
	if t := wideTitle.Replace(s); t != s {
		return t
	}
	return strings.Map(unicode.ToTitle, s)
}

// lowerCase is Python's str.lower: a sigma at the end of a word has its own form.
func lowerCase(s string) string {
	low := strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(s, "İ", "i\u0307")), "İ", "i\u0307")
	if !strings.Contains(s, "Σ") {
		return low
	}
	rs := []rune(low)
	for i, r := range []rune(strings.ReplaceAll(s, "İ", "i\u0307")) {
		if r == 'Σ' && i > 0 && unicode.IsLetter(rs[i-1]) && (i+1 == len(rs) || !unicode.IsLetter(rs[i+1])) {
			rs[i] = 'ς'
		}
	}
	return string(rs)
}
