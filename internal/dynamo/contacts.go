package dynamo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	var g gate
	in := s.between(s.t.Contacts, string(id), sortPerson, sortGate)
	in.ScanIndexForward = new(false) // S first: what is read with a version is never older than it
	err := s.query(ctx, in, func(it item) (_ bool, err error) {
		if it.text(attrSK) == sortPerson {
			return true, s.readPerson(it, &c)
		}
		c.Version = it.number(attrVersion)
		g, err = s.readGate(it)
		return true, err
	})
	if err != nil {
		return c, fmt.Errorf("load contact %s: %w", id, err)
	}
	if c.Version == 0 { // both were written after S was looked for
		return followup.Contact{ID: id}, nil
	}
	c.Consents, c.Suppressed, c.Sends = g.Consents, g.Suppressed, g.Sends
	restate(c.Fields, g.Said)
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
// what one writer adds to C must not be lost to another's. What an event only
// says again changes S: most of a store's events repeat the customer.
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
	gate, err := s.gateItem(c.ID, c.Version, gateOf(c))
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
	same, err := s.samePerson(old, c)
	if err != nil {
		return written{}, err
	}
	if same {
		return s.put(ctx, s.t.Contacts, gate, atVersion(c.Version)) // if C changed meanwhile, so did the version
	}
	return s.putBoth(ctx, s.t.Contacts, person, gate, atVersion(c.Version))
}

// gate is what S keeps: what may close, the ledger, and when each field was last
// said. Nothing in it is personal.
type gate struct {
	Consents   []followup.Consent     `json:"consents,omitempty"`
	Suppressed []followup.Suppression `json:"suppressed,omitempty"`
	Sends      []followup.Spend       `json:"sends,omitempty"`
	Said       []said                 `json:"said,omitempty"`
}

// said names the fields of which an event was the last word.
type said struct {
	At followup.Stamp `json:"at"`
	Of []string       `json:"of"`
}

func gateOf(c *followup.Contact) gate {
	g := gate{Consents: c.Consents, Suppressed: c.Suppressed, Sends: c.Sends}
	for _, st := range statements(c.Fields) {
		g.Said = append(g.Said, said{st.At, slices.Sorted(maps.Keys(st.Is))})
	}
	return g
}

func (s *Store) gateItem(id followup.ContactID, version int64, g gate) (item, error) {
	body, err := s.packs.pack(g)
	if err != nil {
		return nil, err
	}
	it := key(string(id), sortGate)
	it[attrBody], it[attrVersion], it[attrWrite] = bytesOf(body), number(version+1), text(token())
	return it, it.fits()
}

func (s *Store) readGate(it item) (g gate, err error) {
	return g, s.packs.unpack(it.body(), &g)
}

// restate gives fields the later words that S knows of.
func restate(fields map[string]followup.Stated, all []said) {
	for _, word := range all {
		for _, name := range word.Of {
			if f, known := fields[name]; known && word.At.Compare(f.Stamp) > 0 {
				f.Stamp = word.At
				fields[name] = f
			}
		}
	}
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
