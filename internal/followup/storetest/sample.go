package storetest

import (
	"fmt"
	"strconv"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// Start is the moment at which sample orders begin.
func Start() time.Time { return time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC) }

// sampleSteps are the follow-ups of a sample order: days after delivery.
var sampleSteps = []struct {
	step  string
	class followup.Class
	ch    followup.Medium
	days  int
}{
	{"setup-help", followup.Service, followup.Email, 1},
	{"check-in", followup.Feedback, followup.Call, 7},
	{"return-window", followup.Service, followup.Email, 23},
	{"review-request", followup.Feedback, followup.Email, 45},
	{"maintenance", followup.Marketing, followup.Email, 365},
	{"warranty-ends", followup.Service, followup.Email, 670},
}

// Order is the first Save of sample order n: a head, steps follow-ups (at most
// six have their own step, the others are occurrences of the last), one event,
// one new contact. It looks like what the engine writes, so that sizes and
// speeds mean something.
func Order(n, steps int) followup.Change {
	j := followup.NewJourneyID("main", strconv.Itoa(5_870_000_000_000+n*37))
	who := Customer(n)
	at := Start().Add(time.Duration(n) * 41 * time.Second)
	e := orderCreated(n, j, who.ID, at)
	c := followup.Change{
		Journey: j, Head: headOf(e, who.ID), Events: []followup.Event{e},
		Contacts: []followup.Contact{who}, Done: []followup.InboxKey{e.Inbox},
	}
	c.Contacts[0].Orders = []followup.JourneyID{j}
	for i := range steps {
		c.Rows = append(c.Rows, Row(j, who.ID, i, at))
	}
	return c
}

// Row is follow-up i of a sample order, planned at the given time.
func Row(j followup.JourneyID, who followup.ContactID, i int, at time.Time) followup.FollowUp {
	s := sampleSteps[min(i, len(sampleSteps)-1)]
	occ := strconv.Itoa(max(i-len(sampleSteps)+2, 1))
	due := civil.DateOf(at).AddDays(s.days + i/len(sampleSteps)).At(10 * 3600)
	zone, err := civil.Zone("Europe/Berlin")
	if err != nil {
		panic(err) // the zones are in the binary
	}
	f := followup.FollowUp{
		ID: followup.NewFollowUpID(j, s.step, "", occ), Step: s.step, Occurrence: occ, Class: s.class, Channel: s.ch,
		Order: i, Plan: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Contact: who,
		State: followup.Planned, Due: due, Zone: "Europe/Berlin", DueAt: due.Resolve(zone),
	}
	f.Next = f.DueAt
	f.Decide(followup.Decision{
		At: at, Result: followup.ResultPlan, Rule: "due", Next: f.Next,
		Reason: fmt.Sprintf("%d days after delivery, at 10:00", s.days),
		Facts:  map[string]string{"delivered": "2026-03-04", "source": "shopify"},
	})
	return f
}

// Customer is the contact of sample order n, without orders.
func Customer(n int) followup.Contact {
	id := followup.ContactID(fmt.Sprintf("c%031x", uint64(n+1)*0x9e3779b97f4a7c15))
	st := followup.Stamp{Time: Start(), Source: "shopify", ID: "ev-" + strconv.Itoa(n)}
	c := followup.Contact{ID: id}
	c.State(followup.Person{
		Name: "Jördis Müller-" + strconv.Itoa(n), FirstName: "Jördis", Mail: fmt.Sprintf("joerdis.%d@example.org", n),
		Phone: "+4930123456", Language: "de", Country: "DE", City: "Berlin", Address: "Invalidenstraße 117, 10115 Berlin",
	}, st)
	c.Consent(followup.Consent{Purpose: followup.Marketing, Channel: followup.Email, Given: true, At: Start(), How: "checkout box"})
	return c
}

func orderCreated(n int, j followup.JourneyID, who followup.ContactID, at time.Time) followup.Event {
	shop, order := j.Split()
	id := fmt.Sprintf("98880550-7158-44d4-b7cd-2c97c8a0%04x", n&0xffff)
	return followup.Event{
		Source: "shopify", ID: id, Type: followup.OrderCreated, Shop: shop, Order: order, Time: at,
		Facts: &followup.OrderFacts{
			Number: "#" + strconv.Itoa(1000+n), Currency: "EUR", Total: &followup.Money{Minor: 64900, Currency: "EUR"},
			Placed: followup.Moment{Time: at}, Channel: "web", Language: "de", Country: "DE",
		},
		Lines: sampleLines(), Keys: followup.Keys{Mail: who},
		Inbox: followup.InboxKey{Shop: shop, Source: "shopify", Key: "orders/create " + id + strconv.Itoa(n)},
	}
}

func sampleLines() []followup.Line {
	return []followup.Line{
		{ID: "466157049", SKU: "WM-1400-X", Title: "Washing machine 8 kg", Vendor: "Waschbär", ProductID: "632910392", Quantity: 1, Price: followup.Money{Minor: 59900, Currency: "EUR"}},
		{ID: "518995019", SKU: "HOSE-2M", Title: "Hose 2 m", Vendor: "Waschbär", ProductID: "632910393", Quantity: 2, Price: followup.Money{Minor: 2500, Currency: "EUR"}},
	}
}

func headOf(e followup.Event, who followup.ContactID) *followup.Head {
	fact := followup.Fact{At: followup.Moment{Time: e.Time}, Source: e.Source, Event: e.ID}
	h := &followup.Head{
		Contact: who, Plan: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Name: "appliances", Number: 3, Seen: 1,
		Facts: followup.Facts{OrderFacts: *e.Facts, Ordered: fact, Lines: e.Lines, Keys: e.Keys, Created: true},
	}
	for _, l := range e.Lines {
		for i := range l.Quantity {
			h.Facts.Units = append(h.Facts.Units, followup.Unit{Key: followup.NewUnitKey(l.ID, i+1)})
		}
	}
	return h
}

// moved returns f with another due time.
func moved(f followup.FollowUp, to time.Time) followup.FollowUp {
	f.Due, f.DueAt, f.Next = civil.DateTimeOf(to, time.UTC), to, to
	return f
}

// rowsOnly is a change of rows without a head.
func rowsOnly(rows ...followup.FollowUp) followup.Change {
	return followup.Change{Journey: rows[0].ID.Journey(), Rows: rows}
}
