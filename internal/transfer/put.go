package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"aftersales/internal/followup"
)

// races is how often a write that lost against somebody else is tried again.
const races = 5

// plan keeps one plan. Other content under the same number is refused before
// any journey that is pinned to it is written.
func (i *importing) plan(p *planLine) error {
	_, err := i.to.Store.Plan(i.ctx, p.Hash)
	switch {
	case err == nil:
		i.report.Plans.Same++
		return nil
	case !errors.Is(err, followup.ErrNotFound):
		return err
	}
	if i.o.DryRun {
		i.report.Plans.New++
		return nil
	}
	switch err := i.to.Store.SavePlan(i.ctx, p.doc()); {
	case errors.Is(err, followup.ErrVersionReused):
		return fmt.Errorf("plan %s: version %d has other content here; raise `version` in the file of this side: %w", p.Name, p.Version, err)
	case err != nil:
		return err
	}
	i.report.Plans.New++
	return nil
}

// contacts writes a page of contacts.
func (i *importing) contacts(page []contactLine) error {
	for n := range page {
		i.restamp(&page[n])
	}
	for range races {
		ids := make([]followup.ContactID, len(page))
		for n := range page {
			ids[n] = page[n].ID
		}
		here, err := i.to.Store.Contacts(i.ctx, ids)
		if err != nil {
			return err
		}
		lost, err := i.putContacts(here, page)
		if err != nil || len(lost) == 0 {
			return err
		}
		page = lost
	}
	return fmt.Errorf("write contacts: %w", followup.ErrConflict)
}

// restamp carries reservations that stand for nothing under way into the epoch
// of this import; of all others nobody here can say that they were not sent.
func (i *importing) restamp(c *contactLine) {
	for n := range c.Sends {
		s := &c.Sends[n]
		if i.h.Quiet && !s.Away && slices.Contains(c.Rest, s.FollowUp) {
			s.Epoch = i.mark.Epoch
		} else {
			s.Away = true
		}
	}
}

// putContacts writes what is new or says more than here, and returns those
// that somebody else wrote meanwhile.
func (i *importing) putContacts(here []followup.Contact, page []contactLine) (lost []contactLine, err error) {
	var out []followup.Contact
	var from []int
	for n := range page {
		c := page[n].Contact
		if here[n].Version > 0 {
			c = here[n].Clone()
			if merge(&c, &page[n].Contact); same(c, here[n]) {
				i.report.Contacts.Same++
				continue
			}
		}
		c.Version = here[n].Version
		out, from = append(out, c), append(from, n)
	}
	var errs []error
	if len(out) > 0 && !i.o.DryRun {
		if errs, err = i.to.Store.SaveContacts(i.ctx, out); err != nil {
			return nil, err
		}
	}
	for n := range out {
		switch err := at(errs, n); {
		case errors.Is(err, followup.ErrConflict):
			lost = append(lost, page[from[n]])
		case err != nil:
			return nil, err
		case out[n].Version == 0:
			i.report.Contacts.New++
		default:
			i.report.Contacts.Merged++
		}
	}
	return lost, nil
}

// at returns errs[n], nil of a dry run.
func at(errs []error, n int) error {
	if errs == nil {
		return nil
	}
	return errs[n]
}

// same compares values as they are stored.
func same(a, b any) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}

// journeys writes a page of journeys that are not here.
func (i *importing) journeys(page []journeyLine) error {
	for range races {
		ids := make([]followup.JourneyID, len(page))
		for n := range page {
			ids[n] = page[n].ID
		}
		here, err := i.to.Store.Journeys(i.ctx, ids)
		if err != nil {
			return err
		}
		lost, err := i.putJourneys(here, page)
		if err != nil || len(lost) == 0 {
			return err
		}
		page = lost
	}
	return fmt.Errorf("write journeys: %w", followup.ErrConflict)
}

func (i *importing) putJourneys(here []followup.Journey, page []journeyLine) (lost []journeyLine, err error) {
	var out []followup.Change
	var from []int
	for n := range page {
		j := &page[n]
		switch {
		case here[n].Version == 0:
			out, from = append(out, change(&here[n], j)), append(from, n)
		case same(here[n].Head, j.Head) && (len(here[n].Rows)+len(j.Rows) == 0 || same(here[n].Rows, j.Rows)):
			i.report.Journeys.Same++
		default:
			i.report.conflict("journey", string(j.ID), "it is here already, and has gone another way; it stays as it is here")
			i.report.Journeys.Conflicts++
		}
	}
	var errs []error
	if len(out) > 0 && !i.o.DryRun {
		if errs, err = i.to.Store.Save(i.ctx, out); err != nil {
			return nil, err
		}
	}
	for n := range out {
		j := &page[from[n]]
		switch err := at(errs, n); {
		case errors.Is(err, followup.ErrConflict):
			lost = append(lost, *j)
		case err != nil:
			return nil, err
		default:
			i.report.Journeys.New++
			i.report.FollowUps += len(j.Rows)
		}
	}
	return lost, nil
}

// change writes j over what a Save that died may have left here: rows without
// a head.
func change(here *followup.Journey, j *journeyLine) followup.Change {
	c := followup.Change{Journey: j.ID, Head: &j.Head, Events: j.Events}
	for _, row := range j.Rows {
		if old := here.Row(row.ID); old != nil {
			row.Version = old.Version
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// accept stores bodies; a dry run says what would become of them. Asking an inbox
// stores, so a dry run compares with the list of all that it holds, read once.
func (i *importing) accept(in []followup.Incoming) ([]followup.Verdict, error) {
	if !i.o.DryRun {
		return i.to.Store.Accept(i.ctx, in)
	}
	if i.inbox == nil {
		if err := i.listInbox(); err != nil {
			return nil, err
		}
	}
	out := make([]followup.Verdict, len(in))
	for n := range in {
		switch hash, here := i.inbox[in[n].InboxKey]; {
		case !here:
			out[n] = followup.Accepted
			i.inbox[in[n].InboxKey] = in[n].Hash
		case hash == in[n].Hash:
			out[n] = followup.Seen
		default:
			out[n] = followup.Different
		}
	}
	return out, nil
}

// listInbox reads the hashes of all bodies that are here.
func (i *importing) listInbox() error {
	i.inbox = map[followup.InboxKey]string{}
	for after := followup.Cursor(""); ; {
		page, next, err := i.to.Store.Bodies(i.ctx, after, inboxPage)
		if err != nil {
			return fmt.Errorf("read inbox: %w", err)
		}
		for n := range page {
			i.inbox[page[n].InboxKey] = page[n].Hash
		}
		if after = next; after == "" {
			return nil
		}
	}
}

// inboxPage is how many bodies are read at once.
const inboxPage = 200

// bodies writes a page of the inbox: what waits, waits here; of what is done,
// key and hash stay known.
func (i *importing) bodies(page []bodyLine) error {
	in := make([]followup.Incoming, len(page))
	for n := range page {
		in[n] = page[n].incoming()
	}
	verdicts, err := i.accept(in)
	if err != nil {
		return err
	}
	done := map[string][]followup.InboxKey{} // by reason
	var wait []followup.InboxKey
	for n := range page {
		b := &page[n]
		switch verdicts[n] {
		case followup.Accepted:
			i.report.Bodies.New++
		case followup.Seen:
			i.report.Bodies.Same++
		case followup.Different:
			i.report.Bodies.Conflicts++
			i.report.conflict("body", string(b.Shop)+" "+b.Source+" "+b.Key, "another body came here under this key; it stays")
			continue
		}
		if b.Done {
			done[b.Reason] = append(done[b.Reason], b.InboxKey)
		} else {
			wait = append(wait, b.InboxKey)
		}
	}
	if i.o.DryRun {
		return nil
	}
	for reason, keys := range done {
		if err := i.to.Store.Done(i.ctx, keys, reason); err != nil {
			return err
		}
	}
	if i.to.Enroll == nil || len(wait) == 0 {
		return nil
	}
	return i.to.Enroll(i.ctx, wait)
}
