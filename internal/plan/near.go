package plan

import "strings"

// suggest says which of the known words was probably meant, else which there are.
func suggest(word string, known []string) string {
	if near := nearest(word, known); near != "" {
		return "did you mean " + quote(near) + "?"
	}
	if len(known) == 0 {
		return "there is none; take it out"
	}
	return "known are " + strings.Join(known, ", ")
}

// nearest returns the known word that is at most a typing mistake or two away
// from word, or "". The first of equals wins.
func nearest(word string, known []string) string {
	const longest = 64 // beyond it nobody mistyped a key; keeps the work bounded
	if word == "" || len(word) > longest {
		return ""
	}
	best, least := "", 1+max(1, min(3, len([]rune(word))/3))
	for _, k := range known {
		if d := distance(fold(word), fold(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// fold forgets what people mix up: case, and which dash joins two words.
func fold(s string) []rune {
	return []rune(strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(s)))
}

// distance counts insertions, deletions, replacements and swaps of neighbours
// (optimal string alignment).
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// quote puts s between double quotes, shortened.
func quote(s string) string {
	const longest = 60
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest]) + "..."
	}
	return `"` + s + `"`
}
