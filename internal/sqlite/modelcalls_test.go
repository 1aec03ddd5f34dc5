package sqlite

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// group makes up what is called at once, or again.
func (m *twins) group(w int) []call {
	if n := len(m.groups); m.r.IntN(4) == 0 {
		ago := min(n, 1+m.r.IntN(3))
		m.say("the same again as %d groups ago", ago)
		return m.groups[n-ago]
	}
	group := make([]call, 1+max(m.r.IntN(6)-3, 0))
	for i := range group {
		c := &group[i]
		switch k := m.r.IntN(10); {
		case k < 2:
			for range 1 + m.r.IntN(4)/3 {
				c.changes = append(c.changes, m.change(w))
			}
		case k < 3:
			_, contact := m.known(w)
			c.contacts = []followup.Contact{contact}
			m.say("save contact %s v%d", contact.ID[28:], contact.Version)
		case k < 7 || len(m.armed) == 0:
			for range 1 + m.r.IntN(4)/3 {
				c.arms = append(c.arms, m.arm(w))
			}
		default:
			for range 1 + m.r.IntN(4)/3 {
				c.ends = append(c.ends, m.finish())
			}
		}
	}
	return group
}

// known is a journey and a contact as they are, or as a process saw them.
func (m *twins) known(w int) (followup.Journey, followup.Contact) {
	n, k := m.r.IntN(orders), m.r.IntN(orders)
	js, wrong := m.model.Journeys(m.Context(), m.ids[n:n+1])
	cs, err := m.model.Contacts(m.Context(), m.who[k:k+1])
	m.same("model", nil, nil, errors.Join(wrong, err))
	if old := m.seen[w].journeys[n]; old.Version > 0 && m.r.IntN(3) == 0 {
		js[0] = old
	}
	if old := m.seen[w].contacts[k]; old.Version > 0 && m.r.IntN(3) == 0 {
		cs[0] = old
	}
	return js[0], cs[0]
}

// change moves some rows of a journey, and perhaps its head and a contact.
func (m *twins) change(w int) followup.Change {
	j, contact := m.known(w)
	c := followup.Change{Journey: j.ID}
	if j.Version == 0 {
		c = m.last
	}
	states := []followup.State{followup.Planned, followup.Planned, followup.Planned, followup.Held, followup.Unknown}
	for _, row := range j.Rows {
		if m.r.IntN(3) == 0 {
			row.State, row.Attempt, row.Next = states[m.r.IntN(len(states))], "", m.moment()
			c.Rows = append(c.Rows, row)
			m.say("save %s v%d %s", row.ID, row.Version, row.State)
		}
	}
	if j.Version > 0 && (m.r.IntN(3) == 0 || len(c.Rows) == 0) {
		j.Head.Contact = contact.ID
		c.Version, c.Head = j.Version, &j.Head
	}
	if j.Version > 0 && m.r.IntN(3) == 0 {
		c.Contacts = []followup.Contact{contact}
	}
	m.say("save %s v%d, head %t, with %d of %s v%d", c.Journey, c.Version, c.Head != nil, len(c.Contacts), contact.ID[28:], contact.Version)
	return c
}

func (m *twins) arm(w int) followup.Arm {
	j, contact := m.known(w)
	if j.Version == 0 {
		j.Rows = m.last.Rows
	}
	row := j.Rows[m.r.IntN(len(j.Rows))]
	if i := slices.IndexFunc(j.Rows, func(f followup.FollowUp) bool { return f.State.Open() }); i >= 0 && !row.State.Open() {
		row = j.Rows[i]
	}
	a := storetest.Arming(row, contact, "a"+strconv.Itoa(len(m.said)), storetest.Start())
	a.Row.Next = m.moment()
	m.say("arm %s v%d by %s v%d: %s", a.Row.ID, a.Row.Version, contact.ID[28:], contact.Version, a.Row.Attempt)
	return a
}

// finish ends an attempt, mostly one of the last: as sent, failed or never made.
func (m *twins) finish() followup.Finish {
	lately := max(len(m.armed)-4, 0) * min(m.r.IntN(3), 1)
	a := m.armed[lately+m.r.IntN(len(m.armed)-lately)]
	f := storetest.Ending(a, storetest.Start())
	switch m.r.IntN(5) {
	case 0:
		f.Row.State, f.Unspend = followup.Failed, a.Contact.ID
	case 1, 2, 3:
		f.Row.State, f.Row.Attempt, f.Row.Next, f.Unspend = followup.Planned, "", m.moment(), a.Contact.ID
	}
	m.say("finish %s v%d %s: %s", f.Row.ID, f.Row.Version, f.Attempt, f.Row.State)
	return f
}

func (m *twins) moment() time.Time {
	return storetest.Start().Add(time.Duration(m.r.IntN(500)) * time.Hour)
}
