package simulate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"aftersales/internal/followup"
)

// fate is what the walk found out about a follow-up.
type fate struct {
	looks   int
	over    bool   // nothing more is asked about it
	subject string // of what would go
}

// maxLooks bounds how often one follow-up is looked at: each look moves it on.
const maxLooks = 1000

// scene is the journey as it stands, and what is wanted of it at one moment.
type scene struct {
	journey followup.Journey
	contact followup.Contact
	rules   *followup.Rules
	desire  followup.Desire // of now
	now     time.Time
}

// at moves the scene to a moment.
func (sc *scene) at(now time.Time) *scene {
	sc.now = now
	sc.desire = sc.rules.Desire(&sc.journey, &sc.contact, now)
	return sc
}

func (s *simulation) load(ctx context.Context) (*scene, error) {
	js, err := s.store.Journeys(ctx, []followup.JourneyID{s.journey})
	if err != nil {
		return nil, fmt.Errorf("simulate %s: %w", s.journey, err)
	}
	sc := &scene{journey: js[0]}
	sc.contact.ID = sc.journey.Head.Contact
	if sc.contact.ID != "" {
		cs, err := s.store.Contacts(ctx, []followup.ContactID{sc.contact.ID})
		if err != nil {
			return nil, fmt.Errorf("simulate %s: %w", s.journey, err)
		}
		sc.contact = cs[0]
	}
	if sc.rules, err = s.engine.Rules(ctx, &sc.journey); err != nil {
		return nil, fmt.Errorf("simulate %s: %w", s.journey, err)
	}
	return sc, nil
}

// walk goes from look to look until the last moment that is shown.
func (s *simulation) walk(ctx context.Context) error {
	s.seen = map[followup.FollowUpID]fate{}
	if s.journey == "" {
		return nil
	}
	sc, err := s.load(ctx)
	if err != nil {
		return err
	}
	s.out.Zone = sc.at(s.now).desire.Zone
	s.out.Until = s.until(s.out.Zone)
	for now := s.now; ; {
		row := s.next(&sc.journey)
		if row == nil || row.Next.After(s.out.Until) {
			return nil
		}
		if row.Next.After(now) {
			now = row.Next
		}
		if err := s.look(ctx, sc.at(now), row); err != nil {
			return err
		}
		if sc, err = s.load(ctx); err != nil {
			return err
		}
	}
}

// next returns the row that is looked at first, or nil. What is held already
// stays so: nothing more happens that would release it.
func (s *simulation) next(j *followup.Journey) *followup.FollowUp {
	var first *followup.FollowUp
	for i := range j.Rows {
		row := &j.Rows[i]
		if row.State != followup.Planned || row.Next.IsZero() || s.seen[row.ID].over {
			continue
		}
		if first == nil || earlier(row, first) {
			first = row
		}
	}
	return first
}

// earlier orders looks of one moment as the engine takes them.
func earlier(a, b *followup.FollowUp) bool {
	return cmp.Or(a.Next.Compare(b.Next), a.DueAt.Compare(b.DueAt), cmp.Compare(rank(a.Class), rank(b.Class)),
		cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) < 0
}

func rank(c followup.Class) int {
	switch c {
	case followup.Recall:
		return 0
	case followup.Service:
		return 1
	case followup.Feedback:
		return 2
	default:
		return 3
	}
}

// look decides one row and applies what follows, but for sending.
func (s *simulation) look(ctx context.Context, sc *scene, row *followup.FollowUp) error {
	f := s.seen[row.ID]
	f.looks++
	ruling := sc.rules.Decide(&sc.desire, &sc.journey, row, &sc.contact, sc.now, false)
	switch ruling.Result {
	case followup.ResultSend, followup.ResultList:
		f.over = true
		m, err := s.render(sc, ruling)
		s.seen[row.ID] = f
		if err != nil {
			return s.unrendered(ctx, sc, row, err)
		}
		f.subject = m.Subject
		s.seen[row.ID] = f
		return s.spend(ctx, sc, row)
	case followup.ResultMove:
		f.over = f.looks >= maxLooks
	default:
		f.over = true
	}
	s.seen[row.ID] = f
	return s.save(ctx, sc, ruling.Row)
}

func (s *simulation) render(sc *scene, ruling followup.Ruling) (followup.Message, error) {
	l := sc.rules.Letter(&sc.desire, &sc.journey, ruling.Row, ruling.Wanted, &sc.contact, sc.now)
	l.Attempt = "simulated"
	return s.composer.Compose(l)
}

// unrendered holds a row as the engine does, where the texts are the shop's own.
// With the ready-made ones it would go.
func (s *simulation) unrendered(ctx context.Context, sc *scene, row *followup.FollowUp, cause error) error {
	fault := Fault{File: s.in.Plan.File, Path: "steps." + row.Step + ".message", Cause: cause.Error(), Mend: "mend the message, or what it refers to"}
	if !s.in.Configured {
		fault.Warning, fault.Mend = true, "name the shop's own messages with --config"
		s.out.Warnings = append(s.out.Warnings, fault)
		return s.spend(ctx, sc, row)
	}
	s.out.Faults = append(s.out.Faults, fault)
	return s.save(ctx, sc, row.Fault(cause.Error(), sc.now))
}

// spend puts a send that would happen into the contact's ledger, for the
// budget of those that follow.
func (s *simulation) spend(ctx context.Context, sc *scene, row *followup.FollowUp) error {
	if sc.contact.ID == "" {
		return nil
	}
	c := sc.contact.Clone()
	c.Spend(followup.Spend{FollowUp: row.ID, Epoch: sc.rules.Epoch, At: sc.now, Channel: row.Channel, Class: row.Class})
	errs, err := s.store.SaveContacts(ctx, []followup.Contact{c})
	if err = errors.Join(append(errs, err)...); err != nil {
		return fmt.Errorf("simulate %s: %w", row.ID, err)
	}
	return nil
}

// save writes a row that is decided, and enrolls again where something waits
// for its end.
func (s *simulation) save(ctx context.Context, sc *scene, row followup.FollowUp) error {
	row.Await(sc.desire.Plan, sc.now)
	errs, err := s.store.Save(ctx, []followup.Change{{Journey: s.journey, Rows: []followup.FollowUp{row}}})
	if err = errors.Join(append(errs, err)...); err != nil {
		return fmt.Errorf("simulate %s: %w", row.ID, err)
	}
	if !row.Awaited() {
		return nil
	}
	if err := s.engine.Again(ctx, sc.now, []followup.JourneyID{s.journey}); err != nil {
		return fmt.Errorf("simulate %s: %w", row.ID, err)
	}
	return nil
}
