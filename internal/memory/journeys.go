package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"aftersales/internal/followup"
)

// Journeys loads heads and rows; an unknown id gives Version 0.
func (s *Store) Journeys(ctx context.Context, ids []followup.JourneyID) ([]followup.Journey, error) {
	if err := alive(ctx, "load journeys"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]followup.Journey, len(ids))
	for i, id := range ids {
		out[i].ID = id
		j := s.journeys[id]
		if j == nil {
			continue
		}
		if out[i].Version = j.head.version; out[i].Version > 0 {
			if err := json.Unmarshal(j.head.json, &out[i].Head); err != nil {
				return nil, fmt.Errorf("load journey %s: %w", id, err)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(j.rows)) {
			out[i].Rows = append(out[i].Rows, cloneRow(j.rows[key]))
		}
	}
	return out, nil
}

// Save writes each change, all of it or none.
func (s *Store) Save(ctx context.Context, changes []followup.Change) ([]error, error) {
	if err := alive(ctx, "save"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := make([]error, len(changes))
	for i := range changes {
		if err := s.save(&changes[i]); err != nil {
			errs[i] = fmt.Errorf("save journey %s: %w", changes[i].Journey, err)
		}
	}
	return errs, nil
}

// save checks everything before it writes anything.
func (s *Store) save(c *followup.Change) error {
	if err := s.check(c); err != nil {
		return err
	}
	head, contacts, events, err := encodeChange(c)
	if err != nil {
		return err
	}
	for i, p := range c.Contacts {
		s.contacts[p.ID] = document{p.Version + 1, contacts[i]}
	}
	for _, r := range c.Rows {
		s.put(r)
	}
	j := s.journey(c.Journey)
	for _, e := range events {
		j.log(e)
	}
	if c.Head != nil {
		j.head, j.found = document{c.Version + 1, head}, keysOf(c.Head)
	}
	s.done(c.Done, "")
	return nil
}

func (s *Store) check(c *followup.Change) error {
	if c.Journey == "" {
		return fmt.Errorf("no journey is named")
	}
	if c.Head != nil && s.headVersion(c.Journey) != c.Version {
		return fmt.Errorf("head: %w", followup.ErrConflict)
	}
	rows := map[followup.FollowUpID]bool{}
	for _, r := range c.Rows {
		if r.ID.Journey() != c.Journey {
			return fmt.Errorf("row %s belongs to another journey", r.ID)
		}
		if s.row(r.ID).Version != r.Version || rows[r.ID] {
			return fmt.Errorf("row %s: %w", r.ID, followup.ErrConflict)
		}
		rows[r.ID] = true
	}
	return s.checkContacts(c.Contacts)
}

func (s *Store) headVersion(id followup.JourneyID) int64 {
	if j := s.journeys[id]; j != nil {
		return j.head.version
	}
	return 0
}

// checkContacts also refuses a contact that is there twice.
func (s *Store) checkContacts(cs []followup.Contact) error {
	seen := map[followup.ContactID]bool{}
	for _, c := range cs {
		if c.ID == "" {
			return fmt.Errorf("a contact has no id")
		}
		if s.contacts[c.ID].version != c.Version || seen[c.ID] {
			return fmt.Errorf("contact %s: %w", c.ID, followup.ErrConflict)
		}
		seen[c.ID] = true
	}
	return nil
}

func encodeChange(c *followup.Change) (head []byte, contacts [][]byte, events []followup.Event, err error) {
	if c.Head != nil {
		if head, err = encode("head", c.Head); err != nil {
			return nil, nil, nil, err
		}
	}
	for i := range c.Contacts {
		b, err := encode("contact", &c.Contacts[i])
		if err != nil {
			return nil, nil, nil, err
		}
		contacts = append(contacts, b)
	}
	for i := range c.Events {
		e, err := impersonal(&c.Events[i], c.Journey)
		if err != nil {
			return nil, nil, nil, err
		}
		events = append(events, e)
	}
	return head, contacts, events, nil
}

// impersonal returns a copy of e as it comes back from a log: without the
// person, and with shop and order of its journey.
func impersonal(e *followup.Event, id followup.JourneyID) (followup.Event, error) {
	b, err := encode("event", e)
	if err != nil {
		return followup.Event{}, err
	}
	var out followup.Event
	if err := json.Unmarshal(b, &out); err != nil {
		return followup.Event{}, fmt.Errorf("decode event: %w", err)
	}
	out.Shop, out.Order = id.Split()
	return out, nil
}

// log adds e in the order of the fold unless it is there.
func (j *journey) log(e followup.Event) {
	same := func(o followup.Event) bool { return o.Source == e.Source && o.ID == e.ID }
	if slices.ContainsFunc(j.events, same) {
		return
	}
	i, _ := slices.BinarySearchFunc(j.events, e, followup.Event.Compare)
	j.events = slices.Insert(j.events, i, e)
}

// Events pages through the log of one journey in the order of the fold.
func (s *Store) Events(ctx context.Context, id followup.JourneyID, after followup.Cursor, limit int) ([]followup.Event, followup.Cursor, error) {
	if err := alive(ctx, "read events"); err != nil {
		return nil, "", err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	j := s.journeys[id]
	if j == nil {
		return nil, "", nil
	}
	found, next := page(j.events, after, limit, func(e followup.Event) string {
		return fixed(e.Time.Unix()) + fixed(int64(e.Time.Nanosecond())) + e.Source + "\x00" + e.ID
	})
	out := make([]followup.Event, len(found))
	for i := range found {
		e, err := impersonal(&found[i], id)
		if err != nil {
			return nil, "", err
		}
		out[i] = e
	}
	return out, next, nil
}

// cloneRow copies f with everything it refers to.
func cloneRow(f followup.FollowUp) followup.FollowUp {
	f.Units = slices.Clone(f.Units)
	f.Decisions = slices.Clone(f.Decisions)
	for i := range f.Decisions {
		f.Decisions[i].Facts = maps.Clone(f.Decisions[i].Facts)
	}
	return f
}
