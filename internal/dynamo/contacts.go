package dynamo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"aftersales/internal/followup"
)

var errNoContact = errors.New("a contact has no id")

// Contacts loads each consistently; an unknown id gives Version 0. Both items of
// a contact are one query.
func (s *Store) Contacts(ctx context.Context, ids []followup.ContactID) ([]followup.Contact, error) {
	if err := alive(ctx, "load contacts"); err != nil {
		return nil, err
	}
	out := make([]followup.Contact, len(ids))
	errs := each(len(ids), func(i int) (err error) {
		out[i], err = s.contact(ctx, ids[i])
		return err
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Store) contact(ctx context.Context, id followup.ContactID) (followup.Contact, error) {
	c := followup.Contact{ID: id}
	if id == "" {
		return c, nil
	}
	in := s.between(s.t.Contacts, string(id), sortPerson, sortGate)
	in.ScanIndexForward = new(false) // S first: what is read with a version is never older than it
	err := s.query(ctx, in, func(it item) (bool, error) {
		if it.text(attrSK) == sortPerson {
			return true, s.readPerson(it, &c)
		}
		c.Version = it.number(attrVersion)
		return true, s.readGate(it, &c)
	})
	if err != nil {
		return c, fmt.Errorf("load contact %s: %w", id, err)
	}
	if c.Version == 0 { // both were written after S was looked for
		return followup.Contact{ID: id}, nil
	}
	return c, nil
}

// SaveContacts writes each, or ErrConflict per element.
func (s *Store) SaveContacts(ctx context.Context, cs []followup.Contact) ([]error, error) {
	if err := alive(ctx, "save contacts"); err != nil {
		return nil, err
	}
	errs := make([]error, len(cs))
	for _, wave := range waves(len(cs), func(i int) []string { return []string{string(cs[i].ID)} }) {
		for n, err := range each(len(wave), func(n int) error { return s.writeContact(ctx, &cs[wave[n]]) }) {
			errs[wave[n]] = err
		}
	}
	return errs, nil
}

// writeContact writes S, and C with it if that changed: both or neither, since
// what one writer adds to C must not be lost to another's.
func (s *Store) writeContact(ctx context.Context, c *followup.Contact) error {
	if c.ID == "" {
		return errNoContact
	}
	w, err := s.putContact(ctx, c)
	if err == nil {
		err = w.conflict()
	}
	if err != nil {
		return fmt.Errorf("contact %s: %w", c.ID, err)
	}
	return nil
}

func (s *Store) putContact(ctx context.Context, c *followup.Contact) (written, error) {
	gate, err := s.gateItem(c)
	if err != nil {
		return written{}, err
	}
	var old item
	if c.Version > 0 {
		if old, err = s.get(ctx, s.t.Contacts, key(string(c.ID), sortPerson)); err != nil {
			return written{}, err
		}
	}
	person, err := s.personItem(c)
	if err != nil {
		return written{}, err
	}
	if old != nil && bytes.Equal(old.body(), person.body()) {
		return s.put(ctx, s.t.Contacts, gate, atVersion(c.Version)) // if C changed meanwhile, so did the version
	}
	return s.putBoth(ctx, s.t.Contacts, person, gate, atVersion(c.Version))
}

// gate is what S keeps: what may close, and the ledger. Nothing in it is personal.
type gate struct {
	Consents   []followup.Consent     `json:"consents,omitempty"`
	Suppressed []followup.Suppression `json:"suppressed,omitempty"`
	Sends      []followup.Spend       `json:"sends,omitempty"`
}

func (s *Store) gateItem(c *followup.Contact) (item, error) {
	body, err := s.packs.pack(gate{c.Consents, c.Suppressed, c.Sends})
	if err != nil {
		return nil, err
	}
	it := key(string(c.ID), sortGate)
	it[attrBody], it[attrVersion], it[attrWrite] = bytesOf(body), number(c.Version+1), text(token())
	return it, it.fits()
}

func (s *Store) readGate(it item, c *followup.Contact) error {
	var g gate
	if err := s.packs.unpack(it.body(), &g); err != nil {
		return err
	}
	c.Consents, c.Suppressed, c.Sends = g.Consents, g.Suppressed, g.Sends
	return nil
}

// person is what C keeps.
type person struct {
	Fields []statement          `json:"fields,omitempty"`
	Texts  []followup.Text      `json:"texts,omitempty"`
	Orders []followup.JourneyID `json:"orders,omitempty"`
	Erased time.Time            `json:"erased,omitzero"`
}

// statement is what one event said of the person, by name of the field.
type statement struct {
	At followup.Stamp    `json:"at"`
	Is map[string]string `json:"is"`
}
