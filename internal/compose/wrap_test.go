package compose_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// wrapped puts as many words as fit on each line of 72 characters, after first on the first line and rest on the others.
func wrapped(words []string, first, rest string) string {
	line, lines := first+words[0], []string(nil)
	for _, word := range words[1:] {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > 72 {
			lines, line = append(lines, line), rest+word
			continue
		}
		line += " " + word
	}
	return strings.Join(append(lines, line), "\n")
}

// TestWrap puts as much on a line as fits, in plain English and where characters are not bytes.
func TestWrap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		letters := []string{"a", "a", "äß"}[r.IntN(3)]
		words := make([]string, 1+r.IntN(60))
		for i := range words {
			n := 1 + r.IntN(12)
			if r.IntN(20) == 0 {
				n = 60 + r.IntN(40)
			}
			words[i] = strings.Repeat(letters, n)
		}
		text := strings.Join(words, " ")
		if got, want := say(t, text, nil), wrapped(words, "", ""); got != want {
			t.Fatalf("wrapped to\n%s\nwant\n%s", got, want)
		}
		if got, want := say(t, "1. "+text, nil), wrapped(words, "1. ", "   "); got != want {
			t.Fatalf("wrapped to\n%s\nwant\n%s", got, want)
		}
		if got, want := say(t, "> > "+text, nil), wrapped(words, "> > ", "> > "); got != want {
			t.Fatalf("wrapped to\n%s\nwant\n%s", got, want)
		}
	}
}
