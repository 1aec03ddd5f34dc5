package world

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"aftersales/internal/civil"
)

// area is a country or region.
type area struct {
	distinct func() []string // its zones that differ, the likeliest first; found at first use because zones cost time to load
}

func newArea(zones string) *area {
	return &area{sync.OnceValue(func() []string { return differing(strings.Fields(zones)) })}
}

// differing drops each zone that always shows the same time as an earlier one.
func differing(names []string) []string {
	var kept []string
	var locs []*time.Location
	for _, name := range names {
		loc, err := civil.Zone(name)
		if err != nil {
			panic(fmt.Sprintf("embedded zones: %v", err)) // the tests load every zone
		}
		if !slices.ContainsFunc(locs, func(l *time.Location) bool { return agree(l, loc) }) {
			kept, locs = append(kept, name), append(locs, loc)
		}
	}
	return kept
}

// agree tells whether two zones have the same offset from UTC from the start of 2026 to the end of 2027.
func agree(a, b *time.Location) bool {
	t := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	for end := t.AddDate(2, 0, 0); t.Before(end); {
		inA, inB := t.In(a), t.In(b)
		_, offA := inA.Zone()
		_, offB := inB.Zone()
		if offA != offB {
			return false
		}
		t = end
		for _, in := range [...]time.Time{inA, inB} {
			if _, change := in.ZoneBounds(); !change.IsZero() && change.Before(t) {
				t = change
			}
		}
	}
	return true
}
