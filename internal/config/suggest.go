package config

import (
	"slices"
	"strings"
)

// Meant gives the one of the known words that was most likely meant by another, or
// "".
func Meant(word string, known []string) string {
	bare := make([]string, len(known)) // as suggest compares
	for i, k := range known {
		bare[i] = strings.ReplaceAll(strings.ToLower(k), "-", "_")
	}
	if i := slices.Index(bare, suggest(word, bare)); i >= 0 {
		return known[i]
	}
	return ""
}

// suggest gives the known word that was most likely meant, or "": one that
// differs by at most two letters, or by a third of a short word.
func suggest(word string, known []string) string {
	word = strings.ReplaceAll(strings.ToLower(word), "-", "_")
	best, limit := "", min(2, max(1, len(word)/3))
	for _, k := range known {
		if d := distance(word, k); d <= limit {
			best, limit = k, d-1
		}
	}
	return best
}

// distance counts the letters to insert, drop, change or swap with the next to
// make b of a.
func distance(a, b string) int {
	var before, last []int // rows of the table above the current one
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
