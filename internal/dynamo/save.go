package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"aftersales/internal/followup"
)

// Save writes each change item by item: contacts, rows and events each at once,
// the head last with its version as the commit. An element that failed may have
// written what stands before; saving it again completes it. Bodies are not marked
// done: the queue knows what waits.
func (s *Store) Save(ctx context.Context, changes []followup.Change) ([]error, error) {
	if err := alive(ctx, "save"); err != nil {
		return nil, err
	}
	errs := make([]error, len(changes))
	for _, wave := range waves(len(changes), func(i int) []string { return changeKeys(&changes[i]) }) {
		for n, err := range each(len(wave), func(n int) error { return s.save(ctx, &changes[wave[n]]) }) {
			if err != nil {
				errs[wave[n]] = fmt.Errorf("save journey %s: %w", changes[wave[n]].Journey, err)
			}
		}
	}
	return errs, nil
}

// changeKeys are what two changes must not write at once.
func changeKeys(c *followup.Change) []string {
	keys := []string{"j" + string(c.Journey)}
	for _, k := range c.Contacts {
		keys = append(keys, "c"+string(k.ID))
	}
	return keys
}

func (s *Store) save(ctx context.Context, c *followup.Change) error {
	if err := sound(c); err != nil {
		return err
	}
	items, err := s.changeItems(c)
	if err != nil {
		return err
	}
	errs := each(len(c.Contacts), func(i int) error { return s.writeContact(ctx, &c.Contacts[i]) })
	if err := first(errs); err != nil {
		return err
	}
	errs = each(len(c.Rows), func(i int) error {
		return s.putVersion(ctx, "row "+string(c.Rows[i].ID), items.rows[i], c.Rows[i].Version)
	})
	if err := first(errs); err != nil {
		return err
	}
	errs = each(len(c.Events), func(i int) error {
		_, err := s.put(ctx, s.t.Journeys, items.events[i], atVersion(0)) // there already: the first word stays
		if err != nil {
			return fmt.Errorf("event %s: %w", c.Events[i].ID, err)
		}
		return nil
	})
	if err := first(errs); err != nil {
		return err
	}
	if c.Head == nil {
		return nil
	}
	return s.putVersion(ctx, "head", items.head, c.Version)
}

// putVersion writes an item of a journey over the version that was loaded.
func (s *Store) putVersion(ctx context.Context, what string, it item, version int64) error {
	w, err := s.put(ctx, s.t.Journeys, it, atVersion(version))
	if err == nil {
		err = w.conflict()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// first returns a conflict if there is one, else any error: what has to be loaded
// again will not be mended by trying again.
func first(errs []error) error {
	var other error
	for _, err := range errs {
		if errors.Is(err, followup.ErrConflict) {
			return err
		}
		if other == nil {
			other = err
		}
	}
	return other
}

// sound refuses a change that contradicts itself.
func sound(c *followup.Change) error {
	if c.Journey == "" {
		return errors.New("no journey is named")
	}
	rows := map[followup.FollowUpID]bool{}
	for i := range c.Rows {
		id := c.Rows[i].ID
		if id.Journey() != c.Journey {
			return fmt.Errorf("row %s belongs to another journey", id)
		}
		if rows[id] {
			return fmt.Errorf("row %s is there twice: %w", id, followup.ErrConflict)
		}
		rows[id] = true
	}
	people := map[followup.ContactID]bool{}
	for i := range c.Contacts {
		id := c.Contacts[i].ID
		if id == "" {
			return errNoContact
		}
		if people[id] {
			return fmt.Errorf("contact %s is there twice: %w", id, followup.ErrConflict)
		}
		people[id] = true
	}
	return nil
}

// changeItems is a change as items: all are made, and found to fit, before any is
// written.
type changeItems struct {
	head   item
	rows   []item
	events []item
}

func (s *Store) changeItems(c *followup.Change) (out changeItems, err error) {
	for i := range c.Rows {
		it, err := s.rowItem(c.Rows[i])
		if err := errors.Join(err, it.fits()); err != nil {
			return out, fmt.Errorf("row %s: %w", c.Rows[i].ID, err)
		}
		out.rows = append(out.rows, it)
	}
	for i := range c.Events {
		it, err := s.eventItem(c.Journey, &c.Events[i])
		if err := errors.Join(err, it.fits()); err != nil {
			return out, fmt.Errorf("event %s: %w", c.Events[i].ID, err)
		}
		out.events = append(out.events, it)
	}
	if c.Head == nil {
		return out, nil
	}
	out.head, err = s.headItem(c)
	if err := errors.Join(err, out.head.fits()); err != nil {
		return out, fmt.Errorf("head: %w", err)
	}
	return out, nil
}

// nobody stands where an order has no contact, so that every head is in the index
// of contacts.
const nobody = "-"

func (s *Store) headItem(c *followup.Change) (item, error) {
	body, err := s.packs.pack(c.Head)
	if err != nil {
		return nil, err
	}
	it := key(string(c.Journey), sortHead)
	it[attrBody], it[attrVersion], it[attrWrite] = bytesOf(body), number(c.Version+1), text(token())
	it[attrConHash], it[attrConSort] = text(nobody), text(short(string(c.Journey)))
	it.set(attrConHash, string(c.Head.Contact))
	if slices.ContainsFunc(c.Head.Facts.Cases, followup.Case.Open) {
		shop, _ := c.Journey.Split()
		it[attrLstHash], it[attrLstSort] = text(listKey(shop, listCases)), text(short(string(c.Journey)))
	}
	return it, nil
}

func (s *Store) eventItem(j followup.JourneyID, e *followup.Event) (item, error) {
	body, err := s.packs.pack(e) // the person is not part of it
	if err != nil {
		return nil, err
	}
	it := key(string(j), eventSort(e))
	it[attrBody] = bytesOf(body)
	return it, nil
}
