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
	err := s.query(ctx, s.between(s.t.Contacts, string(id), sortPerson, sortGate), func(it item) (bool, error) {
		if it.text(attrSK) == sortPerson {
			return true, s.readPerson(it, &c)
		}
		c.Version = it.number(attrVersion)
		return true, s.readGate(it, &c)
	})
	if err != nil {
		return c, fmt.Errorf("load contact %s: %w", id, err)
	}
	if c.Version == 0 { // its writer died, or has not come to S yet
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
		for n, err := range each(len(wave), func(n int) error { return s.writeContact(ctx, &cs[wave[n]], "") }) {
			errs[wave[n]] = err
		}
	}
	return errs, nil
}

// phoneOf returns the id under which the contact's phone number is known, when c
// says so.
func phoneOf(c *followup.Change, k *followup.Contact) followup.ContactID {
	if c.Head == nil || c.Head.Contact != k.ID || c.Head.Facts.Keys.Phone == k.ID {
		return ""
	}
	return c.Head.Facts.Keys.Phone
}

// writeContact writes C, if it changed, and then S. A phone number's id that is
// new is pointed here first.
func (s *Store) writeContact(ctx context.Context, c *followup.Contact, phone followup.ContactID) error {
	if c.ID == "" {
		return errNoContact
	}
	gate, err := s.gateItem(c)
	if err != nil {
		return fmt.Errorf("contact %s: %w", c.ID, err)
	}
	if err := s.writePerson(ctx, c, phone); err != nil {
		return fmt.Errorf("contact %s: %w", c.ID, err)
	}
	w, err := s.put(ctx, s.t.Contacts, gate, atVersion(c.Version))
	if err == nil {
		err = w.conflict()
	}
	if err != nil {
		return fmt.Errorf("contact %s: %w", c.ID, err)
	}
	return nil
}

// writePerson writes C under the version that S is about to get.
func (s *Store) writePerson(ctx context.Context, c *followup.Contact, phone followup.ContactID) error {
	var old item
	var err error
	if c.Version > 0 {
		if old, err = s.get(ctx, s.t.Contacts, key(string(c.ID), sortPerson)); err != nil {
			return err
		}
	}
	if old.number(attrVersion) > c.Version {
		return s.behind(ctx, c)
	}
	if phone == "" && c.Erased.IsZero() {
		phone = followup.ContactID(old.text(attrPhone))
	}
	it, err := s.personItem(c, phone)
	if err != nil {
		return err
	}
	if old != nil && bytes.Equal(old.body(), it.body()) && old.text(attrPhone) == string(phone) {
		return nil
	}
	if err := s.point(ctx, old.text(attrPhone), string(phone), c.ID); err != nil {
		return err
	}
	w, err := s.put(ctx, s.t.Contacts, it, condition{"attribute_not_exists(pk) OR v <= :v", item{":v": number(c.Version)}})
	if err != nil {
		return err
	}
	if !w.done {
		return s.behind(ctx, c)
	}
	return nil
}

// point keeps the index of phone numbers: an old number is forgotten when the
// person was, a new one points to the contact.
func (s *Store) point(ctx context.Context, old, phone string, id followup.ContactID) error {
	if old == phone {
		return nil
	}
	if phone == "" {
		return s.forgetPhone(ctx, old, id)
	}
	it := phoneKey(phone)
	it[attrContact] = text(string(id))
	_, err := s.put(ctx, s.t.Contacts, it, condition{"attribute_not_exists(c) OR c <> :c", item{":c": text(string(id))}})
	return err
}

func phoneKey(phone string) item { return key("P#"+phone, sortPhone) }

// ByPhone returns the contact that is reached by a phone number, whose own id is
// given, or "". It may be a moment stale.
func (s *Store) ByPhone(ctx context.Context, phone followup.ContactID) (followup.ContactID, error) {
	it, err := s.get(ctx, s.t.Contacts, phoneKey(string(phone)))
	if err != nil {
		return "", fmt.Errorf("find contact of phone %s: %w", phone, err)
	}
	return followup.ContactID(it.text(attrContact)), nil
}

// settleWait is what another writer of a contact gets to come from C to S.
const settleWait = 1

// behind answers a writer that found C newer than what it loaded. When the other
// writer never came to S, its version is completed here, so that loading again
// gives what it wrote.
func (s *Store) behind(ctx context.Context, c *followup.Contact) error {
	for try := 0; ; try++ {
		gate, err := s.get(ctx, s.t.Contacts, key(string(c.ID), sortGate))
		if err != nil {
			return err
		}
		if gate.number(attrVersion) != c.Version {
			return followup.ErrConflict
		}
		if try >= settleWait {
			return s.complete(ctx, c.ID, gate)
		}
		if err := s.c.Wait(ctx, 1); err != nil {
			return err
		}
	}
}

// complete raises the version of S without changing it.
func (s *Store) complete(ctx context.Context, id followup.ContactID, gate item) error {
	version := gate.number(attrVersion)
	if gate == nil {
		var err error
		if gate, err = s.gateItem(&followup.Contact{ID: id}); err != nil {
			return err
		}
	}
	gate[attrVersion], gate[attrWrite] = number(version+1), text(token())
	if _, err := s.put(ctx, s.t.Contacts, gate, atVersion(version)); err != nil {
		return err
	}
	return followup.ErrConflict
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
