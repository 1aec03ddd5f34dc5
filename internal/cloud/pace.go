package cloud

import (
	"math"
	"slices"
	"time"

	"aftersales/internal/followup"
)

// The sweep's measures.
const (
	horizon   = 90 * time.Second // how far ahead a sweep queues: SQS holds little more than this
	furthest  = 14 * time.Minute // how late what is due soon may be queued: SQS delays by 15 minutes at most
	trailed   = 10 * time.Minute // heal looks behind where a lane stood that long ago
	healEvery = 5 * time.Minute  // a round of healing begins that often at most
	guardFrom = 200              // an hour's work that is never unusual
	guardBy   = 5                // times the busiest hour of the last week
	goOn      = 24 * time.Hour   // how long nothing is unusual after an operator said go on
	days      = 7                // of the guard
)

// Stream is where the sweep stands in the lanes that share one rate. It is
// pure: what it gives hangs on itself, now, the budget and the looks it is shown.
type Stream struct {
	Lanes map[followup.Lane]*Standing `json:"lanes"`
	// Used counts what was given for each second from First on, in Unix time.
	First int64 `json:"first,omitempty"`
	Used  []int `json:"used,omitempty"`

	Limits Limits                     `json:"limits,omitzero"` // of the provider, as last read
	Given  int                        `json:"given,omitempty"` // since then
	Rests  map[followup.ShopID]*Pause `json:"rests,omitempty"` // shops whose account has a fault
}

// Standing is where the sweep stands in one lane.
type Standing struct {
	Place followup.Place `json:"place"`           // all before it was queued
	Trail []Mark         `json:"trail,omitempty"` // where it stood, oldest first
	Heal  followup.Place `json:"heal,omitzero"`   // how far this round of healing came
	Round time.Time      `json:"round,omitzero"`  // when this round began
	Ended bool           `json:"ended,omitempty"` // this round is through

	Hour   int64         `json:"hour,omitempty"`  // the hour of Count, in hours since 1970
	Count  int           `json:"count,omitempty"` // queued in it
	Busy   map[int64]int `json:"busy,omitempty"`  // the busiest hour of each day, by days since 1970
	Paused *Pause        `json:"paused,omitempty"`
	Free   time.Time     `json:"free,omitzero"` // until then nothing is unusual: an operator said go on
}

// Mark is where a lane stood until a moment.
type Mark struct {
	At    time.Time      `json:"at"`
	Place followup.Place `json:"place"`
}

// Pause says that nothing is queued for now.
type Pause struct {
	At    time.Time `json:"at"`
	Until time.Time `json:"until,omitzero"` // zero: until an operator goes on
	Why   string    `json:"why"`
}

// over reports whether a pause has ended; nil has.
func (p *Pause) over(now time.Time) bool {
	return p == nil || !p.Until.IsZero() && !now.Before(p.Until)
}

// Budget is what a stream may give.
type Budget struct {
	Rate float64 // a second
	Left int     // looks in all; negative: no limit
}

// Slot is one message: looks of one journey that are due at the same moment,
// in order.
type Slot struct {
	IDs []followup.FollowUpID
	At  time.Time // the look
	Out time.Time // when it may be received: a whole second
}

// lane returns the standing in a lane, a new one when there is none yet.
func (s *Stream) lane(l followup.Lane) *Standing {
	if s.Lanes == nil {
		s.Lanes = map[followup.Lane]*Standing{}
	}
	if s.Lanes[l] == nil {
		s.Lanes[l] = &Standing{}
	}
	return s.Lanes[l]
}

// Turn forgets the seconds that have passed.
func (s *Stream) Turn(now time.Time) {
	first := now.Unix()
	if gone := first - s.First; gone > 0 {
		s.Used = s.Used[min(int(min(gone, math.MaxInt32)), len(s.Used)):]
	}
	s.First, s.Used = first, slices.Clone(s.Used)
}

// Room returns how much can still be given before the horizon.
func (s *Stream) Room(now time.Time, b Budget) int {
	free := 0
	for sec := s.First; sec <= now.Add(horizon).Unix(); sec++ {
		free += s.free(sec, b.Rate)
	}
	if b.Left >= 0 {
		free = min(free, b.Left)
	}
	return free
}

// free returns how much can be given for a second. The shares of all seconds
// add up to the rate, whatever fraction it has.
func (s *Stream) free(sec int64, rate float64) int {
	share := int(math.Floor(float64(sec+1)*rate) - math.Floor(float64(sec)*rate))
	if i := int(sec - s.First); i >= 0 && i < len(s.Used) {
		share -= s.Used[i]
	}
	return max(share, 0)
}

// take gives n turns from the first free second at or after due on, and returns
// the second of the last of them; false, with nothing given, when end comes
// before.
func (s *Stream) take(now, due, end time.Time, n int, rate float64) (time.Time, bool) {
	from := s.First
	if due.After(now) {
		from = max(from, due.Unix())
		if due.Nanosecond() > 0 {
			from++
		}
	}
	last := end.Unix()
	var secs []int64
	for sec := from; sec <= last && len(secs) < n; sec++ {
		for range min(s.free(sec, rate), n-len(secs)) {
			secs = append(secs, sec)
		}
	}
	if len(secs) < n {
		return time.Time{}, false
	}
	for _, sec := range secs {
		i := int(sec - s.First)
		for len(s.Used) <= i {
			s.Used = append(s.Used, 0)
		}
		s.Used[i]++
	}
	return time.Unix(secs[n-1], 0).UTC(), true
}

// Give queues looks of a lane in their order, as far as room goes, and moves the
// lane's place behind the last of them.
func (s *Stream) Give(now time.Time, l followup.Lane, b *Budget, refs []followup.Ref) []Slot {
	lane := s.lane(l)
	slots, last := s.give(now, now.Add(horizon), b, refs)
	if last != nil {
		lane.Trail = append(trim(lane.Trail, now), Mark{At: now, Place: lane.Place})
		lane.Place = followup.Place{At: last.Next, ID: last.ID}
	}
	lane.note(now, count(slots))
	return slots
}

// Soon queues looks that a lane's place may have passed by already: they take
// their turns among the others. What finds none is left to healing.
func (s *Stream) Soon(now time.Time, l followup.Lane, b *Budget, refs []followup.Ref) []Slot {
	slots, _ := s.give(now, now.Add(furthest), b, refs)
	s.lane(l).note(now, count(slots))
	return slots
}

// Heal queues looks that should have gone long ago and moves the round on. A
// page that was not full ends the round.
func (s *Stream) Heal(now time.Time, l followup.Lane, b *Budget, refs []followup.Ref, full bool) []Slot {
	lane := s.lane(l)
	slots, last := s.give(now, now.Add(horizon), b, refs)
	if last != nil {
		lane.Heal = followup.Place{At: last.Next, ID: last.ID}
	}
	lane.Ended = !full && count(slots) == len(refs)
	return slots
}

func (s *Stream) give(now, end time.Time, b *Budget, refs []followup.Ref) (slots []Slot, last *followup.Ref) {
	for i := 0; i < len(refs); {
		n := 1
		for i+n < len(refs) && refs[i+n].Next.Equal(refs[i].Next) && refs[i+n].ID.Journey() == refs[i].ID.Journey() {
			n++
		}
		if b.Left >= 0 && n > b.Left {
			break
		}
		out, ok := s.take(now, refs[i].Next, end, n, b.Rate)
		if !ok && n > 1 { // more than the horizon holds: one by one
			n = 1
			out, ok = s.take(now, refs[i].Next, end, n, b.Rate)
		}
		if !ok {
			break
		}
		slot := Slot{At: refs[i].Next, Out: out}
		for _, r := range refs[i : i+n] {
			slot.IDs = append(slot.IDs, r.ID)
		}
		slots, last = append(slots, slot), &refs[i+n-1]
		if i += n; b.Left >= 0 {
			b.Left -= n
		}
		s.Given += n
	}
	return slots, last
}

func count(slots []Slot) int {
	n := 0
	for _, s := range slots {
		n += len(s.IDs)
	}
	return n
}

// trim drops marks that are of no use any more.
func trim(trail []Mark, now time.Time) []Mark {
	return slices.DeleteFunc(slices.Clone(trail), func(m Mark) bool { return now.Sub(m.At) >= trailed })
}

// Behind returns where the lane stood ten minutes ago: what is before it and
// still waits was lost on the way. False: nowhere yet.
func (l *Standing) Behind(now time.Time) (followup.Place, bool) {
	place := l.Place
	for _, m := range l.Trail {
		if now.Sub(m.At) < trailed {
			place = m.Place
			break
		}
	}
	return place, !place.At.IsZero()
}

// Healing reports whether a round of healing goes on now, and begins the next
// one when it is time.
func (l *Standing) Healing(now time.Time) bool {
	if l.Ended || l.Round.IsZero() {
		if now.Sub(l.Round) < healEvery {
			return false
		}
		l.Round, l.Heal, l.Ended = now, followup.Place{}, false
	}
	return true
}

// Usual returns how much of this hour's usual work is left; negative: no limit.
func (l *Standing) Usual(now time.Time) int {
	if now.Before(l.Free) {
		return -1
	}
	most, spent := 0, l.Count
	if hour := now.Unix() / 3600; l.Hour != hour {
		if spent = 0; hour-l.Hour < days*24 {
			most = l.Count // not settled yet
		}
	}
	for day, n := range l.Busy {
		if day > now.Unix()/86400-days {
			most = max(most, n)
		}
	}
	return max(0, max(guardFrom, guardBy*most)-spent)
}

// note counts what was queued. An hour counts for the guard of later hours only.
func (l *Standing) note(now time.Time, n int) {
	if hour := now.Unix() / 3600; hour != l.Hour {
		l.settle()
		l.Hour, l.Count = hour, 0
	}
	l.Count += n
	today := now.Unix() / 86400
	for day := range l.Busy {
		if day < today-days {
			delete(l.Busy, day)
		}
	}
}

// settle takes the last hour into the busiest of its day.
func (l *Standing) settle() {
	if l.Count == 0 {
		return
	}
	if l.Busy == nil {
		l.Busy = map[int64]int{}
	}
	day := l.Hour / 24
	l.Busy[day] = max(l.Busy[day], l.Count)
}
