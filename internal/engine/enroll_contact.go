package engine

import (
	"context"
	"fmt"
	"slices"

	"aftersales/internal/followup"
)

// meet loads the contacts of all journeys at once.
func (e *Engine) meet(ctx context.Context, work []*enrolment) error {
	var ids []followup.ContactID
	for _, w := range work {
		for _, id := range w.people() {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	contacts, err := e.c.Store.Contacts(ctx, ids)
	if err != nil {
		return fmt.Errorf("load contacts: %w", err)
	}
	for _, w := range work {
		w.known = make(map[followup.ContactID]*followup.Contact, 2)
		people := w.people()
		for i := range contacts {
			if slices.Contains(people, contacts[i].ID) {
				w.known[contacts[i].ID] = new(contacts[i].Clone())
			}
		}
	}
	return nil
}

// people returns the contacts that this enrolment may change: who reaches the
// order now and who did before; of an erased order everybody who ever did.
func (w *enrolment) people() []followup.ContactID {
	ids := make([]followup.ContactID, 0, 2)
	add := func(id followup.ContactID) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	add(w.j.Head.Contact)
	add(w.old.Contact)
	if w.j.Head.Facts.Erased {
		for _, ev := range w.all {
			add(ev.Keys.Mail)
			add(ev.Keys.Phone)
			add(ev.Keys.Order)
		}
	}
	return ids
}

// contact returns the contact of the order and those that have to be written.
func (w *enrolment) contact() (c *followup.Contact, changed []followup.Contact) {
	id := w.j.Head.Contact
	if c = w.known[id]; c == nil {
		c = &followup.Contact{ID: id}
		if w.known != nil {
			w.known[id] = c
		}
	}
	switch {
	case id == "":
	case w.j.Head.Facts.Erased:
		changed = w.erase()
	case w.state(c):
		changed = append(changed, *c)
	}
	return c, changed
}

// state merges what the new events say about the customer, and reports whether
// anything changed. When the order is reached by another contact now, what was
// known of the person goes along. Of somebody who was erased only orders that
// were placed later say anything.
func (w *enrolment) state(c *followup.Contact) bool {
	changed := false
	if old := w.known[w.old.Contact]; old != nil && w.old.Contact != c.ID {
		changed = c.Inherit(old)
	}
	mine := slices.Contains(c.Orders, w.j.ID)
	known := c.Erased.IsZero() || w.j.Head.Facts.PlacedAfter(c.Erased)
	for _, ev := range w.fresh {
		if ev.Person != nil && known {
			if c.Forgotten() && ev.Time.After(c.Erased) {
				c.Revive()
			}
			changed = c.State(*ev.Person, followup.Stamp{Time: ev.Time, Source: ev.Source, ID: ev.ID}) || changed
		}
		for _, k := range ev.Consents {
			news := c.Consent(k)
			w.consented = w.consented || news
			w.repeated = w.repeated || !news && mine // perhaps from a Save that died behind the contact
		}
	}
	for _, t := range w.g.Texts {
		if slices.ContainsFunc(w.all, func(ev followup.Event) bool { return ev.ID == t.Event }) { // else it was a second click
			changed = c.Note(t) || changed
		}
	}
	if !mine {
		c.Orders = append(c.Orders, w.j.ID)
		changed = true
	}
	return changed || w.consented
}

// erase forgets everybody who ever reached the order, and keeps nothing that
// comes later. A shop that left erases its own orders only: a person who bought
// elsewhere, too, stays a customer there.
func (w *enrolment) erase() (changed []followup.Contact) {
	shop, _ := w.j.ID.Split()
	for _, ev := range w.all {
		if ev.Type != followup.PersonErased {
			continue
		}
		for _, id := range w.people() {
			c := w.known[id]
			if c == nil || !c.Erased.IsZero() && !ev.Time.After(c.Erased) || ev.Source == privacySource && elsewhere(c, shop) {
				continue // the same request again, perhaps after a new beginning
			}
			c.Erase(ev.Time)
			changed = append(changed, *c)
		}
	}
	return changed
}

// elsewhere reports whether a contact has orders of another shop.
func elsewhere(c *followup.Contact, shop followup.ShopID) bool {
	return slices.ContainsFunc(c.Orders, func(id followup.JourneyID) bool {
		s, _ := id.Split()
		return s != shop
	})
}
