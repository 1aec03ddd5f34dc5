package sqlite

import (
	"context"
	"errors"
	"fmt"

	"aftersales/internal/followup"
)

// Contacts loads each; an unknown id gives Version 0.
func (s *Store) Contacts(ctx context.Context, ids []followup.ContactID) ([]followup.Contact, error) {
	found := make(map[followup.ContactID]contactOut, len(ids))
	var asked known[followup.ContactID, struct{}]
	for _, id := range ids {
		asked.ask(id)
	}
	err := s.queryKeys(ctx, "SELECT r.contact, c.v, c.body, c.n FROM "+keysOf+contactOfKey, asked.asked, func(r row) error {
		id := followup.ContactID(r.text(0))
		s.recall.sawContact(id, contactKept{n: r.int(3), version: r.int(1)})
		found[id] = contactOut{id: id, version: r.int(1), body: r.blob(2)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load contacts: %w", err)
	}
	out := make([]followup.Contact, len(ids))
	for i, id := range ids {
		if c, ok := found[id]; ok {
			if err := s.packs.undoc("contact ", string(id), c.body, &out[i]); err != nil {
				return nil, err
			}
			out[i].Version = c.version
		}
		out[i].ID = id
	}
	return out, nil
}

// contactsOp is one call of SaveContacts, packed.
type contactsOp struct {
	contacts []contactOut
	faults   []error
	errs     []error // of the last apply
}

// SaveContacts writes each, or ErrConflict per element.
func (s *Store) SaveContacts(ctx context.Context, cs []followup.Contact) ([]error, error) {
	if len(cs) == 0 {
		return nil, ctx.Err()
	}
	o := &contactsOp{contacts: make([]contactOut, len(cs)), faults: make([]error, len(cs))}
	for i := range cs {
		if cs[i].ID == "" {
			o.faults[i] = errors.New("it has no id")
			continue
		}
		o.contacts[i], o.faults[i] = s.packs.contact(&cs[i])
	}
	if err := s.w.do(ctx, o); err != nil {
		return nil, fmt.Errorf("save contacts: %w", err)
	}
	return o.errs, nil
}

func (o *contactsOp) want(b *batch) {
	for _, c := range o.contacts {
		b.askContact(c.id, c.version-1)
	}
}

func (o *contactsOp) apply(b *batch) error {
	o.errs = make([]error, len(o.contacts))
	for i, c := range o.contacts {
		err := o.faults[i]
		if err == nil && b.contacts.m[c.id].version != c.version-1 {
			if b.trusting {
				return errStale
			}
			err = followup.ErrConflict
		}
		if err != nil {
			o.errs[i] = fmt.Errorf("save contact %s: %w", c.id, err)
			continue
		}
		b.putContact(c)
	}
	return nil
}
