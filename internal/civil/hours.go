package civil

import (
	"math"
	"time"
)

// Hours are the moments at which something may happen: inside all Windows, in every one of the Zones. The zero value
// is always open.
type Hours struct {
	Windows  []Window         // none is the whole day
	Workdays bool             // only on workdays; a window over midnight belongs to the day on which it starts
	Cal      Calendar         // the workdays, for Workdays and for windows of workdays
	Zones    []*time.Location // the candidate zones, the likeliest first; none, or a nil, is UTC
}

// Open tells whether t is inside the hours.
func (h Hours) Open(t time.Time) bool { return h.open(t.Unix()) }

func (h *Hours) open(sec int64) bool {
	if len(h.Zones) == 0 {
		return h.openAt(sec)
	}
	for _, loc := range h.Zones {
		if !h.openAt(sec + int64(offset(sec, loc))) {
			return false
		}
	}
	return true
}

// openAt tells whether all windows contain the moment of a wall clock, in local seconds.
func (h *Hours) openAt(local int64) bool {
	day, c := split(local)
	if len(h.Windows) == 0 {
		return allDay.contains(day, c, h.Workdays, &h.Cal)
	}
	for _, w := range h.Windows {
		if !w.contains(day, c, w.Workdays || h.Workdays, &h.Cal) {
			return false
		}
	}
	return true
}

// Next gives the first instant, in UTC and whole seconds, from t on that is open, and false if there is none up to and
// including limit. A fraction of t's second is rounded up. It costs one step per opening up to the limit.
func (h Hours) Next(t, limit time.Time) (time.Time, bool) {
	sec, last := ceil(t), limit.Unix()
	for sec <= last {
		next := sec
		for i := range max(1, len(h.Zones)) {
			next = h.nextIn(h.zone(i), next, last)
		}
		if next == sec { // no zone moved it, so it is open in all
			return time.Unix(sec, 0).UTC(), true
		}
		sec = next
	}
	return time.Time{}, false
}

// NextAt gives the first instant, in UTC, from t on at which the clock at, resolved in the first of the zones, is open, and
// false if there is none up to and including limit. Where a zone change skips the clock, that is the first instant
// after the gap; where it occurs twice, only the first counts.
func (h Hours) NextAt(t time.Time, at Clock, limit time.Time) (time.Time, bool) {
	sec, last, loc := ceil(t), limit.Unix(), h.zone(0)
	before := sec - 1 // at the end of a gap, the date may be one that was skipped
	day, _ := split(before + int64(offset(before, loc)))
	for ; ; day++ {
		next := resolve(int64(day)*daySeconds+int64(at), loc)
		switch {
		case next > last:
			return time.Time{}, false
		case next >= sec && h.open(next):
			return time.Unix(next, 0).UTC(), true
		}
	}
}

func (h *Hours) zone(i int) *time.Location {
	if len(h.Zones) == 0 {
		return nil
	}
	return h.Zones[i]
}

// ceil gives t in seconds since 1970, rounded up.
func ceil(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}

// nextIn gives the first second from sec on that is open in one zone, or one after last. It goes from one span of
// equal offset to the next, because at a zone change the wall clock can jump into a window, or back into it.
func (h *Hours) nextIn(loc *time.Location, sec, last int64) int64 {
	for sec <= last {
		off := int64(offset(sec, loc))
		if h.openAt(sec + off) {
			return sec
		}
		end := offsetEnd(sec, loc)
		next := h.nextLocal(sec+off, min(last, end-1)+off) - off
		if next < end {
			return next
		}
		sec = end
	}
	return sec
}

// never is later than any local second, with room to subtract an offset.
const never = math.MaxInt64 / 2

// nextLocal gives the first open second of a wall clock from local on that runs without changes, or one after last.
func (h *Hours) nextLocal(local, last int64) int64 {
	if len(h.Windows) == 0 {
		return h.nextOf(allDay, local)
	}
	for {
		start := local
		for _, w := range h.Windows {
			local = h.nextOf(w, local)
		}
		if local == start || local > last {
			return local
		}
	}
}

// nextOf gives the first second from local on that one window contains, or never.
func (h *Hours) nextOf(w Window, local int64) int64 {
	if local >= never {
		return never
	}
	workdays := w.Workdays || h.Workdays
	day, c := split(local)
	if w.contains(day, c, workdays, &h.Cal) {
		return local
	}
	next, ok := w.next(day, c, workdays, &h.Cal)
	if !ok {
		return never
	}
	return next
}
