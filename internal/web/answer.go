package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/link"
)

// asked is a follow-up whose answer page was opened.
type asked struct {
	id     followup.FollowUpID
	j      *followup.Journey
	rules  *followup.Rules
	desire followup.Desire
	t      *texts
	units  []unit // concerned, dearest to the reader: in the order of the order
	phone  bool   // a number is known, so that we can call
	review bool   // the link asked for a review
}

// answer is the page where a customer says how it goes. Reading it changes
// nothing, whoever reads: mail scanners open links, too.
func (p *public) answer(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet, http.MethodHead, http.MethodPost) {
		p.notice(w, r, http.StatusMethodNotAllowed, p.only(), missingTitle, missingLead)
		return
	}
	subject, err := p.c.Links.Open(link.Answer, r.PathValue("token"), p.c.Now())
	id := followup.FollowUpID(subject)
	switch {
	case errors.Is(err, link.ErrExpired):
		p.expired(w, r, id.Journey())
		return
	case err != nil || id.Journey() == "":
		p.missing(w, r)
		return
	}
	a, err := p.open(r.Context(), id)
	if a != nil {
		a.review = r.URL.Query().Get("ask") == "review"
	}
	switch {
	case errors.Is(err, followup.ErrNotFound):
		p.missing(w, r)
	case err != nil:
		p.trouble(w, r, p.only(), err)
	case r.Method == http.MethodPost:
		p.answered(w, r, a)
	default:
		p.ask(w, r, http.StatusOK, a, form{Lead: r.URL.Query().Get("answer")})
	}
}

// open loads what an answer page shows.
func (p *public) open(ctx context.Context, id followup.FollowUpID) (*asked, error) {
	store := p.c.Engine.Store()
	js, err := store.Journeys(ctx, []followup.JourneyID{id.Journey()})
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", id, err)
	}
	j := &js[0]
	if j.Version == 0 || j.Head.Facts.Erased {
		return nil, fmt.Errorf("follow-up %s: %w", id, followup.ErrNotFound)
	}
	rules, err := p.c.Engine.Rules(ctx, j)
	if err != nil {
		return nil, err
	}
	contact := followup.Contact{ID: j.Head.Contact}
	if contact.ID != "" {
		cs, err := store.Contacts(ctx, []followup.ContactID{contact.ID})
		if err != nil {
			return nil, fmt.Errorf("load contact of %s: %w", id, err)
		}
		contact = cs[0]
	}
	a := &asked{
		id: id, j: j, rules: rules, desire: rules.Desire(j, &contact, p.c.Now()),
		t: speak(contact.Field(followup.FieldLanguage), j.Head.Facts.Language, rules.Shop.Language),
	}
	a.units, a.phone = a.concerned(), contact.Field(followup.FieldPhone) != ""
	return a, nil
}

// answered records a posted form and leads back to the page, which shows what
// is known now. A form that cannot be understood comes back as it was filled in.
func (p *public) answered(w http.ResponseWriter, r *http.Request, a *asked) {
	if p.foreign(r) {
		p.refused(w, r)
		return
	}
	f, status := readForm(w, r, a)
	if len(f.Faults) > 0 {
		p.ask(w, r, status, a, f)
		return
	}
	var all []followup.UnitKey
	if f.Unit == allUnits {
		for _, u := range a.units {
			all = append(all, u.Key)
		}
	}
	_, err := p.c.Engine.Answer(r.Context(), p.c.Now(), engine.Said{
		Journey: a.j.ID, FollowUp: a.id, Unit: f.unit, Value: f.Answer, Rating: f.Rating, Text: f.Text, CallMe: f.CallMe, By: "page", Units: all,
	})
	switch {
	case errors.Is(err, engine.ErrAnswer):
		f.Faults = []string{a.nothing()}
		p.ask(w, r, http.StatusUnprocessableEntity, a, f)
	case err != nil:
		p.c.Log.ErrorContext(r.Context(), "answer not recorded", "follow_up", a.id, "err", err)
		w.Header().Set("Retry-After", "60")
		f.Faults = []string{a.t.TroubleTitle + ". " + a.t.TroubleLead}
		p.ask(w, r, http.StatusServiceUnavailable, a, f)
	default:
		p.c.Wake()
		// Relative, so that it holds behind a proxy that adds a path.
		w.Header().Set("Location", "./"+r.PathValue("token")+a.asks())
		w.WriteHeader(http.StatusSeeOther)
	}
}

// asks is what the link said that this page is for.
func (a *asked) asks() string {
	if a.review {
		return "?ask=review"
	}
	return ""
}

// nothing says what an empty form lacks.
func (a *asked) nothing() string {
	if a.review {
		return a.t.NoReview
	}
	return a.t.NoAnswer
}

func missingTitle(t *texts) string { return t.MissingTitle }
func missingLead(t *texts) string  { return t.MissingLead }

// ask renders the answer page.
func (p *public) ask(w http.ResponseWriter, r *http.Request, status int, a *asked, f form) {
	p.look.show(w, r, status, a.page(p.look, f, p.c.Now()))
}
