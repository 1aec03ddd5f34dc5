package dynamo_test

import (
	"fmt"
	"slices"
	"testing"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// TestListsAreReadAlone finds what people look for with one query a shop, however
// much is due.
func TestListsAreReadAlone(t *testing.T) {
	t.Parallel()
	l := &dynamotest.Limits{API: &dynamotest.Memory{}}
	c := settings()
	s := dynamo.New(l, tables, c)
	busy, call := storetest.Order(1, 0), storetest.Order(2, 2)
	for n := range 200 {
		r := storetest.Row(busy.Journey, busy.Head.Contact, 0, storetest.Start())
		r.Occurrence = fmt.Sprint(n)
		r.ID = followup.NewFollowUpID(busy.Journey, r.Step, "", r.Occurrence)
		busy.Rows = append(busy.Rows, r)
	}
	call.Rows = call.Rows[1:]
	call.Rows[0].State = followup.Listed
	saved(t, s, busy)
	saved(t, s, call)
	row, person := call.Rows[0], call.Contacts[0]
	row.Version, person.Version = 1, 1
	if got, err := s.Arm(t.Context(), []followup.Arm{{Row: row.Claim("a1", row.Plan, "Sam", storetest.Start()), Contact: person}}); err != nil || got[0] != followup.ArmedNow {
		t.Fatal(got, err)
	}
	for q, want := range map[followup.Query][]followup.JourneyID{
		{Claimed: true}:                {call.Journey},
		{State: followup.Listed}:       {},
		{State: followup.Parked}:       {},
		{OpenCase: true}:               {},
		{Contact: busy.Contacts[0].ID}: {busy.Journey},
	} {
		most := len(c.Shops)
		if q.Contact != "" {
			most = 1
		}
		before := l.Seen().Requests
		ids, _, err := s.Find(t.Context(), q, "", 100)
		if n := l.Seen().Requests - before; err != nil || !slices.Equal(ids, want) || n != most {
			t.Errorf("%+v: %v in %d requests, want %v in %d (%v)", q, ids, n, want, most, err)
		}
	}
}
