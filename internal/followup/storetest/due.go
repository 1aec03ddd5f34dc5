package storetest

import (
	"context"
	"fmt"
	"time"

	"aftersales/internal/followup"
)

func (u suite) due(until time.Time, limit int) []followup.Ref {
	u.Helper()
	u.settle()
	return pages(u, limit, func(ctx context.Context, after followup.Cursor, limit int) ([]followup.Ref, followup.Cursor, error) {
		return u.s.Due(ctx, until, after, limit)
	})
}

func refIDs(refs []followup.Ref) (ids []followup.FollowUpID) {
	for _, r := range refs {
		ids = append(ids, r.ID)
	}
	return ids
}

func rowIDs(rows []followup.FollowUp) (ids []followup.FollowUpID) {
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids
}

func refOf(f followup.FollowUp) followup.Ref {
	return followup.Ref{ID: f.ID, Next: f.Next, State: f.State}
}

var duePromises = []promise{
	{"what is due at or before the time, not later", func(u suite) {
		c := Order(1, 3)
		c.Rows[0] = moved(c.Rows[0], Start().Add(-time.Millisecond))
		c.Rows[1] = moved(c.Rows[1], Start())
		c.Rows[2] = moved(c.Rows[2], Start().Add(time.Millisecond))
		u.saved(c)
		u.same("due", u.due(Start(), 10), []followup.Ref{refOf(c.Rows[0]), refOf(c.Rows[1])})
		u.same("due just before", u.due(Start().Add(-time.Nanosecond), 10), []followup.Ref{refOf(c.Rows[0])})
		u.same("due long before", u.due(Start().AddDate(-1, 0, 0), 10), []followup.Ref{})
	}},
	{"by next look and then by id, over journeys and shops, in pages", dueOrder},
	{"rows without a next look are absent", func(u suite) {
		c := Order(1, 3)
		c.Rows[1].Next, c.Rows[1].State = time.Time{}, followup.Voided
		u.saved(c)
		u.same("due", u.due(Start().AddDate(5, 0, 0), 10), []followup.Ref{refOf(c.Rows[0]), refOf(c.Rows[2])})
	}},
	{"in every state that has a look, armed included", func(u suite) {
		var want []followup.Ref
		for n, state := range followup.States {
			c := Order(n, 1)
			c.Rows[0].State, c.Rows[0].Next = state, Start().Add(time.Duration(n)*time.Second)
			u.saved(c)
			want = append(want, refOf(c.Rows[0]))
		}
		u.same("due", u.due(Start().AddDate(5, 0, 0), 10), want)
	}},
	{"a moved row appears at its new time only", func(u suite) {
		c := Order(1, 1)
		c.Rows[0] = moved(c.Rows[0], Start())
		u.saved(c)
		r := moved(u.row(c.Rows[0].ID), Start().AddDate(10, 0, 0))
		u.saved(rowsOnly(r))
		u.same("before", u.due(Start().AddDate(9, 0, 0), 10), []followup.Ref{})
		u.same("after", u.due(Start().AddDate(11, 0, 0), 10), []followup.Ref{refOf(r)})
		r = u.row(r.ID)
		r.Next, r.State = time.Time{}, followup.Skipped
		u.saved(rowsOnly(r))
		u.same("skipped", u.due(Start().AddDate(11, 0, 0), 10), []followup.Ref{})
		r = moved(u.row(r.ID), Start().Add(time.Minute))
		u.saved(rowsOnly(r))
		u.same("wanted again", u.due(Start().AddDate(11, 0, 0), 10), []followup.Ref{refOf(r)})
	}},
	{"a next look is kept to the millisecond", func(u suite) {
		c := Order(1, 1)
		c.Rows[0].Next = Start().Add(1_234_567 * time.Nanosecond)
		u.saved(c)
		want := Start().Add(time.Millisecond)
		if got := u.row(c.Rows[0].ID).Next; !got.Equal(want) {
			u.Errorf("row: next %v, want %v", got, want)
		}
		if got := u.due(want, 10); len(got) != 1 || !got[0].Next.Equal(want) {
			u.Errorf("due: %v, want one at %v", got, want)
		}
	}},
	{"far years are as good as near ones", func(u suite) {
		c := Order(1, 3)
		for i, year := range []int{1969, 2100, 9999} {
			c.Rows[i] = moved(c.Rows[i], time.Date(year, 12, 31, 23, 59, 59, 0, time.UTC))
		}
		u.saved(c)
		u.same("due", u.due(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), 2), []followup.Ref{refOf(c.Rows[0]), refOf(c.Rows[1]), refOf(c.Rows[2])})
		u.same("due in 2100", u.due(time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC), 10), []followup.Ref{refOf(c.Rows[0]), refOf(c.Rows[1])})
	}},
	{"a page goes on where it ended although rows before it have left", func(u suite) {
		c := Order(1, 6)
		u.saved(c)
		u.settle()
		first, next, err := u.s.Due(u.Context(), Start().AddDate(5, 0, 0), "", 3)
		u.ok("due", err)
		for _, ref := range first {
			r := u.row(ref.ID)
			r.Next, r.State = time.Time{}, followup.Voided
			u.saved(rowsOnly(r))
		}
		rest, _, err := u.s.Due(u.Context(), Start().AddDate(5, 0, 0), next, 10)
		u.ok("due", err)
		u.same("rest", refIDs(rest), rowIDs(c.Rows[3:]))
	}},
}

func dueOrder(u suite) {
	var want []followup.Ref
	var group []followup.Change
	for _, order := range []string{"9", "10", "1", "a b", "ü"} { // not in the order of their ids
		for _, shop := range []followup.ShopID{"b", "a"} {
			c := followup.Change{Journey: followup.NewJourneyID(shop, order)}
			for i := range 4 {
				r := Row(c.Journey, "c1", i, Start())
				r.Next = Start().Add(time.Duration(i%2) * time.Hour)
				c.Rows, want = append(c.Rows, r), append(want, refOf(r))
			}
			group = append(group, c)
		}
	}
	u.saved(group...)
	sortRefs(want)
	for _, limit := range []int{1, 3, 7, 1000} {
		u.same(fmt.Sprintf("due by %d", limit), u.due(Start().Add(2*time.Hour), limit), want)
	}
}
