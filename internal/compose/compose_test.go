package compose_test

import (
	"testing"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/compose"
	"aftersales/internal/followup"
	"aftersales/messages"
)

// testLinks makes links like the real ones, without a key.
type testLinks struct{ base string }

func (l testLinks) Answer(x followup.Letter) string { return l.base + "/a/token-of-answer" }

func (l testLinks) Unsubscribe(x followup.Letter) string { return l.base + "/u/token-of-unsubscribe" }

func newComposer(t testing.TB) *compose.Composer {
	t.Helper()
	c, err := compose.New(compose.Options{Defaults: messages.Files(), Links: testLinks{"https://shop.example"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// now is 2 March 2026, 10:00 in Berlin, a Monday.
var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	loc, err := civil.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// letter returns a letter for a message: one washing machine, a customer with a name, a known date of delivery.
func letter(t testing.TB, message string) followup.Letter {
	t.Helper()
	business, err := civil.ParseWindow("09:00-17:00 workdays")
	if err != nil {
		t.Fatal(err)
	}
	j := followup.NewJourneyID("main", "5001")
	delivered := followup.Fact{At: followup.Moment{Date: civil.Date{Year: 2026, Month: 2, Day: 26}}, Source: "shopify", Event: "e1"}
	l := followup.Letter{
		Shop: &followup.Shop{
			ID: "main", Name: "Nordlicht Haushalt", Sender: "service@nordlicht.example", ReplyTo: "hilfe@nordlicht.example",
			PublicURL: "https://shop.example", Phone: "+4930901820", Address: "Seestr. 5, 13353 Berlin", Language: "en",
			Country: "DE", Zone: "Europe/Berlin", BusinessHours: business,
		},
		Step:    &followup.Step{ID: message, Message: message, Class: followup.Feedback, Channel: followup.Email},
		Row:     followup.FollowUp{ID: followup.NewFollowUpID(j, message, "", "1"), Class: followup.Feedback, Channel: followup.Email},
		Attempt: "a1",
		Journey: j,
		Facts: &followup.Facts{
			OrderFacts: followup.OrderFacts{Number: "#1001"},
			Lines: []followup.Line{
				{ID: "11", SKU: "WM-100", Title: "Laundry Pro WM-100", Quantity: 1},
				{ID: "12", SKU: "H-1", Title: "Inlet hose 1.5 m", Quantity: 2},
			},
		},
		Contact: &followup.Contact{Fields: map[string]followup.Stated{
			followup.FieldName:  {Value: "Anna Berg"},
			followup.FieldFirst: {Value: "Anna"},
			followup.FieldMail:  {Value: "anna@customer.example"},
			followup.FieldPhone: {Value: "+491701234567"},
		}},
		Catalogue: &followup.Catalogue{Products: []followup.Product{
			{SKU: "WM-*", Name: map[string]string{"en": "washing machine"}, Manual: "https://shop.example/manuals/wm"},
			{SKU: "H-*", Name: map[string]string{"en": "inlet hose"}},
		}},
		Units:     []followup.Unit{{Key: followup.NewUnitKey("11", 1), Serial: "SN-77", Delivered: delivered}},
		Delivered: delivered,
		Zone:      berlin(t),
		Now:       now,
		ReplyDue:  now.Add(24 * time.Hour),
	}
	special(&l)
	return l
}

// special gives a letter what its message is about.
func special(l *followup.Letter) {
	cover := func(name string, from, until civil.Date, kind followup.AnchorKind) {
		l.Step.Anchor = followup.Anchor{Kind: kind, Coverage: name}
		l.Coverages = []followup.Covered{{
			Name: name, Unit: l.Units[0].Key, From: from, Until: until, Start: l.Delivered, Basis: "P24M of the plan",
		}}
	}
	class := followup.Feedback
	switch l.Step.Message {
	case "check-in-call":
		l.Step.Channel, l.Row.Channel = followup.Call, followup.Call
	case "return-window":
		class = followup.Service
		cover("return_window", civil.Date{Year: 2026, Month: 2, Day: 26}, civil.Date{Year: 2026, Month: 3, Day: 12}, followup.AnchorCoverageEnd)
	case "warranty-ending":
		class = followup.Service
		cover("warranty", civil.Date{Year: 2024, Month: 5, Day: 1}, civil.Date{Year: 2026, Month: 5, Day: 1}, followup.AnchorCoverageEnd)
	case "contract-offer":
		class = followup.Marketing
		cover("warranty", civil.Date{Year: 2024, Month: 3, Day: 1}, civil.Date{Year: 2026, Month: 3, Day: 1}, followup.AnchorCoverageEnd)
	case "set-up", "service-due":
		class = followup.Service
	case "recovered":
		l.Case = &followup.Case{Number: 2, Opened: now.Add(-200 * time.Hour), Closed: now.Add(-72 * time.Hour), Closings: 1, Outcome: "repaired"}
	}
	l.Step.Class, l.Row.Class = class, class
}

// several adds two hoses.
func several(l *followup.Letter) {
	for i := 1; i <= 2; i++ {
		l.Units = append(l.Units, followup.Unit{Key: followup.NewUnitKey("12", i), Delivered: l.Delivered})
	}
}

// unnamed takes the customer's name away.
func unnamed(l *followup.Letter) {
	delete(l.Contact.Fields, followup.FieldName)
	delete(l.Contact.Fields, followup.FieldFirst)
}

// assumed makes the date of delivery an assumption.
func assumed(l *followup.Letter) {
	l.Delivered.Source, l.Delivered.Event = "assumed", "P5D after fulfilled"
	for i := range l.Coverages {
		l.Coverages[i].Start = l.Delivered
	}
}
