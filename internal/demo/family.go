package demo

import (
	"strings"
	"time"

	"aftersales/internal/followup"
)

// The family whose story the first screen tells: a fridge and two hoses.
const (
	familyOrder                      = "1042"
	familyJourney followup.JourneyID = "main/" + familyOrder
	familyZone                       = "Atlantic/Reykjavik" // as the order states it
	livingOrder                      = "9001"
	livingJourney followup.JourneyID = "main/" + livingOrder
)

// family puts the order of Anna's family on the agenda. It is delivered on a
// Tuesday, so that the call of the fourth day would fall on a Saturday.
func (w *World) family() {
	s := &sale{
		id: familyOrder, who: cast[0], mail: "anna@example.com", phone: cast[0].phone, call: true,
		placed: time.Date(2025, 8, 1, 11, 20, 0, 0, time.UTC),
		lines: []line{
			{ID: "l1", SKU: "FR-300", Name: "Fridge 300", Quantity: 1, Price: "749.00"},
			{ID: "l2", SKU: "HOSE-2", Name: "Inlet hose", Quantity: 2, Price: "12.50"},
		},
	}
	w.tell(s.placed, "created", s.id, s.created())
	shipped, arrived := s.placed.Add(2*day), time.Date(2025, 8, 5, 13, 40, 0, 0, time.UTC)
	w.tell(shipped, "fulfilled", s.id, s.happened("order.fulfilled", "fulfilled", shipped, nil))
	w.tell(arrived, "delivered", s.id, s.happened("order.delivered", "delivered", arrived, nil))
}

// familyReads is what the family does with a mail: after three calls in vain
// they report a problem, and three days after it was solved all is well.
func (w *World) familyReads(m followup.Message, now time.Time) bool {
	if m.FollowUp.Journey() != familyJourney {
		return false
	}
	switch stepOf(m.FollowUp) {
	case "check-in":
		w.answers(now.Add(95*time.Minute), m.FollowUp, "problem", 0)
		w.solve(time.Date(2025, 8, 28, 15, 30, 0, 0, time.UTC), followup.NewCaseID(familyJourney, 1), "repaired")
	case "recovered":
		w.answers(now.Add(3*time.Hour), m.FollowUp, "works", 0)
	case "review":
		w.answers(now.Add(26*time.Hour), m.FollowUp, "", 5)
	}
	return true
}

// living puts the order on the agenda whose check-in mail arrives as the demo
// ends: its links work.
func (w *World) living() {
	s := &sale{
		id: livingOrder, mail: "mara@example.com", placed: end.Add(-8 * day),
		who:   person{first: "Mara", last: "Lindqvist", country: "SE", city: "Uppsala"},
		lines: []line{{ID: "l1", SKU: "KETTLE-1", Name: "Kettle", Quantity: 1, Price: "39.00"}, {ID: "l2", SKU: "TOASTER-2", Name: "Toaster", Quantity: 1, Price: "49.00"}},
	}
	w.tell(s.placed, "created", s.id, s.created())
	arrived := time.Date(2028, 6, 28, 14, 5, 0, 0, time.UTC)
	w.tell(arrived, "delivered", s.id, s.happened("order.delivered", "delivered", arrived, nil))
}

func stepOf(id followup.FollowUpID) string {
	parts := strings.Split(string(id), "/")
	if len(parts) != 5 {
		return ""
	}
	return parts[2]
}
