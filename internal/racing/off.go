//go:build !race

// Package racing is for tests that repeat one story many times: all of it without
// the race detector, less of it with.
package racing

// Fewer returns all, or few under the race detector, which looks at how goroutines
// meet, not at what comes out: ten times as slow, it need not see every repetition
// of one story.
func Fewer(all, _ int) int { return all }
