package dynamo_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/racing"
)

// tale is a short story of two orders, told request by request: what it asks of
// the store comes in one order.
type tale struct {
	*testing.T
	dynamotest.Limits
	table dynamotest.Memory
	s     *dynamo.Store
	where string
}

// stage is the API of one store for many tales, since a store is slow to warm up.
type stage struct{ dynamo.API }

// tell tells the story and returns what stands in the tables at its end, and the
// requests that took.
func (g *stage) tell(t *testing.T, s *dynamo.Store, lag time.Duration, script map[int]dynamotest.Fate) (map[string]string, dynamotest.Seen) {
	t.Helper()
	l := &tale{T: t, s: s, where: fmt.Sprintf("lag %s, fates %v", lag, script)}
	l.API, l.Seed, l.Lag, l.Script = &l.table, 1, lag, script
	g.API = l
	l.story()
	return standing(&l.table), l.Seen()
}

func (l *tale) done(what string, errs []error, err error) {
	l.Helper()
	if err != nil || slices.ContainsFunc(errs, func(err error) bool { return err != nil }) {
		l.Fatalf("%s: %s: %v %v", l.where, what, errs, err)
	}
}

func (l *tale) save(c followup.Change) {
	l.Helper()
	errs, err := l.s.Save(l.Context(), []followup.Change{c})
	l.done("save", errs, err)
}

// found wants, of the journeys of a contact, some of may at once and exactly want
// when the index has caught up.
func (l *tale) found(who followup.ContactID, may []followup.JourneyID, want ...followup.JourneyID) {
	l.Helper()
	for _, id := range l.find(who) {
		if !slices.Contains(may, id) {
			l.Fatalf("%s: %s is found by contact %s", l.where, id, who)
		}
	}
	l.Settle()
	if got := l.find(who); !slices.Equal(got, want) {
		l.Fatalf("%s: contact %s has %v, want %v", l.where, who, got, want)
	}
}

func (l *tale) find(who followup.ContactID) []followup.JourneyID {
	l.Helper()
	ids, _, err := l.s.Find(l.Context(), followup.Query{Contact: who}, "", 10)
	l.done("find", nil, err)
	return ids
}

// story is what happens.
func (l *tale) story() {
	l.Helper()
	a, b := storetest.Order(1, 1), storetest.Order(2, 1)
	one, two := a.Head.Contact, b.Head.Contact
	b.Head.Contact, b.Contacts = one, nil
	l.save(a)
	l.save(b)
	l.found(one, []followup.JourneyID{a.Journey, b.Journey}, a.Journey, b.Journey)
	b.Head.Contact = two
	l.save(followup.Change{Journey: b.Journey, Version: 1, Head: b.Head})
	l.found(one, []followup.JourneyID{a.Journey, b.Journey}, a.Journey)
	l.found(two, []followup.JourneyID{b.Journey}, b.Journey)

	row, person := a.Rows[0], a.Contacts[0]
	row.Version, person.Version = 1, 1
	arm := storetest.Arming(row, person, "att-1", storetest.Start())
	results, err := l.s.Arm(l.Context(), []followup.Arm{arm})
	l.done("arm", nil, err)
	if results[0] != followup.ArmedNow {
		l.Fatalf("%s: arm: %s", l.where, results[0])
	}
	finish := storetest.Ending(arm, storetest.Start())
	finish.Unspend = person.ID
	errs, err := l.s.Finish(l.Context(), []followup.Finish{finish})
	l.done("finish", errs, err)
}

// standing is every item but the name of the write that made it.
func standing(m *dynamotest.Memory) map[string]string {
	out := map[string]string{}
	for _, it := range m.Items() {
		var text []string
		for _, name := range slices.Sorted(maps.Keys(it)) {
			switch v := it[name].(type) {
			case *types.AttributeValueMemberS:
				if name != "w" {
					text = append(text, name+"="+v.Value)
				}
			case *types.AttributeValueMemberN:
				text = append(text, name+"="+v.Value)
			case *types.AttributeValueMemberB:
				text = append(text, fmt.Sprintf("%s=%x", name, v.Value))
			}
		}
		out[dynamotest.Text(it, "pk")+" "+dynamotest.Text(it, "sk")] = fmt.Sprint(text)
	}
	return out
}

// TestEveryFateOfEveryRequest tells the story with each fate of each request, and
// with each two of requests that are near each other, with and without an index
// that lags: it always ends the same, and what is found was never untrue.
func TestEveryFateOfEveryRequest(t *testing.T) {
	t.Parallel()
	g := &stage{}
	c := settings()
	c.Wait = func(ctx context.Context, _ int) error { return ctx.Err() }
	s := dynamo.New(g, tables, c)
	want, fine := g.tell(t, s, 0, nil)
	if fine.Requests < 18 || len(want) < 8 {
		t.Fatalf("%d requests make %d items", fine.Requests, len(want))
	}
	met := 0
	try := func(lag time.Duration, script map[int]dynamotest.Fate) {
		got, seen := g.tell(t, s, lag, script)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("lag %s, fates %v (-want +got):\n%s", lag, script, d)
		}
		met += seen.Requests - seen.Fates[dynamotest.Fine]
	}
	const near = 3
	for i := 0; i < fine.Requests; i += racing.Fewer(1, 6) {
		for f := dynamotest.Before; f < dynamotest.Fates; f++ {
			try(0, map[int]dynamotest.Fate{i: f})
			try(30*time.Second, map[int]dynamotest.Fate{i: f})
			for j := i + 1; j <= i+near; j++ {
				for g := dynamotest.Before; g < dynamotest.Fates; g++ {
					try(30*time.Second, map[int]dynamotest.Fate{i: f, j: g})
				}
			}
		}
	}
	if met < racing.Fewer(100, 10)*fine.Requests {
		t.Errorf("only %d requests met their fates", met)
	}
}
