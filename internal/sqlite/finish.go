package sqlite

import (
	"context"
	"errors"
	"fmt"

	"aftersales/internal/followup"
)

// finishOp is one call of Finish, packed.
type finishOp struct {
	packs *packers
	ends  []endOut
	errs  []error // of the last apply
}

type endOut struct {
	row     rowOut
	attempt string
	unspend followup.ContactID
}

// Finish ends attempts, in one commit.
func (s *Store) Finish(ctx context.Context, ends []followup.Finish) ([]error, error) {
	if len(ends) == 0 {
		return nil, ctx.Err()
	}
	o := &finishOp{packs: &s.packs, ends: make([]endOut, len(ends))}
	var e encoder
	for i := range ends {
		o.ends[i] = endOut{newRowOut(&e, &ends[i].Row), ends[i].Attempt, ends[i].Unspend}
	}
	if err := s.w.do(ctx, o); err != nil {
		return nil, fmt.Errorf("finish: %w", err)
	}
	return o.errs, nil
}

func (o *finishOp) want(b *batch) {
	for i := range o.ends {
		b.askRows(o.ends[i].row.journey)
		if u := o.ends[i].unspend; u != "" {
			b.askContact(u, 1) // it is there, of whatever version
			b.bodies.ask(u)
		}
	}
}

func (o *finishOp) apply(b *batch) error {
	o.errs = make([]error, len(o.ends))
	for i := range o.ends {
		e := &o.ends[i]
		if err := o.finish(b, e); errors.Is(err, errStale) {
			return err
		} else if err != nil {
			o.errs[i] = fmt.Errorf("finish %s: %w", e.row.id, err)
		}
	}
	return nil
}

func (o *finishOp) finish(b *batch, e *endOut) error {
	j := b.journey(e.row.journey)
	to, old := e.row.entry.kept(), j.row(&e.row)
	if e.attempt == "" || to.state == followup.Armed || to.attempt != "" && to.attempt != e.attempt {
		return fmt.Errorf("want an attempt %q and a row that is not armed and names no other", e.attempt)
	}
	switch {
	case old.state == followup.Armed && old.attempt == e.attempt && old.version == to.version-1:
		if err := o.giveBack(b, e); err != nil {
			return err
		}
		b.putRow(j, &e.row)
		return nil
	case b.trusting:
		return errStale
	case old == to: // done before
		return nil
	default:
		return followup.ErrConflict
	}
}

// giveBack takes the spend of e off its contact, if it is still there.
func (o *finishOp) giveBack(b *batch, e *endOut) error {
	version := b.contacts.m[e.unspend].version
	if e.unspend == "" || version == 0 {
		return nil
	}
	body := b.bodies.m[e.unspend]
	if staged, ok := b.contactsOut.get(e.unspend); ok {
		body = staged.body
	}
	c := followup.Contact{}
	if err := o.packs.undoc("contact ", string(e.unspend), body, &c); err != nil {
		return err
	}
	c.Version = version
	before := len(c.Sends)
	if c.Unspend(e.row.id); len(c.Sends) == before {
		return nil
	}
	out, err := o.packs.contact(&c)
	if err != nil {
		return err
	}
	b.putContact(out)
	return nil
}
