package cloud_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"aftersales/internal/cloud"
	"aftersales/internal/followup"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// looks is a lane as a store would answer: looks by (time, id).
type looks []followup.Ref

func (l looks) behind(from followup.Place, until time.Time, limit int) []followup.Ref {
	var out []followup.Ref
	for _, r := range l {
		if (r.Next.After(from.At) || r.Next.Equal(from.At) && r.ID > from.ID) && !r.Next.After(until) && len(out) < limit {
			out = append(out, r)
		}
	}
	return out
}

func (l looks) sort() looks {
	slices.SortFunc(l, func(a, b followup.Ref) int {
		if c := a.Next.Compare(b.Next); c != 0 {
			return c
		}
		return compare(a.ID, b.ID)
	})
	return l
}

func compare(a, b followup.FollowUpID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func follow(journey, step int) followup.FollowUpID {
	return followup.NewFollowUpID(followup.NewJourneyID("main", fmt.Sprintf("%04d", journey)), fmt.Sprintf("s%d", step), "", "1")
}

// drawLooks is up to n looks around noon, several of one journey among them.
func drawLooks(t *rapid.T, n int) looks {
	var all looks
	seen := map[followup.FollowUpID]bool{}
	for range rapid.IntRange(0, n).Draw(t, "n") {
		id := follow(rapid.IntRange(0, 30).Draw(t, "journey"), rapid.IntRange(0, 5).Draw(t, "step"))
		if !seen[id] {
			seen[id] = true
			at := noon.Add(time.Duration(rapid.IntRange(-600_000, 900_000).Draw(t, "ms")) * time.Millisecond)
			if rapid.Bool().Draw(t, "together") {
				at = noon.Add(time.Minute)
			}
			all = append(all, followup.Ref{ID: id, Next: at})
		}
	}
	return all.sort()
}

// run sweeps every minute from noon on, as long as wanted says, and returns what
// was given.
func run(s *cloud.Stream, all map[followup.Lane]looks, lanes []followup.Lane, rate float64, from time.Time, minutes int) []cloud.Slot {
	var out []cloud.Slot
	for m := range minutes {
		now := from.Add(time.Duration(m) * time.Minute)
		s.Turn(now)
		b := cloud.Budget{Rate: rate, Left: -1}
		for _, l := range lanes {
			place := followup.Place{}
			if st := s.Lanes[l]; st != nil {
				place = st.Place
			}
			want := s.Room(now, b)
			out = append(out, s.Give(now, l, &b, all[l].behind(place, now.Add(90*time.Second), want))...)
		}
	}
	return out
}

var mailLanes = []followup.Lane{followup.LaneService, followup.LaneRest}

// Never above the rate, nothing skipped, nothing twice, never before its time,
// each lane in order.
func TestPaceProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := map[followup.Lane]looks{followup.LaneService: drawLooks(t, 40), followup.LaneRest: drawLooks(t, 120)}
		rate := rapid.SampledFrom([]float64{0.3, 0.8, 1, 1.6, 7.2, 11.2, 40}).Draw(t, "rate")
		var s cloud.Stream
		slots := run(&s, all, mailLanes, rate, noon, 60)

		perSecond := map[int64]int{}
		given := map[followup.FollowUpID]int{}
		total := 0
		for _, slot := range slots {
			for _, id := range slot.IDs {
				given[id]++
				total++
				if id.Journey() != slot.IDs[0].Journey() {
					t.Fatalf("a message of two journeys: %v", slot.IDs)
				}
			}
			if slot.Out.Before(slot.At) {
				t.Fatalf("%v is out at %s, before its look at %s", slot.IDs, slot.Out, slot.At)
			}
			if slot.Out.Nanosecond() != 0 {
				t.Fatalf("%s is no whole second", slot.Out)
			}
			perSecond[slot.Out.Unix()] += len(slot.IDs)
		}
		want := 0
		for _, lane := range all {
			want += len(lane)
		}
		// Both lanes may hold the same ids here: what counts is their number.
		if total != want {
			t.Fatalf("%d looks were given, want all %d, each once", total, want)
		}
		inRate(t, slots, rate)
	})
}

// inRate fails when the messages of any span of seconds are more than the rate
// allows; a message of several looks counts them all, when its last turn came.
func inRate(t interface{ Fatalf(string, ...any) }, slots []cloud.Slot, rate float64) {
	most := 1
	byOut := slices.Clone(slots)
	slices.SortStableFunc(byOut, func(a, b cloud.Slot) int { return a.Out.Compare(b.Out) })
	for _, s := range slots {
		most = max(most, len(s.IDs))
	}
	for i := range byOut {
		n := 0
		for _, s := range byOut[i:] {
			n += len(s.IDs)
			span := s.Out.Sub(byOut[i].Out).Seconds() + 1
			if float64(n) > span*rate+1+float64(most-1) {
				t.Fatalf("%d looks within %v s at a rate of %v", n, span, rate)
			}
		}
	}
}

func TestPaceKeepsALanesOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := map[followup.Lane]looks{followup.LaneRest: drawLooks(t, 120)}
		var s cloud.Stream
		var last followup.Ref
		for _, slot := range run(&s, all, []followup.Lane{followup.LaneRest}, 2, noon, 60) {
			for _, id := range slot.IDs {
				r := followup.Ref{ID: id, Next: slot.At}
				if r.Next.Before(last.Next) || r.Next.Equal(last.Next) && r.ID < last.ID {
					t.Fatalf("%v comes after %v", r, last)
				}
				last = r
			}
		}
	})
}

func TestPaceServiceGoesFirst(t *testing.T) {
	all := map[followup.Lane]looks{}
	for i := range 100 {
		all[followup.LaneService] = append(all[followup.LaneService], followup.Ref{ID: follow(i, 0), Next: noon})
		all[followup.LaneRest] = append(all[followup.LaneRest], followup.Ref{ID: follow(i, 1), Next: noon})
	}
	var s cloud.Stream
	slots := run(&s, all, mailLanes, 1, noon, 4)
	for i, slot := range slots {
		if service := slot.IDs[0] == follow(i, 0); i < 100 && !service {
			t.Fatalf("slot %d is of %v, want all of the service lane first", i, slot.IDs)
		}
	}
	if len(slots) != 200 {
		t.Errorf("%d slots in four minutes at one a second, want all 200", len(slots))
	}
}

// A busy lane ahead of its time leaves the seconds before it to the other.
func TestPaceFillsGaps(t *testing.T) {
	all := map[followup.Lane]looks{
		followup.LaneService: {{ID: follow(1, 0), Next: noon.Add(80 * time.Second)}},
		followup.LaneRest:    {{ID: follow(2, 1), Next: noon}},
	}
	var s cloud.Stream
	slots := run(&s, all, mailLanes, 1, noon, 1)
	if len(slots) != 2 || !slots[1].Out.Equal(noon) {
		t.Errorf("slots %v, want the second at once", slots)
	}
}

func TestPaceOneMessagePerJourneyAndMoment(t *testing.T) {
	all := looks{{ID: follow(1, 0), Next: noon}, {ID: follow(1, 1), Next: noon}, {ID: follow(2, 0), Next: noon}, {ID: follow(1, 2), Next: noon.Add(time.Second)}}.sort()
	var s cloud.Stream
	slots := run(&s, map[followup.Lane]looks{followup.LaneRest: all}, mailLanes, 10, noon, 1)
	if len(slots) != 3 || !slices.Equal(slots[0].IDs, []followup.FollowUpID{follow(1, 0), follow(1, 1)}) {
		t.Errorf("slots %v, want the two of one journey and moment in one", slots)
	}
}

// An outage of 20 minutes only leaves the place where it was.
func TestPaceAfterAnOutage(t *testing.T) {
	var all looks
	for i := range 30 {
		all = append(all, followup.Ref{ID: follow(i, 0), Next: noon.Add(time.Duration(i) * time.Minute)})
	}
	lanes := map[followup.Lane]looks{followup.LaneRest: all}
	var s cloud.Stream
	before := run(&s, lanes, mailLanes, 2, noon, 5)
	after := run(&s, lanes, mailLanes, 2, noon.Add(25*time.Minute), 10)
	if len(before)+len(after) != len(all) {
		t.Errorf("%d and %d looks, want %d in all", len(before), len(after), len(all))
	}
	if got := after[len(after)-1].IDs[0]; got != follow(29, 0) {
		t.Errorf("the last is %v", got)
	}
	inRate(t, after, 2)
}

func TestPaceDayQuota(t *testing.T) {
	var all looks
	for i := range 30 {
		all = append(all, followup.Ref{ID: follow(i, 0), Next: noon})
	}
	var s cloud.Stream
	s.Turn(noon)
	b := cloud.Budget{Rate: 10, Left: 7}
	if got := s.Room(noon, b); got != 7 {
		t.Errorf("room for %d, want what the day leaves", got)
	}
	if got := s.Give(noon, followup.LaneRest, &b, all); len(got) != 7 || b.Left != 0 || s.Given != 7 {
		t.Errorf("gave %d, left %d, noted %d; want 7, 0, 7", len(got), b.Left, s.Given)
	}
}

func TestPaceLowerRateKeepsWhatWasGiven(t *testing.T) {
	var all looks
	for i := range 200 {
		all = append(all, followup.Ref{ID: follow(i, 0), Next: noon})
	}
	lanes := map[followup.Lane]looks{followup.LaneRest: all}
	var s cloud.Stream
	first := run(&s, lanes, mailLanes, 1, noon, 1)
	then := run(&s, lanes, mailLanes, 0.5, noon.Add(time.Minute), 1)
	if len(first) != 91 { // the second of now and 90 more
		t.Fatalf("gave %d at first", len(first))
	}
	for _, slot := range then {
		if !slot.Out.After(noon.Add(90 * time.Second)) {
			t.Errorf("a second that was given out before was given again: %s", slot.Out.Sub(noon))
		}
	}
}

func TestBehindIsWhereTheLaneStoodTenMinutesAgo(t *testing.T) {
	var s cloud.Stream
	give := func(minute, i int) {
		now := noon.Add(time.Duration(minute) * time.Minute)
		s.Turn(now)
		s.Give(now, followup.LaneRest, &cloud.Budget{Rate: 1, Left: -1}, []followup.Ref{{ID: follow(i, 0), Next: now}})
	}
	behind := func(minute int) string {
		p, ok := s.Lanes[followup.LaneRest].Behind(noon.Add(time.Duration(minute) * time.Minute))
		if !ok {
			return "nowhere"
		}
		return string(p.ID)
	}
	give(0, 1)
	if got := behind(9); got != "nowhere" {
		t.Errorf("nine minutes after the first: %s", got)
	}
	if got := behind(10); got != string(follow(1, 0)) {
		t.Errorf("ten minutes after the first: %s", got)
	}
	give(5, 2)
	give(12, 3)
	for minute, want := range map[int]string{12: string(follow(1, 0)), 14: string(follow(1, 0)), 15: string(follow(2, 0)), 21: string(follow(2, 0)), 22: string(follow(3, 0)), 90: string(follow(3, 0))} {
		if got := behind(minute); got != want {
			t.Errorf("minute %d: behind %s, want %s", minute, got, want)
		}
	}
}

func TestHealingRounds(t *testing.T) {
	var lane cloud.Standing
	if !lane.Healing(noon) {
		t.Fatal("the first round does not begin")
	}
	lane.Ended = true
	if lane.Healing(noon.Add(4 * time.Minute)) {
		t.Error("the next round begins after four minutes")
	}
	if !lane.Healing(noon.Add(5 * time.Minute)) {
		t.Error("no round begins after five minutes")
	}
	if !lane.Healing(noon.Add(20*time.Minute)) || !lane.Round.Equal(noon.Add(5*time.Minute)) {
		t.Error("a round that has not ended does not go on")
	}
}

// An hour is unusual above 200 and above five times the busiest of the last
// seven days.
func TestUsual(t *testing.T) {
	var s cloud.Stream
	var all looks
	for i := range 1000 {
		all = append(all, followup.Ref{ID: follow(i, 0), Next: noon})
	}
	give := func(at time.Time, n int) {
		s.Turn(at)
		for n > 0 {
			s.Used, s.First = nil, at.Unix()
			k := min(n, 50)
			s.Give(at, followup.LaneRest, &cloud.Budget{Rate: 50, Left: -1}, all[:k])
			n -= k
		}
	}
	usual := func(at time.Time) int { return s.Lanes[followup.LaneRest].Usual(at) }
	give(noon, 60)
	if got := usual(noon); got != 140 {
		t.Errorf("after 60 of the first 200: %d are left", got)
	}
	hour := noon.Add(time.Hour)
	if got := usual(hour); got != 300 {
		t.Errorf("an hour later: %d, want five times the hour before", got)
	}
	give(hour, 1)
	if got := usual(hour); got != 299 {
		t.Errorf("with an hour of 60 behind: %d are left, want 300 less one", got)
	}
	if got := usual(hour.Add(7 * 24 * time.Hour)); got != 200 {
		t.Errorf("a week later: %d", got)
	}
	s.Lanes[followup.LaneRest].Free = hour.Add(2 * time.Hour)
	if got := usual(hour.Add(time.Hour)); got >= 0 {
		t.Errorf("after an operator went on: %d, want no limit", got)
	}
}
