package calllist

import (
	"strconv"
	"strings"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// Sheet is a call as the person who makes it sees it, and one element of
// `calls list --json`. It is personal.
type Sheet struct {
	ID        followup.FollowUpID `json:"id"`
	Order     string              `json:"order"`      // as the store names it
	Units     []followup.UnitKey  `json:"units"`      // none: the whole order
	Contact   string              `json:"contact"`    // the customer's name; "" when not known
	Phone     string              `json:"phone"`      // E.164; "" until the call is claimed
	DueLocal  civil.DateTime      `json:"due_local"`  // wall clock in Zone
	Zone      string              `json:"zone"`       // IANA, the customer's
	Try       int                 `json:"try"`        // from 1
	Script    string              `json:"script"`     // what to say and ask
	ClaimedBy string              `json:"claimed_by"` // "" while anybody may claim it
}

// NewSheet returns the sheet of a row of the call list with its rendered
// message. The number stays hidden until somebody has claimed the call, so that
// nobody dials what was not decided again at that moment.
func NewSheet(row followup.FollowUp, m followup.Message) Sheet {
	_, order := row.ID.Journey().Split()
	s := Sheet{
		ID: row.ID, Order: order, Units: row.Units, Contact: followup.HeaderText(m.To.Name),
		DueLocal: row.Due, Zone: row.Zone, Try: try(row.Occurrence), Script: m.Text,
	}
	switch {
	case len(row.Units) == 0 && row.Unit != "":
		s.Units = []followup.UnitKey{row.Unit}
	case row.Units == nil:
		s.Units = []followup.UnitKey{}
	}
	if row.State == followup.Armed && row.Claimed != "" {
		s.ClaimedBy, s.Phone = row.Claimed, m.Phone
	}
	return s
}

// try reads the "#n" of an occurrence; without one it is the first.
func try(occurrence string) int {
	if _, n, ok := strings.Cut(occurrence, "#"); ok {
		if t, err := strconv.Atoi(n); err == nil && t > 0 {
			return t
		}
	}
	return 1
}
