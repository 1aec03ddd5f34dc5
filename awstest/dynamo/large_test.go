package dynamo_test

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"aftersales/awstest/localaws"
	"aftersales/internal/dynamo"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// noise is text that cannot be packed.
func noise(n int) string {
	b := make([]byte, n/2)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// TestALargeJourney reads an order of 50 units and 7 steps that takes more than
// the megabyte of one page.
func TestALargeJourney(t *testing.T) {
	t.Parallel()
	client := localaws.DynamoDB(t)
	s := dynamo.New(client, localaws.Tables(t, client), settings())
	c := storetest.Order(1, 0)
	for n := range 350 {
		r := storetest.Row(c.Journey, c.Head.Contact, 0, storetest.Start())
		r.Step = fmt.Sprintf("step-%d", n%7)
		r.Unit = followup.NewUnitKey("466157049", n/7+1)
		r.ID = followup.NewFollowUpID(c.Journey, r.Step, r.Unit, r.Occurrence)
		r.Decisions[0].Reason = noise(7000)
		c.Rows = append(c.Rows, r)
	}
	if errs, err := s.Save(t.Context(), []followup.Change{c}); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
	js, err := s.Journeys(t.Context(), []followup.JourneyID{c.Journey})
	if err != nil || js[0].Version != 1 || len(js[0].Rows) != 350 {
		t.Fatalf("version %d, %d rows, %v", js[0].Version, len(js[0].Rows), err)
	}
	for _, want := range c.Rows {
		if got := js[0].Row(want.ID); got == nil || got.Decisions[0].Reason != want.Decisions[0].Reason {
			t.Fatalf("row %s is another", want.ID)
		}
	}
}

// TestTheLargestItem keeps a head of nearly 400 KB, which the server takes, and
// refuses a larger one itself, with its size.
func TestTheLargestItem(t *testing.T) {
	t.Parallel()
	client := localaws.DynamoDB(t)
	s := dynamo.New(client, localaws.Tables(t, client), settings())
	fits, over := storetest.Order(1, 0), storetest.Order(2, 0)
	fits.Head.Why, over.Head.Why = noise(740<<10), noise(900<<10)
	errs, err := s.Save(t.Context(), []followup.Change{fits, over})
	if err != nil || errs[0] != nil {
		t.Fatal(err, errs[0])
	}
	if errs[1] == nil || !strings.Contains(errs[1].Error(), "at most 400 KB") {
		t.Errorf("%.200v", errs[1])
	}
	js, err := s.Journeys(t.Context(), []followup.JourneyID{fits.Journey, over.Journey})
	if err != nil || js[0].Head.Why != fits.Head.Why || js[1].Version != 0 {
		t.Errorf("versions %d and %d, %v", js[0].Version, js[1].Version, err)
	}
}
