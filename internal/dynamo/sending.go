package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/followup"
)

// Arm reserves and arms each element on its own: the contact's ledger under its
// version, then the row under its own. A row that was lost after its reservation
// keeps it: whoever moved the row sends under the same id, or gives it back.
func (s *Store) Arm(ctx context.Context, arms []followup.Arm) ([]followup.ArmResult, error) {
	if err := alive(ctx, "arm"); err != nil {
		return nil, err
	}
	todo := make([]arming, len(arms))
	for i := range arms {
		var err error
		if todo[i], err = s.prepare(&arms[i]); err != nil {
			return nil, fmt.Errorf("arm %s: %w", arms[i].Row.ID, err)
		}
	}
	out := make([]followup.ArmResult, len(arms))
	for _, wave := range waves(len(arms), func(i int) []string {
		return []string{"c" + string(arms[i].Contact.ID), "f" + string(arms[i].Row.ID)}
	}) {
		errs := each(len(wave), func(n int) (err error) {
			i := wave[n]
			if out[i], err = s.arm(ctx, &arms[i], todo[i]); err != nil {
				return fmt.Errorf("arm %s: %w", arms[i].Row.ID, err)
			}
			return nil
		})
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// arming is an arm as it is written.
type arming struct {
	gate  item
	row   *dynamodb.UpdateItemInput
	write string
}

func (s *Store) prepare(a *followup.Arm) (out arming, err error) {
	if a.Row.State != followup.Armed || a.Row.Attempt == "" || a.Contact.ID == "" {
		return out, errors.New("want state armed, an attempt and a contact")
	}
	if out.gate, err = s.gateItem(a.Contact.ID, a.Contact.Version, gateOf(&a.Contact)); err != nil {
		return out, fmt.Errorf("contact %s: %w", a.Contact.ID, err)
	}
	row := a.Row
	body, err := s.packRow(&row)
	if err != nil {
		return out, err
	}
	out.write = token()
	values := item{
		":n": number(row.Version + 1), ":w": text(out.write), ":b": bytesOf(body), ":att": text(row.Attempt),
		":v": number(row.Version), ":armed": text(string(followup.Armed)),
		":p": text(string(followup.Planned)), ":h": text(string(followup.Held)), ":l": text(string(followup.Listed)),
	}
	set, remove := "SET v = :n, w = :w, b = :b, att = :att, st = :armed", " REMOVE lh, lr"
	if row.Claimed != "" { // a person's claim waits for its own deadline; a send keeps the look it was found at
		lh, lr := rowList(&row)
		values[":lh"], values[":lr"] = text(lh), text(lr)
		set, remove = set+", lh = :lh, lr = :lr", ""
		if row.Next.IsZero() {
			remove = " REMOVE dh, dr"
		} else {
			set += ", dh = :dh, dr = :dr"
			values[":dh"], values[":dr"] = s.lookKeys(&row)
		}
	}
	out.row = &dynamodb.UpdateItemInput{
		TableName: &s.t.Journeys, Key: key(string(row.ID.Journey()), rowSort(row.ID)),
		UpdateExpression: new(set + remove), ConditionExpression: new("v = :v AND st IN (:p, :h, :l)"),
		ExpressionAttributeValues: values,
	}
	return out, nil
}

func (s *Store) arm(ctx context.Context, a *followup.Arm, todo arming) (followup.ArmResult, error) {
	w, err := s.reserve(ctx, a, todo.gate)
	if err != nil {
		return "", err
	}
	if !w.done {
		return followup.Closed, nil
	}
	w, err = s.update(ctx, todo.row, todo.write)
	if err != nil {
		return "", err
	}
	if !w.done {
		return followup.Lost, nil
	}
	return followup.ArmedNow, nil
}

// reserve writes the ledger over the version that was read. A contact that
// nobody wrote yet is written whole.
func (s *Store) reserve(ctx context.Context, a *followup.Arm, gate item) (written, error) {
	if a.Contact.Version == 0 {
		return s.putContact(ctx, &a.Contact)
	}
	return s.put(ctx, s.t.Contacts, gate, atVersion(a.Contact.Version))
}

// Finish ends attempts; repeating one is nil. The row is written first, so that
// a death in between leaves a reservation too many, never one too few.
func (s *Store) Finish(ctx context.Context, ends []followup.Finish) ([]error, error) {
	if err := alive(ctx, "finish"); err != nil {
		return nil, err
	}
	errs := make([]error, len(ends))
	for _, wave := range waves(len(ends), func(i int) []string {
		keys := []string{"f" + string(ends[i].Row.ID)}
		if ends[i].Unspend != "" {
			keys = append(keys, "c"+string(ends[i].Unspend))
		}
		return keys
	}) {
		for n, err := range each(len(wave), func(n int) error { return s.finish(ctx, &ends[wave[n]]) }) {
			if err != nil {
				errs[wave[n]] = fmt.Errorf("finish %s: %w", ends[wave[n]].Row.ID, err)
			}
		}
	}
	return errs, nil
}

func (s *Store) finish(ctx context.Context, f *followup.Finish) error {
	if f.Attempt == "" || f.Row.State == followup.Armed || f.Row.Attempt != "" && f.Row.Attempt != f.Attempt {
		return fmt.Errorf("want an attempt %q and a row that is not armed and names no other", f.Attempt)
	}
	it, err := s.rowItem(f.Row)
	if err != nil {
		return err
	}
	w, err := s.put(ctx, s.t.Journeys, it, condition{"v = :v AND st = :armed AND att = :att", item{
		":v": number(f.Row.Version), ":armed": text(string(followup.Armed)), ":att": text(f.Attempt),
	}})
	if err != nil {
		return err
	}
	if !w.done && !ended(w.old, f) {
		return followup.ErrConflict
	}
	return s.unspend(ctx, f)
}

// ended reports whether a stored row is what f makes of it.
func ended(old item, f *followup.Finish) bool {
	return old.text(attrState) == string(f.Row.State) && old.text(attrAttempt) == f.Row.Attempt && old.number(attrVersion) == f.Row.Version+1
}

// unspendRaces is how often giving back a reservation may lose to other writers.
const unspendRaces = 8

// unspend gives the reservation back, if it is still there.
func (s *Store) unspend(ctx context.Context, f *followup.Finish) error {
	if f.Unspend == "" {
		return nil
	}
	for range unspendRaces {
		old, err := s.get(ctx, s.t.Contacts, key(string(f.Unspend), sortGate))
		if err != nil || old == nil {
			return err
		}
		g, err := s.readGate(old)
		if err != nil {
			return err
		}
		c := followup.Contact{ID: f.Unspend, Version: old.number(attrVersion), Sends: g.Sends}
		if !slices.ContainsFunc(c.Sends, func(p followup.Spend) bool { return p.FollowUp == f.Row.ID }) {
			return nil
		}
		c.Unspend(f.Row.ID)
		g.Sends = c.Sends
		it, err := s.gateItem(c.ID, c.Version, g)
		if err != nil {
			return err
		}
		w, err := s.put(ctx, s.t.Contacts, it, atVersion(c.Version))
		if err != nil || w.done {
			return err
		}
	}
	return fmt.Errorf("give back the reservation of contact %s: %w", f.Unspend, followup.ErrConflict)
}
