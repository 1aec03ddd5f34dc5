package followup_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"aftersales/internal/followup"
)

func TestProductsAreFoundByGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern, title string
		want           bool
	}{
		{"WM-*", "wm-700", true},
		{"wm-*", "WM-", true},
		{"wm-?00", "WM-700", true},
		{"wm-?00", "WM-00", false},
		{"*hose*", "Inlet Hose 2 m", true},
		{"*hose", "hose and hose", true},
		{"*ab*c", "xabyabzc", true},
		{"*ab*c", "xabyabz", false},
		{"a*b*", "ab", true},
		{"**", "", true},
		{"?", "", false},
		{"?", "ä", true},
		{"KÜHL*", "kühlschrank", true},
		{"kühl?", "KÜHL", false},
		{"*\xff*", "a\xfeb", true}, // bytes that are no text are alike
		{"İx", "ix", true},         // as Unicode writes it small
		{"abc", "abcd", false},
		{"abcd", "abc", false},
	} {
		c := followup.Catalogue{Products: []followup.Product{{Title: tt.pattern}}}
		if _, got := c.Lookup(followup.Line{Title: tt.title}); got != tt.want {
			t.Errorf("%q matches %q: %v, want %v", tt.pattern, tt.title, got, tt.want)
		}
	}
}

// globbed is the definition: "*" is any run of characters, "?" is one.
func globbed(pattern, s []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(s) == 0
	case pattern[0] == '*':
		return globbed(pattern[1:], s) || len(s) > 0 && globbed(pattern, s[1:])
	default:
		return len(s) > 0 && (pattern[0] == '?' || pattern[0] == s[0]) && globbed(pattern[1:], s[1:])
	}
}

func TestGlobIsWhatItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("aAbä*?Ä")), 1, 8, -1).Draw(t, "pattern")
		title := rapid.StringOfN(rapid.RuneFrom([]rune("aAbBäÄ")), 0, 10, -1).Draw(t, "title")
		c := followup.Catalogue{Products: []followup.Product{{Title: pattern}}}
		want := globbed([]rune(strings.ToLower(pattern)), []rune(strings.ToLower(title)))
		if _, got := c.Lookup(followup.Line{Title: title}); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, title, got, want)
		}
	})
}
