package civil_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"aftersales/internal/civil"
)

// hours reads windows separated by commas; "workdays" alone is Hours.Workdays.
func hours(t testing.TB, windows, zones string) civil.Hours {
	t.Helper()
	h := civil.Hours{Cal: saturdaySunday(t)}
	for s := range strings.SplitSeq(windows, ",") {
		switch s {
		case "":
		case "workdays":
			h.Workdays = true
		default:
			h.Windows = append(h.Windows, window(t, s))
		}
	}
	for name := range strings.FieldsSeq(zones) {
		h.Zones = append(h.Zones, zone(t, name))
	}
	return h
}

const farAway = "2040-01-01T00:00:00Z"

func TestNext(t *testing.T) {
	const berlin, newYork, kathmandu = "Europe/Berlin", "America/New_York", "Asia/Kathmandu"
	tests := []struct{ windows, zones, from, limit, want string }{
		{"", "", "2026-03-31T03:00:00Z", farAway, "2026-03-31T03:00:00Z"},
		{"", "", "2026-03-31T03:00:00.000000001Z", farAway, "2026-03-31T03:00:01Z"},
		{"08:00-20:00", "", "2026-03-31T03:00:00Z", farAway, "2026-03-31T08:00:00Z"},
		{"08:00-20:00", berlin, "2026-03-31T03:00:00Z", farAway, "2026-03-31T06:00:00Z"},
		{"08:00-20:00", berlin, "2026-03-31T10:00:00Z", farAway, "2026-03-31T10:00:00Z"},
		{"08:00-20:00", berlin, "2026-03-31T17:59:59Z", farAway, "2026-03-31T17:59:59Z"},
		{"08:00-20:00", berlin, "2026-03-31T17:59:59.5Z", farAway, "2026-04-01T06:00:00Z"},
		{"08:00-20:00", berlin, "2026-03-31T18:00:00Z", farAway, "2026-04-01T06:00:00Z"},
		{"08:00-20:00", kathmandu, "2026-03-31T00:00:00Z", farAway, "2026-03-31T02:15:00Z"},
		// Over a change of the clocks.
		{"08:00-20:00", berlin, "2026-03-28T20:00:00Z", farAway, "2026-03-29T06:00:00Z"},
		{"08:00-20:00", berlin, "2026-10-24T20:00:00Z", farAway, "2026-10-25T07:00:00Z"},
		// The window's start is skipped: it opens when the gap ends.
		{"02:30-20:00", berlin, "2026-03-28T20:00:00Z", farAway, "2026-03-29T01:00:00Z"},
		{"02:00-03:00", berlin, "2026-03-28T20:00:00Z", farAway, "2026-03-30T00:00:00Z"}, // skipped as a whole
		{"02:15-20:00", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", farAway, "2026-10-03T15:30:00Z"},
		{"10:00-20:00", "Pacific/Apia", "2011-12-30T09:00:00Z", farAway, "2011-12-30T20:00:00Z"},
		// The window's start comes twice: the first. Its end too: open again in the second hour.
		{"02:30-20:00", berlin, "2026-10-24T20:00:00Z", farAway, "2026-10-25T00:30:00Z"},
		{"02:00-02:30", berlin, "2026-10-25T00:30:00Z", farAway, "2026-10-25T01:00:00Z"},
		{"02:00-02:30", berlin, "2026-10-25T01:30:00Z", farAway, "2026-10-26T01:00:00Z"},
		{"01:45-02:30", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", farAway, "2026-04-04T14:45:00Z"},
		{"20:00-01:45", "Australia/Lord_Howe", "2026-04-04T14:50:00Z", farAway, "2026-04-04T15:00:00Z"}, // 01:50, then 01:30
		// Over midnight.
		{"20:00-08:00", berlin, "2026-03-31T10:00:00Z", farAway, "2026-03-31T18:00:00Z"},
		{"20:00-08:00", berlin, "2026-03-31T23:00:00Z", farAway, "2026-03-31T23:00:00Z"},
		{"20:00-08:00", berlin, "2026-03-31T06:00:00Z", farAway, "2026-03-31T18:00:00Z"},
		{"20:00-08:00 workdays", berlin, "2026-03-28T05:00:00Z", farAway, "2026-03-28T05:00:00Z"},
		{"20:00-08:00 workdays", berlin, "2026-03-28T07:00:00Z", farAway, "2026-03-30T18:00:00Z"},
		{"20:00-08:00 workdays", berlin, "2026-03-30T03:00:00Z", farAway, "2026-03-30T18:00:00Z"},
		{"20:00-08:00,workdays", berlin, "2026-03-28T05:00:00Z", farAway, "2026-03-28T05:00:00Z"},
		{"20:00-08:00,workdays", berlin, "2026-03-30T03:00:00Z", farAway, "2026-03-30T18:00:00Z"},
		// Workdays.
		{"workdays", berlin, "2026-03-27T22:59:59Z", farAway, "2026-03-27T22:59:59Z"},
		{"workdays", berlin, "2026-03-27T23:00:00Z", farAway, "2026-03-29T22:00:00Z"},
		{"workdays", "", "1969-12-28T12:00:00Z", farAway, "1969-12-29T00:00:00Z"},
		{"08:00-20:00 workdays", berlin, "2026-12-30T19:00:00Z", farAway, "2027-01-01T07:00:00Z"},
		{"10:00-18:00 workdays", newYork, "2026-03-06T23:30:00Z", farAway, "2026-03-09T14:00:00Z"},
		// Several windows: all of them.
		{"08:00-20:00,10:00-18:00 workdays", berlin, "2026-03-28T07:00:00Z", farAway, "2026-03-30T08:00:00Z"},
		{"08:00-12:00,10:00-18:00", berlin, "2026-03-31T10:00:00Z", farAway, "2026-04-01T08:00:00Z"},
		{"20:00-08:00,06:00-10:00", berlin, "2026-03-31T10:00:00Z", farAway, "2026-04-01T04:00:00Z"},
		{"00:00-24:00,08:00-20:00", "", "1970-01-01T00:00:00Z", farAway, "1970-01-01T08:00:00Z"},
		{"08:00-10:00,12:00-14:00", berlin, "2026-03-31T10:00:00Z", "2030-01-01T00:00:00Z", ""},
		// Several zones: polite in all.
		{"10:00-18:00", newYork + " America/Los_Angeles", "2026-03-31T10:00:00Z", farAway, "2026-03-31T17:00:00Z"},
		{"10:00-18:00", "America/Los_Angeles " + newYork, "2026-03-31T22:00:00Z", farAway, "2026-04-01T17:00:00Z"},
		{"10:00-18:00", newYork + " Pacific/Honolulu", "2026-03-31T10:00:00Z", farAway, "2026-03-31T20:00:00Z"},
		{"10:00-18:00 workdays", "Pacific/Auckland Pacific/Chatham", "2026-03-27T05:30:00Z", farAway, "2026-03-29T21:00:00Z"},
		{"10:00-18:00", "Europe/Kaliningrad Asia/Kamchatka", "2026-03-31T10:00:00Z", "2026-04-14T10:00:00Z", ""},
		// The limit is included.
		{"08:00-20:00", berlin, "2026-03-31T03:00:00Z", "2026-03-31T06:00:00Z", "2026-03-31T06:00:00Z"},
		{"08:00-20:00", berlin, "2026-03-31T03:00:00Z", "2026-03-31T05:59:59.9Z", ""},
		{"08:00-20:00", berlin, "2026-03-31T10:00:00Z", "2026-03-31T10:00:00Z", "2026-03-31T10:00:00Z"},
		{"08:00-20:00", berlin, "2026-03-31T10:00:00.1Z", "2026-03-31T10:00:00.9Z", ""},
		{"08:00-20:00", berlin, "2026-03-31T10:00:00Z", "2026-03-31T09:00:00Z", ""},
	}
	for _, tt := range tests {
		h := hours(t, tt.windows, tt.zones)
		got, ok := h.Next(instant(t, tt.from), instant(t, tt.limit))
		if ok != (tt.want != "") || (ok && got != instant(t, tt.want)) {
			t.Errorf("[%s] in [%s] from %s: %s, %v, want %s", tt.windows, tt.zones, tt.from, got.Format(time.RFC3339Nano), ok, tt.want)
		}
		if ok && !h.Open(got) {
			t.Errorf("[%s] in [%s] is not open at %s", tt.windows, tt.zones, got)
		}
	}
}

func TestNextEndsWithoutAnyOpening(t *testing.T) {
	from, limit := instant(t, "2026-03-31T03:00:00Z"), instant(t, farAway)
	never := civil.Calendar{Weekend: [7]bool{true, true, true, true, true, true, true}}
	for _, h := range []civil.Hours{
		{Workdays: true, Cal: never},
		{Workdays: true, Cal: never, Zones: zoneList(t)},
		{Windows: []civil.Window{window(t, "20:00-08:00 workdays")}, Cal: never, Zones: zoneList(t)},
		{Windows: []civil.Window{{}}},
		{Windows: []civil.Window{{From: 3600, Until: 3600}}, Zones: []*time.Location{nil}},
	} {
		if at, ok := h.Next(from, limit); ok {
			t.Errorf("Next is %s", at)
		}
		if at, ok := h.NextAt(from, 36000, limit); ok {
			t.Errorf("NextAt is %s", at)
		}
	}
}

func TestNextAt(t *testing.T) {
	const berlin, newYork = "Europe/Berlin", "America/New_York"
	tests := []struct{ windows, zones, from, at, limit, want string }{
		{"", berlin, "2026-03-31T03:00:00Z", "10:00", farAway, "2026-03-31T08:00:00Z"},
		{"", berlin, "2026-03-31T08:00:00Z", "10:00", farAway, "2026-03-31T08:00:00Z"},
		{"", berlin, "2026-03-31T08:00:00.5Z", "10:00", farAway, "2026-04-01T08:00:00Z"},
		{"", berlin, "2026-03-31T08:00:01Z", "10:00", farAway, "2026-04-01T08:00:00Z"},
		{"", "", "2026-03-31T08:00:01Z", "10:00", farAway, "2026-03-31T10:00:00Z"},
		{"", berlin, "2026-03-30T22:00:00Z", "00:00", farAway, "2026-03-30T22:00:00Z"},
		{"", berlin, "2026-03-30T22:00:01Z", "00:00", farAway, "2026-03-31T22:00:00Z"},
		{"10:00-18:00 workdays", berlin, "2026-03-27T10:00:00Z", "10:00", farAway, "2026-03-30T08:00:00Z"},
		{"workdays", berlin, "2026-12-30T10:00:00Z", "10:00", farAway, "2027-01-01T09:00:00Z"},
		{"10:00-18:00", berlin, "2026-03-27T10:00:00Z", "09:00", "2026-04-10T10:00:00Z", ""},
		{"20:00-08:00 workdays", berlin, "2026-03-28T05:00:00Z", "07:00", farAway, "2026-03-28T06:00:00Z"},
		{"20:00-08:00 workdays", berlin, "2026-03-28T07:00:00Z", "07:00", farAway, "2026-03-31T05:00:00Z"},
		// Skipped: the end of the gap. Twice: only the first.
		{"", berlin, "2026-03-28T10:00:00Z", "02:30", farAway, "2026-03-29T01:00:00Z"},
		{"", berlin, "2026-03-29T01:00:00Z", "02:30", farAway, "2026-03-29T01:00:00Z"},
		{"", berlin, "2026-03-29T01:00:01Z", "02:30", farAway, "2026-03-30T00:30:00Z"},
		{"00:00-03:00", berlin, "2026-03-28T10:00:00Z", "02:30", farAway, "2026-03-30T00:30:00Z"}, // 03:00 is outside
		{"", berlin, "2026-10-25T00:30:00Z", "02:30", farAway, "2026-10-25T00:30:00Z"},
		{"", berlin, "2026-10-25T00:30:01Z", "02:30", farAway, "2026-10-26T01:30:00Z"},
		{"", "Pacific/Apia", "2011-12-30T09:00:00Z", "10:00", farAway, "2011-12-30T10:00:00Z"},
		{"", "Pacific/Apia", "2011-12-30T10:00:00Z", "10:00", farAway, "2011-12-30T10:00:00Z"},
		{"", "Pacific/Apia", "2011-12-30T10:00:01Z", "10:00", farAway, "2011-12-30T20:00:00Z"},
		{"", "Asia/Beirut", "2026-03-28T22:00:00Z", "00:30", farAway, "2026-03-28T22:00:00Z"},
		// The clock is the first zone's, the hours are all zones'.
		{"08:00-20:00", newYork + " America/Los_Angeles", "2026-03-31T03:00:00Z", "11:00", farAway, "2026-03-31T15:00:00Z"},
		{"08:00-20:00", "America/Los_Angeles " + newYork, "2026-03-31T03:00:00Z", "16:00", farAway, "2026-03-31T23:00:00Z"},
		{"08:00-20:00", newYork + " America/Los_Angeles", "2026-03-31T03:00:00Z", "09:00", "2026-04-14T03:00:00Z", ""},
		// The limit is included.
		{"", berlin, "2026-03-31T03:00:00Z", "10:00", "2026-03-31T08:00:00Z", "2026-03-31T08:00:00Z"},
		{"", berlin, "2026-03-31T03:00:00Z", "10:00", "2026-03-31T07:59:59Z", ""},
		{"", berlin, "2026-03-31T03:00:00Z", "10:00", "2026-03-30T00:00:00Z", ""},
	}
	for _, tt := range tests {
		h := hours(t, tt.windows, tt.zones)
		at, err := civil.ParseClock(tt.at)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := h.NextAt(instant(t, tt.from), at, instant(t, tt.limit))
		if ok != (tt.want != "") || (ok && got != instant(t, tt.want)) {
			t.Errorf("[%s] in [%s] from %s at %s: %s, %v, want %s", tt.windows, tt.zones, tt.from, tt.at, got.Format(time.RFC3339Nano), ok, tt.want)
		}
	}
}

// openByTime is Hours.Open written again, on package time and with no regard to speed.
func openByTime(h civil.Hours, t time.Time) bool {
	zones, windows := h.Zones, h.Windows
	if len(zones) == 0 {
		zones = []*time.Location{time.UTC}
	}
	if len(windows) == 0 {
		windows = []civil.Window{{Until: 86400}}
	}
	for _, loc := range zones {
		local := t.In(loc)
		c := civil.Clock(local.Hour()*3600 + local.Minute()*60 + local.Second())
		for _, w := range windows {
			day := time.Date(local.Year(), local.Month(), local.Day(), 12, 0, 0, 0, time.UTC)
			inside := w.From <= c && c < w.Until
			if w.Until < w.From {
				inside = c >= w.From || c < w.Until
				if c < w.Until {
					day = day.AddDate(0, 0, -1)
				}
			}
			off := h.Cal.Weekend[day.Weekday()] || h.Cal.Holidays[civil.DateOf(day)]
			if !inside || (off && (w.Workdays || h.Workdays)) {
				return false
			}
		}
	}
	return true
}

// anyHours gives random hours whose windows start and end on quarters of an hour.
func anyHours(r *rand.Rand, zones []*time.Location, around time.Time) civil.Hours {
	h := civil.Hours{Workdays: r.IntN(4) == 0}
	h.Cal.Weekend[r.IntN(7)] = r.IntN(2) == 0
	h.Cal.Weekend[r.IntN(7)] = true
	if r.IntN(4) == 0 {
		h.Cal.Holidays = map[civil.Date]bool{civil.DateOf(around).AddDays(r.IntN(5) - 2): true}
	}
	for range r.IntN(3) {
		w := civil.Window{From: civil.Clock(r.IntN(96) * 900), Until: civil.Clock(r.IntN(96)*900 + 900), Workdays: r.IntN(4) == 0}
		if w.From != w.Until {
			h.Windows = append(h.Windows, w)
		}
	}
	for range r.IntN(4) {
		h.Zones = append(h.Zones, zones[r.IntN(len(zones))])
	}
	return h
}

// TestNextIsTheFirst: nothing between the start and the answer is open, where it could be at all; the answer is.
func TestNextIsTheFirst(t *testing.T) {
	zones := zoneList(t)
	found := 0
	property(t, func(r *rand.Rand) bool {
		from := nearChange(r, zones[r.IntN(len(zones))]).Add(time.Duration(r.IntN(2)) * time.Millisecond)
		h := anyHours(r, zones, from)
		limit := from.Add(time.Duration(r.IntN(14*24)) * time.Hour)
		got, ok := h.Next(from, limit)
		last := limit.Truncate(time.Second).Add(time.Second)
		if ok {
			found++
			if last = got; !openByTime(h, got) || got.Before(from) || got.After(limit) || got.Nanosecond() != 0 || got.Location() != time.UTC {
				t.Errorf("%+v from %s to %s: %s", h, from, limit, got)
			}
		}
		first := from.Add(time.Second - 1).Truncate(time.Second)
		probe := func(at time.Time) {
			open := openByTime(h, at)
			if open && !at.Before(first) && at.Before(last) {
				t.Errorf("%+v from %s to %s: %s, %v, but %s is open", h, from, limit, got, ok, at)
			}
			if h.Open(at) != open {
				t.Errorf("%+v at %s: open %v", h, at, !open)
			}
		}
		probe(first)
		probe(last.Add(-time.Second))
		for _, loc := range h.Zones { // where one zone's clock jumps, and where its windows start
			if _, end := from.In(loc).ZoneBounds(); !end.IsZero() && end.Before(last) {
				probe(end)
			}
			for _, w := range h.Windows {
				probe(civil.DateOf(from.In(loc)).AddDays(r.IntN(3)).At(w.From).Resolve(loc))
			}
		}
		probe(first.Add(time.Duration(r.Int64N(int64(last.Sub(first)) + 1))).Truncate(time.Second))
		return !t.Failed()
	})
	if found < perProperty/2 {
		t.Errorf("only %d of %d cases found an opening", found, perProperty)
	}
}

// TestNextMinuteByMinute tries every minute up to the answer, in fewer cases.
func TestNextMinuteByMinute(t *testing.T) {
	zones := zoneList(t)
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		from := nearChange(r, zones[r.IntN(len(zones))]).Truncate(time.Minute)
		h := anyHours(r, zones, from)
		limit := from.Add(24 * time.Hour)
		want := from
		for !want.After(limit) && !openByTime(h, want) {
			want = want.Add(time.Minute)
		}
		got, ok := h.Next(from, limit)
		if ok != !want.After(limit) || (ok && !got.Equal(want)) {
			t.Fatalf("%+v from %s: %s, %v, want %s", h, from, got, ok, want)
		}
	}
}

// TestNextAtIsTheFirst tries the clock on every day around.
func TestNextAtIsTheFirst(t *testing.T) {
	zones := zoneList(t)
	property(t, func(r *rand.Rand) bool {
		from := nearChange(r, zones[r.IntN(len(zones))])
		h := anyHours(r, zones, from)
		loc := time.UTC
		if len(h.Zones) > 0 {
			loc = h.Zones[0]
		}
		at, days := civil.Clock(r.IntN(96)*900), r.IntN(6)
		limit := from.Add(time.Duration(days) * 24 * time.Hour)
		var want time.Time
		for n := -2; n <= days+2 && want.IsZero(); n++ {
			day := civil.DateOf(from.In(loc)).AddDays(n).At(at).Resolve(loc)
			if !day.Before(from) && !day.After(limit) && openByTime(h, day) {
				want = day
			}
		}
		if got, ok := h.NextAt(from, at, limit); ok == want.IsZero() || !got.Equal(want) {
			t.Errorf("%+v from %s at %s: %s, %v, want %s", h, from, at, got, ok, want)
		}
		return !t.Failed()
	})
}
