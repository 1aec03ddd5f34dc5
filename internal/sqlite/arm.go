package sqlite

import (
	"context"
	"fmt"

	"aftersales/internal/followup"
)

// armOp is one call of Arm, packed.
type armOp struct {
	arms    []armOut
	results []followup.ArmResult // of the last apply
}

type armOut struct {
	row     rowOut
	contact contactOut
}

// Arm reserves and arms each element on its own, in one commit. See arming.go.
func (s *Store) Arm(ctx context.Context, arms []followup.Arm) ([]followup.ArmResult, error) {
	if len(arms) == 0 {
		return nil, ctx.Err()
	}
	o := &armOp{arms: make([]armOut, len(arms))}
	var e encoder
	for i := range arms {
		a := &arms[i]
		if a.Row.State != followup.Armed || a.Row.Attempt == "" || a.Contact.ID == "" {
			return nil, fmt.Errorf("arm %s: want state armed, an attempt and a contact", a.Row.ID)
		}
		contact, err := s.packs.contact(&a.Contact)
		if err != nil {
			return nil, fmt.Errorf("arm %s: %w", a.Row.ID, err)
		}
		o.arms[i] = armOut{newRowOut(&e, &a.Row), contact}
	}
	if err := s.w.do(ctx, o); err != nil {
		return nil, fmt.Errorf("arm: %w", err)
	}
	return o.results, nil
}

func (o *armOp) want(b *batch) {
	for i := range o.arms {
		b.askRows(o.arms[i].row.journey)
		b.askContact(o.arms[i].contact.id, o.arms[i].contact.version-1)
	}
}

func (o *armOp) apply(b *batch) error {
	if b.unread != nil { // it may be about the same rows
		return b.unread
	}
	o.results = make([]followup.ArmResult, len(o.arms))
	record := &arming{seq: anyNumber()}
	for i := range o.arms {
		a := &o.arms[i]
		j := b.journey(a.row.journey)
		switch old := j.row(&a.row); {
		case old.version != a.row.entry.version-1 || !old.state.Open():
			o.results[i] = followup.Lost
		case b.contacts.m[a.contact.id].version != a.contact.version-1:
			o.results[i] = followup.Closed
		default:
			if j.dirty || b.contacts.m[a.contact.id].n == 0 {
				b.tangled = true
			}
			b.putContact(a.contact)
			b.putRow(j, &a.row)
			j.armed = true
			record.arms = append(record.arms, a)
			o.results[i] = followup.ArmedNow
			continue
		}
		if b.trusting {
			return errStale
		}
	}
	if len(record.arms) > 0 {
		b.armed = append(b.armed, record)
	}
	return nil
}
