package sqlite

import (
	"context"
	"errors"
	"fmt"

	"aftersales/internal/followup"
)

// Contacts loads each; an unknown id gives Version 0.
func (s *Store) Contacts(ctx context.Context, ids []followup.ContactID) ([]followup.Contact, error) {
	out := make([]followup.Contact, len(ids))
	asked := make([]string, len(ids))
	for i, id := range ids {
		out[i].ID, asked[i] = id, string(id)
	}
	err := s.queryKeys(ctx, "SELECT k.key, c.n, c.v, c.body FROM "+keysOf+contactOfKey, asked, func(r row) error {
		i := r.int(0)
		err := s.packs.undoc("contact ", asked[i], r.blob(3), &out[i])
		out[i].Version, out[i].ID = r.int(2), ids[i]
		s.recall.sawContact(ids[i], contactKept{n: r.int(1), version: r.int(2)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load contacts: %w", err)
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
