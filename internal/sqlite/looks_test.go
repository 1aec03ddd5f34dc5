package sqlite

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// looks is a store beside what ought to be in it: rows move at random, and after
// each move Due and NextLook have to say what a look at every row says.
type looks struct {
	*testing.T
	s    *Store
	r    *rand.Rand
	ids  []followup.JourneyID
	js   map[followup.JourneyID]followup.Journey
	arms map[followup.FollowUpID]followup.Arm
}

func newLooks(t *testing.T, seed uint64) *looks {
	l := &looks{T: t, s: opened(t), r: rand.New(rand.NewPCG(seed, 7)), js: map[followup.JourneyID]followup.Journey{}, arms: map[followup.FollowUpID]followup.Arm{}}
	for n := range 1 + int(seed%4) { // one alone shows its own look
		c := storetest.Order(n, 1+n)
		l.must(l.s.Save(t.Context(), []followup.Change{c}))
		l.ids = append(l.ids, c.Journey)
	}
	l.load()
	return l
}

func opened(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), t.TempDir(), Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (l *looks) must(errs []error, err error) {
	l.Helper()
	for _, err := range append(errs, err) {
		if err != nil {
			l.Fatal(err)
		}
	}
}

func (l *looks) load() {
	js, err := l.s.Journeys(l.Context(), l.ids)
	l.must(nil, err)
	for _, j := range js {
		l.js[j.ID] = j
	}
}

// moment is one of few, so that many are the same; sometimes none.
func (l *looks) moment() time.Time {
	if l.r.IntN(6) == 0 {
		return time.Time{}
	}
	return storetest.Start().Add(time.Duration(l.r.IntN(8)) * time.Hour)
}

// step moves a row: it is armed or sent, or a save changes it.
func (l *looks) step() {
	j := l.js[l.ids[l.r.IntN(len(l.ids))]]
	row := j.Rows[l.r.IntN(len(j.Rows))]
	a, armed := l.arms[row.ID]
	if l.r.IntN(3) > 0 {
		row.Next = l.moment()
	}
	switch n := l.r.IntN(3); {
	case n == 0 && armed:
		end := storetest.Ending(a, storetest.Start())
		end.Row.Next, end.Row.State = row.Next, []followup.State{followup.Sent, followup.Planned, followup.Unknown}[l.r.IntN(3)]
		l.must(l.s.Finish(l.Context(), []followup.Finish{end}))
		delete(l.arms, row.ID)
	case n == 1 && !armed && row.State.Open():
		cs, err := l.s.Contacts(l.Context(), []followup.ContactID{j.Head.Contact})
		l.must(nil, err)
		a := storetest.Arming(row, cs[0], "attempt"+strconv.Itoa(l.r.IntN(1000)), storetest.Start())
		got, err := l.s.Arm(l.Context(), []followup.Arm{a})
		l.must(nil, err)
		if got[0] != followup.ArmedNow {
			l.Fatalf("arm %s: %s", row.ID, got[0])
		}
		l.arms[row.ID] = a
	case !armed:
		row.State = []followup.State{followup.Planned, followup.Held, followup.Listed, followup.Parked}[l.r.IntN(4)]
		l.must(l.s.Save(l.Context(), []followup.Change{{Journey: j.ID, Rows: []followup.FollowUp{row}}}))
	}
	l.load()
}

// check compares Due and NextLook with the rows.
func (l *looks) check() {
	l.Helper()
	var want []followup.Ref
	for _, j := range l.js {
		for _, row := range j.Rows {
			if !row.Next.IsZero() {
				want = append(want, followup.Ref{ID: row.ID, Next: row.Next, State: row.State})
			}
		}
	}
	slices.SortFunc(want, func(a, b followup.Ref) int { return cmp.Or(a.Next.Compare(b.Next), cmp.Compare(a.ID, b.ID)) })
	at, ok, err := l.s.NextLook(l.Context())
	l.must(nil, err)
	if ok != (len(want) > 0) || ok && !at.Equal(want[0].Next) {
		l.Fatalf("next look %s, %v, want that of %v", at, ok, want)
	}
	until := storetest.Start().Add(time.Duration(l.r.IntN(8)) * time.Hour)
	want = slices.DeleteFunc(want, func(r followup.Ref) bool { return r.Next.After(until) })
	var got []followup.Ref
	for after := followup.Cursor(""); ; {
		page, next, err := l.s.Due(l.Context(), until, after, 1+l.r.IntN(4))
		l.must(nil, err)
		if got = append(got, page...); next == "" {
			break
		}
		after = next
	}
	if !slices.Equal(got, want) {
		l.Fatalf("due\n%v\nwant\n%v", got, want)
	}
	l.checkJourneys(until, want)
}

// checkJourneys asks for the journeys of what is due: all of them, each once, by
// their first look and id; others only where a row is armed.
func (l *looks) checkJourneys(until time.Time, due []followup.Ref) {
	l.Helper()
	var want, got []followup.JourneyID
	for _, r := range due {
		if !slices.Contains(want, r.ID.Journey()) {
			want = append(want, r.ID.Journey())
		}
	}
	for after := followup.Cursor(""); ; {
		page, next, err := l.s.DueJourneys(l.Context(), until, after, 1+l.r.IntN(3))
		l.must(nil, err)
		for _, id := range page {
			if slices.Contains(got, id) {
				l.Fatalf("%s is due twice", id)
			}
			got = append(got, id)
		}
		if after = next; after == "" {
			break
		}
	}
	armed := func(id followup.JourneyID) bool {
		return slices.ContainsFunc(l.js[id].Rows, func(f followup.FollowUp) bool { return f.State == followup.Armed })
	}
	for _, id := range want {
		if armed(id) && !slices.Contains(got, id) {
			l.Fatalf("due journeys are %v, without %s", got, id)
		}
	}
	got, want = slices.DeleteFunc(got, armed), slices.DeleteFunc(want, armed)
	if !slices.Equal(got, want) {
		l.Fatalf("due journeys\n%v\nwant\n%v", got, want)
	}
}

// While a row is armed the index may know an earlier look than there is; nobody
// may notice.
func TestLooksAreThoseOfTheRows(t *testing.T) {
	for seed := range uint64(16) {
		l := newLooks(t, seed)
		for range 60 {
			l.step()
			l.check()
		}
	}
}

// A send writes its journey's place in the index of looks once: when it ends.
func TestArmingLeavesTheLookInTheIndex(t *testing.T) {
	s := opened(t)
	c := storetest.Order(1, 2)
	l := &looks{T: t, s: s}
	l.must(s.Save(t.Context(), []followup.Change{c}))
	f := c.Rows[0]
	f.Version, f.Next = 1, f.Next.Add(time.Hour)
	cs, err := s.Contacts(t.Context(), []followup.ContactID{c.Head.Contact})
	l.must(nil, err)
	if got, err := s.Arm(t.Context(), []followup.Arm{storetest.Arming(f, cs[0], "a1", storetest.Start())}); err != nil || got[0] != followup.ArmedNow {
		t.Fatal(got, err)
	}
	var column int64
	l.must(nil, s.query(t.Context(), "SELECT next FROM journey", func(r row) error { column = r.int(0); return nil }))
	if column != c.Rows[0].Next.UnixMilli() {
		t.Errorf("the index says %d, want %d as before", column, c.Rows[0].Next.UnixMilli())
	}
}
