package sqlite

import (
	"context"
	"errors"
	"fmt"

	"aftersales/internal/followup"
)

// Contacts are read by id, or by number where that is known.
const (
	loadContacts = contactColumns + keysOf + contactOfKey
	loadPersons  = contactColumns + keysOf + "CROSS JOIN contact c ON c.n = k.value"

	contactColumns = "SELECT k.key, c.n, c.v, c.body, " + armingOwner + " FROM "
)

// Contacts loads each; an unknown id gives Version 0.
func (s *Store) Contacts(ctx context.Context, ids []followup.ContactID) ([]followup.Contact, error) {
	var l contactLoad
	err := s.settled(ctx, s.w.pending.hasContact(ids), func(me int64) (bool, error) {
		l = contactLoad{s: s, ids: ids, out: make([]followup.Contact, len(ids)), me: me}
		err := l.load(ctx)
		return l.strange, err
	})
	if err != nil {
		return nil, fmt.Errorf("load contacts: %w", err)
	}
	return l.out, nil
}

// contactLoad is one call of Contacts.
type contactLoad struct {
	s     *Store
	ids   []followup.ContactID
	out   []followup.Contact
	asked []int // places in ids of what the query asks for; nil: all

	me      int64 // as an owner
	strange bool  // another process had armed something that was not settled
}

func (l *contactLoad) load(ctx context.Context) error {
	numbers, known := make([]int64, len(l.ids)), 0
	for i, id := range l.ids {
		l.out[i].ID = id
		if numbers[i] = l.s.recall.person(id); numbers[i] != 0 {
			known++
		}
	}
	if known > 1 {
		if err := l.s.queryNumbers(ctx, loadPersons, numbers, l.contact); err != nil {
			return err
		}
	}
	var keys []string
	for i, id := range l.ids {
		if l.out[i].Version == 0 {
			l.asked, keys = append(l.asked, i), append(keys, string(id))
		}
	}
	return l.s.queryKeys(ctx, loadContacts, keys, l.contact)
}

func (l *contactLoad) contact(r row) error {
	i := int(r.int(0))
	if l.asked != nil {
		i = l.asked[i]
	}
	var c followup.Contact
	if err := l.s.packs.undoc("contact ", string(l.ids[i]), r.blob(3), &c); err != nil {
		return err
	}
	if l.asked == nil && c.ID != l.ids[i] { // the file was replaced
		return nil
	}
	l.strange = l.strange || r.strange(4, l.me)
	c.ID, c.Version = l.ids[i], r.int(2)
	l.out[i] = c
	l.s.recall.sawContact(c.ID, contactKept{n: r.int(1), version: c.Version})
	return nil
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
