package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"aftersales/internal/followup"
)

// saveOp is one call of Save, packed.
type saveOp struct {
	changes []changeOut
	errs    []error // of the last apply
}

// changeOut is one element: what it was loaded with and what it becomes.
type changeOut struct {
	journey  followup.JourneyID
	fault    error // found before anything was read
	version  int64
	head     *headOut
	rows     []rowOut
	events   []logged
	contacts []contactOut
	done     []string
}

// Save writes each change, all of it or none.
func (s *Store) Save(ctx context.Context, changes []followup.Change) ([]error, error) {
	if len(changes) == 0 {
		return nil, ctx.Err()
	}
	o := &saveOp{changes: make([]changeOut, len(changes))}
	for i := range changes {
		o.changes[i] = s.packs.change(&changes[i])
	}
	if err := s.w.do(ctx, o); err != nil {
		return nil, fmt.Errorf("save: %w", err)
	}
	return o.errs, nil
}

func (p *packers) change(c *followup.Change) changeOut {
	out := changeOut{journey: c.Journey, version: c.Version, fault: malformed(c)}
	if out.fault != nil {
		return out
	}
	var errs []error
	if c.Head != nil {
		h, err := p.head(c.Journey, c.Version+1, c.Head)
		out.head, errs = &h, append(errs, err)
	}
	out.rows = make([]rowOut, len(c.Rows))
	var e encoder
	for i := range c.Rows {
		out.rows[i] = newRowOut(&e, &c.Rows[i])
	}
	for i := range c.Events {
		e, err := p.event(c.Journey, &c.Events[i])
		out.events, errs = append(out.events, e), append(errs, err)
	}
	for i := range c.Contacts {
		k, err := p.contact(&c.Contacts[i])
		out.contacts, errs = append(out.contacts, k), append(errs, err)
	}
	for _, k := range c.Done {
		out.done = append(out.done, inboxKey(k))
	}
	out.fault = errors.Join(append(errs, out.repeats())...)
	return out
}

func malformed(c *followup.Change) error {
	if c.Journey == "" {
		return errors.New("no journey is named")
	}
	for i := range c.Rows {
		if c.Rows[i].ID.Journey() != c.Journey {
			return fmt.Errorf("row %s belongs to another journey", c.Rows[i].ID)
		}
	}
	for i := range c.Contacts {
		if c.Contacts[i].ID == "" {
			return errors.New("a contact has no id")
		}
	}
	return nil
}

// repeats finds a row or contact that is there twice: its second version is not
// the one that was loaded.
func (c *changeOut) repeats() error {
	for i := range c.rows {
		if id := c.rows[i].id; slices.ContainsFunc(c.rows[:i], func(o rowOut) bool { return o.id == id }) {
			return fmt.Errorf("row %s is there twice: %w", id, followup.ErrConflict)
		}
	}
	for i, k := range c.contacts {
		if slices.ContainsFunc(c.contacts[:i], func(o contactOut) bool { return o.id == k.id }) {
			return fmt.Errorf("contact %s is there twice: %w", k.id, followup.ErrConflict)
		}
	}
	return nil
}

func (o *saveOp) want(b *batch) {
	for i := range o.changes {
		c := &o.changes[i]
		switch {
		case c.isNew():
			b.askNew(c.journey)
		case c.head != nil || len(c.events) > 0:
			b.askHead(c.journey)
		case len(c.rows) > 0:
			b.askRows(c.journey)
		}
		for k := range c.contacts {
			b.askContact(c.contacts[k].id, c.contacts[k].version-1)
		}
	}
}

// isNew reports whether nothing of the journey should be stored yet.
func (c *changeOut) isNew() bool {
	return c.head != nil && c.version == 0 && !slices.ContainsFunc(c.rows, func(r rowOut) bool { return r.entry.version > 1 })
}

func (o *saveOp) apply(b *batch) error {
	o.errs = make([]error, len(o.changes))
	for i := range o.changes {
		c := &o.changes[i]
		err := c.fault
		if err == nil {
			if err = c.check(b); err != nil && b.trusting {
				return errStale
			}
		}
		if err != nil {
			o.errs[i] = fmt.Errorf("save journey %s: %w", c.journey, err)
			continue
		}
		c.stage(b)
	}
	return nil
}

// check compares every version before anything is staged.
func (c *changeOut) check(b *batch) error {
	j := b.journey(c.journey)
	if c.head != nil && j.headVersion() != c.version {
		return fmt.Errorf("head: %w", followup.ErrConflict)
	}
	for i := range c.rows {
		r := &c.rows[i]
		if j.row(r).version != r.entry.version-1 {
			return fmt.Errorf("row %s: %w", r.id, followup.ErrConflict)
		}
	}
	for _, k := range c.contacts {
		if b.contacts.m[k.id].version != k.version-1 {
			return fmt.Errorf("contact %s: %w", k.id, followup.ErrConflict)
		}
	}
	return nil
}

// stage says what is to be written; b then shows it to whoever comes next.
func (c *changeOut) stage(b *batch) {
	j := b.journey(c.journey)
	for _, k := range c.contacts {
		b.putContact(k)
	}
	for i := range c.rows {
		b.putRow(j, &c.rows[i])
	}
	for i := range c.events {
		b.log(j, &c.events[i])
	}
	if c.head != nil {
		b.change(j)
		j.headOut = c.head
	}
	b.finishInbox(c.done, "")
}
