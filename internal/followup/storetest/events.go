package storetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"aftersales/internal/followup"
)

func sortRows(rows []followup.FollowUp) {
	slices.SortFunc(rows, func(a, b followup.FollowUp) int { return cmp.Compare(a.ID, b.ID) })
}

func (u suite) events(id followup.JourneyID, limit int) []followup.Event {
	u.Helper()
	return pages(u, limit, func(ctx context.Context, after followup.Cursor, limit int) ([]followup.Event, followup.Cursor, error) {
		return u.s.Events(ctx, id, after, limit)
	})
}

// impersonal returns events as a log keeps them: sorted, without the person.
func impersonal(events []followup.Event) []followup.Event {
	out := followup.SortEvents(events)
	for i := range out {
		out[i].Person, out[i].Consents, out[i].Inbox = nil, nil, followup.InboxKey{}
	}
	return out
}

func at(n int, source string, when time.Time) followup.Event {
	return followup.Event{Source: source, ID: fmt.Sprintf("ev-%d", n), Type: followup.OrderDelivered, Shop: "main", Order: "77/ü", Time: when}
}

const logged = followup.JourneyID("main/77%2Fü")

func logOf(events ...followup.Event) followup.Change {
	return followup.Change{Journey: logged, Events: events}
}

var eventPromises = []promise{
	{"an unknown journey has none", func(u suite) {
		u.same("events", u.events("main/none", 10), []followup.Event{})
	}},
	{"an event comes back as it was, without the person, with shop and order", func(u suite) {
		c := Order(1, 1)
		e := &c.Events[0]
		e.Person = &followup.Person{Name: "Nobody", Mail: "nobody@example.org"}
		e.Consents = []followup.Consent{{Purpose: followup.Marketing, Channel: followup.Email, Given: true}}
		e.Answer = &followup.Said{Value: "works", By: "page", Rating: 5}
		u.saved(c)
		u.same("events", u.events(c.Journey, 10), impersonal(c.Events))
	}},
	{"they come by time, source and id, to the nanosecond", func(u suite) {
		s := Start()
		want := []followup.Event{
			at(9, "z", time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)), at(8, "z", time.Date(1969, 12, 31, 23, 59, 59, 1, time.UTC)),
			at(3, "a", s), at(1, "b", s), at(2, "b", s), at(4, "a", s.Add(time.Nanosecond)), at(5, "a", s.Add(2)),
			at(6, "a", s.Add(time.Second)), at(7, "a", time.Date(2100, 2, 28, 0, 0, 0, 0, time.UTC)), at(10, "a", time.Date(9999, 1, 1, 0, 0, 0, 5, time.UTC)),
		}
		shuffled := slices.Clone(want)
		slices.Reverse(shuffled)
		u.saved(logOf(shuffled[4:]...), logOf(shuffled[:4]...))
		for _, limit := range []int{1, 2, 3, 10, 100} {
			u.same(fmt.Sprintf("events by %d", limit), u.events(logged, limit), want)
		}
	}},
	{"each is logged once, and the first word of an id stays", func(u suite) {
		first := at(1, "a", Start())
		again := first
		again.Time, again.Group = Start().Add(-time.Hour), "other"
		u.saved(logOf(first, first), logOf(again), logOf(at(1, "b", Start())))
		u.saved(logOf(again, at(2, "a", Start())))
		u.same("events", u.events(logged, 10), []followup.Event{first, at(2, "a", Start()), at(1, "b", Start())})
	}},
	{"they concern their own journey only", func(u suite) {
		other := logOf(at(1, "a", Start()))
		other.Journey = "main/77"
		u.saved(logOf(at(1, "a", Start())), other)
		want := at(1, "a", Start())
		want.Order = "77"
		u.same("events", u.events("main/77", 10), []followup.Event{want})
	}},
	{"times keep their instant whatever zone they came in", func(u suite) {
		e := at(1, "a", Start().In(time.FixedZone("", 3600*5+1800)))
		u.saved(logOf(e))
		if got := u.events(logged, 10); len(got) != 1 || !got[0].Time.Equal(Start()) {
			u.Errorf("events %v, want one at %v", got, Start())
		}
	}},
}
