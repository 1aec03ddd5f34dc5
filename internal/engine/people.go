package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"aftersales/internal/followup"
)

// textLimit is how much of what a person wrote is kept, in bytes.
const textLimit = 4096

// Said is what a customer answered, by page, mail or phone.
type Said struct {
	Journey  followup.JourneyID
	FollowUp followup.FollowUpID // that asked; "" nobody did
	Unit     followup.UnitKey    // "" the whole order
	Value    string              // works, problem, help, not-yet, or ""
	Rating   int                 // 1 to 5; 0 none
	Text     string
	CallMe   bool
	By       string // page, mail or phone

	Units []followup.UnitKey // Unit is "": those that were meant, a case each; none: the order as one
}

// Heard is what became of an answer.
type Heard struct {
	Case     int       // number of the open case it belongs to; 0: none
	ReplyDue time.Time // promised
}

// ErrAnswer is an answer that makes no sense; the text says what is wanted.
var ErrAnswer = errors.New("answer not understood")

// Answer records what a customer said: an event like any other. A problem, a
// call for help or a wish to be called opens one case per unit. A second click
// changes nothing; the same answer later, or after another, counts anew.
func (e *Engine) Answer(ctx context.Context, now time.Time, s Said) (Heard, error) {
	return e.answer(ctx, now, e.c.ID(), s)
}

// answer records s as the event of that id.
func (e *Engine) answer(ctx context.Context, now time.Time, id string, s Said) (Heard, error) {
	if err := s.check(); err != nil {
		return Heard{}, err
	}
	group := Group{Journey: s.Journey}
	if s.Text != "" {
		group.Texts = []followup.Text{{Event: id, Journey: s.Journey, At: now, Body: clip(s.Text)}}
	}
	group.Make = func(j *followup.Journey) ([]followup.Event, error) {
		if s.repeats(j, now, func(event string) string { return e.written(ctx, j, event) }) {
			return nil, nil
		}
		return s.events(j, id, now)
	}
	if err := e.Enroll(ctx, now, []Group{group})[0]; err != nil {
		return Heard{}, err
	}
	js, err := e.c.Store.Journeys(ctx, []followup.JourneyID{s.Journey})
	if err != nil {
		return Heard{}, fmt.Errorf("load journey %s: %w", s.Journey, err)
	}
	rules, err := e.Rules(ctx, &js[0])
	if err != nil {
		return Heard{}, err
	}
	for _, c := range js[0].Head.Facts.Cases {
		if helps(&js[0].Head.Facts, c, s.about()[0]) {
			return Heard{Case: c.Number, ReplyDue: rules.ReplyDue(c.Opened)}, nil
		}
	}
	return Heard{}, nil
}

// written returns what the customer wrote with an answer of j, "" when that is
// not known.
func (e *Engine) written(ctx context.Context, j *followup.Journey, event string) string {
	cs, err := e.c.Store.Contacts(ctx, []followup.ContactID{j.Head.Contact})
	if err != nil {
		return "" // written twice rather than lost
	}
	for _, t := range cs[0].Texts {
		if t.Event == event {
			return t.Body
		}
	}
	return ""
}

func (s *Said) check() error {
	switch s.Value {
	case "", "works", "problem", "help", "not-yet":
	default:
		return fmt.Errorf("%w: %q is not one of works, problem, help, not-yet", ErrAnswer, s.Value)
	}
	switch {
	case s.Rating < 0 || s.Rating > 5:
		return fmt.Errorf("%w: a rating is 1 to 5", ErrAnswer)
	case s.Value == "" && s.Rating == 0 && !s.CallMe && strings.TrimSpace(s.Text) == "":
		return fmt.Errorf("%w: choose one of the answers", ErrAnswer)
	}
	return nil
}

// events makes the answer's event for the journey as it is now.
func (s *Said) events(j *followup.Journey, id string, now time.Time) ([]followup.Event, error) {
	if j.Version == 0 {
		return nil, fmt.Errorf("journey %s: %w", s.Journey, followup.ErrNotFound)
	}
	ev := followup.Event{
		Source: s.By, ID: id, Type: followup.AnswerGiven, Time: afterOurs(j, now),
		Answer: &followup.Said{
			Value: s.Value, FollowUp: s.FollowUp, By: s.By, Rating: s.Rating, CallMe: s.CallMe, HasText: s.Text != "", Units: s.Units,
		},
	}
	if row := j.Row(s.FollowUp); row != nil {
		ev.Answer.Step = row.Step
	}
	if s.Unit != "" {
		line, index := s.Unit.Split()
		if !slices.ContainsFunc(j.Head.Facts.Units, func(u followup.Unit) bool { return u.Key == s.Unit }) {
			return nil, fmt.Errorf("%w: the order has no unit %s", ErrAnswer, s.Unit)
		}
		ev.Unit = &followup.UnitRef{Line: line, Index: index}
	}
	ev.Case = &followup.CaseWord{Number: j.Head.Facts.NextCase()}
	return []followup.Event{ev}, nil
}

// afterOurs returns now, or the first moment after everything that people said
// or did about j: events are folded by time, so what is done in the same instant
// (a clock that stands still, two clicks) keeps the order in which it was done.
func afterOurs(j *followup.Journey, now time.Time) time.Time {
	f := &j.Head.Facts
	for _, a := range f.Answers {
		now = strictlyAfter(now, a.At)
	}
	for _, c := range f.Cases {
		now = strictlyAfter(strictlyAfter(now, c.Opened), c.Closed)
	}
	return now
}

// tick is how far apart two of our own events of one order are at least.
const tick = time.Millisecond

func strictlyAfter(t, last time.Time) time.Time {
	if t.After(last) {
		return t
	}
	return last.Add(tick)
}

// clickedTwice is how soon the same answer is the same click, and no news.
const clickedTwice = 10 * time.Minute

// repeats reports whether s is the answer that counts now, posted once more: the
// latest word on its unit by whatever way says the same, was said a moment ago,
// and whoever is to be helped by a person has an open case.
func (s *Said) repeats(j *followup.Journey, now time.Time, written func(event string) string) bool {
	f := &j.Head.Facts
	for _, a := range slices.Backward(f.Answers) {
		if s.Unit != "" && a.Unit != "" && a.Unit != s.Unit {
			continue
		}
		return a.Unit == s.Unit && a.FollowUp == s.FollowUp && a.By == s.By && now.Sub(a.At) < clickedTwice &&
			a.Value == s.Value && a.Rating == s.Rating && a.CallMe == s.CallMe &&
			(s.Text == "" || a.HasText && written(a.Event) == clip(s.Text)) &&
			(!s.wantsPerson() || s.helped(f))
	}
	return false
}

// wantsPerson reports whether somebody at the shop has to do something.
func (s *Said) wantsPerson() bool { return s.Value == "problem" || s.Value == "help" || s.CallMe }

// helped reports whether a case is open for all that s is about.
func (s *Said) helped(f *followup.Facts) bool {
	for _, unit := range s.about() {
		if !slices.ContainsFunc(f.Cases, func(c followup.Case) bool { return helps(f, c, unit) }) {
			return false
		}
	}
	return true
}

// about returns the units that get a case each; "" is the order as one.
func (s *Said) about() []followup.UnitKey {
	if s.Unit != "" || len(s.Units) == 0 || len(s.Units) > followup.MostCases {
		return []followup.UnitKey{s.Unit}
	}
	return s.Units
}

// helps reports whether c is open for what happened to unit.
func helps(f *followup.Facts, c followup.Case, unit followup.UnitKey) bool {
	return c.Open() && f.Concerns(c, unit) && c.Reason != "data-request"
}

func clip(s string) string {
	if len(s) > textLimit {
		s = strings.ToValidUTF8(s[:textLimit], "")
	}
	return s
}

// CaseWord is what a person at the shop does with a case.
type CaseWord struct {
	Case   followup.CaseID // "" to open one
	Order  followup.JourneyID
	Unit   followup.UnitKey // open: "" the whole order
	Type   followup.EventType
	Reason string
	Text   string
	By     string
}

// CaseReasons are the reasons a case may be closed with.
var CaseReasons = []string{"repaired", "replaced", "refunded", "explained", "no-fault", "no-reply", "other"}

// ErrCase is a case that cannot be found or changed so.
var ErrCase = errors.New("case cannot be changed so")

// Case opens, notes, closes or reopens a case and returns its id.
func (e *Engine) Case(ctx context.Context, now time.Time, w CaseWord) (followup.CaseID, error) {
	journey, number := w.Order, 0
	if w.Case != "" {
		var err error
		if journey, number, err = w.Case.Split(); err != nil {
			return "", err
		}
	}
	if w.Type == followup.CaseClosed && !slices.Contains(CaseReasons, w.Reason) {
		return "", fmt.Errorf("%w: reason %q is not one of %s", ErrCase, w.Reason, strings.Join(CaseReasons, ", "))
	}
	id := e.c.ID()
	group := Group{Journey: journey}
	if w.Text != "" {
		group.Texts = []followup.Text{{Event: id, Journey: journey, At: now, Body: clip(w.Text)}}
	}
	group.Make = func(j *followup.Journey) ([]followup.Event, error) {
		if j.Version == 0 {
			return nil, fmt.Errorf("order %s: %w", journey, followup.ErrNotFound)
		}
		if err := w.fits(j, number); err != nil {
			return nil, err
		}
		if w.Type == followup.CaseOpened {
			number = j.Head.Facts.NextCase()
		}
		ev := followup.Event{
			Source: "staff", ID: id, Type: w.Type, Time: afterOurs(j, now),
			Case: &followup.CaseWord{Number: number, Reason: w.Reason, By: w.By},
		}
		if line, index := w.Unit.Split(); w.Unit != "" {
			ev.Unit = &followup.UnitRef{Line: line, Index: index}
		}
		return []followup.Event{ev}, nil
	}
	if err := e.Enroll(ctx, now, []Group{group})[0]; err != nil {
		return "", err
	}
	return followup.NewCaseID(journey, number), nil
}

// fits reports why the word cannot be said of case number.
func (w *CaseWord) fits(j *followup.Journey, number int) error {
	if w.Type == followup.CaseOpened {
		for _, c := range j.Head.Facts.Cases {
			if helps(&j.Head.Facts, c, w.Unit) {
				return fmt.Errorf("%w: case %s is open for it already", ErrCase, followup.NewCaseID(j.ID, c.Number))
			}
		}
		return nil
	}
	for _, c := range j.Head.Facts.Cases {
		if c.Number != number {
			continue
		}
		switch {
		case w.Type == followup.CaseClosed && !c.Open():
			return fmt.Errorf("%w: it is closed already", ErrCase)
		case w.Type == followup.CaseReopened && c.Open():
			return fmt.Errorf("%w: it is open", ErrCase)
		}
		return nil
	}
	return fmt.Errorf("case %s: %w", w.Case, followup.ErrNotFound)
}

// successors returns a contact and those by whom its orders are reached now: an
// old mail's link speaks for the person, whatever their address is today.
func (e *Engine) successors(ctx context.Context, id followup.ContactID) ([]followup.ContactID, error) {
	ids := []followup.ContactID{id}
	cs, err := e.c.Store.Contacts(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("load contact: %w", err)
	}
	js, err := e.c.Store.Journeys(ctx, cs[0].Orders)
	if err != nil {
		return nil, fmt.Errorf("load the orders of a contact: %w", err)
	}
	for _, j := range js {
		if c := j.Head.Contact; c != "" && !slices.Contains(ids, c) {
			ids = append(ids, c)
		}
	}
	return ids, nil
}

// AgainContact reconciles every journey that reaches the contact.
func (e *Engine) AgainContact(ctx context.Context, now time.Time, id followup.ContactID) error {
	for after := followup.Cursor(""); ; {
		ids, next, err := e.c.Store.Find(ctx, followup.Query{Contact: id}, after, 50)
		if err != nil {
			return fmt.Errorf("find journeys of a contact: %w", err)
		}
		if err := e.Again(ctx, now, ids); err != nil {
			return err
		}
		if next == "" {
			return nil
		}
		after = next
	}
}

// A shop that left erases its orders by an event of this name. The person of a
// contact who has orders in other shops stays.
const (
	privacySource = "privacy"
	shopRedact    = "shop-redact"
)

// erase forgets people as of when they asked, so that the same request again
// leaves alone who ordered since, and, when a shop left, everybody of the shop.
func (e *Engine) erase(ctx context.Context, now, asked time.Time, shop followup.ShopID, r Reading) error {
	forget := func(c *followup.Contact) bool {
		before := c.Erased
		c.Erase(asked)
		return c.Erased != before
	}
	for _, id := range r.Erase {
		if err := e.updateContact(ctx, id, forget); err != nil {
			return fmt.Errorf("erase a contact: %w", err)
		}
		if err := e.AgainContact(ctx, now, id); err != nil {
			return err
		}
	}
	if !r.EraseShop {
		return nil
	}
	return e.eraseShop(ctx, now, asked, shop)
}

// eraseShop erases the orders that a shop had when it left; those of a shop that
// came back are none of them.
func (e *Engine) eraseShop(ctx context.Context, now, asked time.Time, shop followup.ShopID) error {
	for after := followup.Cursor(""); ; {
		ids, next, err := e.c.Store.Find(ctx, followup.Query{All: true}, after, 100)
		if err != nil {
			return fmt.Errorf("find journeys of %s: %w", shop, err)
		}
		ids = slices.DeleteFunc(ids, func(id followup.JourneyID) bool {
			of, _ := id.Split()
			return of != shop
		})
		js, err := e.c.Store.Journeys(ctx, ids)
		if err != nil {
			return fmt.Errorf("load journeys of %s: %w", shop, err)
		}
		for i := range js {
			if js[i].Head.Facts.PlacedAfter(asked) {
				continue
			}
			_, order := js[i].ID.Split()
			group := Group{Journey: js[i].ID, Events: []followup.Event{{
				Source: privacySource, ID: shopRedact, Type: followup.PersonErased, Shop: shop, Order: order, Time: asked,
			}}}
			if err := e.Enroll(ctx, now, []Group{group})[0]; err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		after = next
	}
}
