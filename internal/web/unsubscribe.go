package web

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/link"
)

// How a word on consent came, as it is recorded.
const (
	howOneClick = "one-click unsubscribe" // RFC 8058: the mail program's own button
	howPage     = "unsubscribe page"
	howUndo     = "unsubscribe undone"
)

// unsubscribe stops what a link belongs to. A mail program's one-click POST
// acts at once; a person sees a page with one button first. This route alone is
// exempt from the check for other sites' forms, and only for one-click: mail
// programs post from anywhere.
func (p *public) unsubscribe(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet, http.MethodHead, http.MethodPost) {
		p.notice(w, r, http.StatusMethodNotAllowed, p.only(), missingTitle, missingLead)
		return
	}
	subject, err := p.c.Links.Open(link.Unsubscribe, r.PathValue("token"), p.c.Now())
	s, ok := link.ParseStop(subject)
	switch {
	case ok && errors.Is(err, link.ErrExpired):
		p.expired(w, r, s.Journey)
	case err != nil || !ok:
		p.missing(w, r)
	case r.Method == http.MethodPost:
		p.stop(w, r, s)
	default:
		p.stopPage(w, r, s)
	}
}

// stop acts on a posted form; repeating it changes nothing.
func (p *public) stop(w http.ResponseWriter, r *http.Request, s link.Stop) {
	shop := p.shopOf(s.Journey)
	values, err := posted(w, r)
	if err != nil {
		p.notice(w, r, http.StatusBadRequest, shop, func(t *texts) string { return t.Mend }, func(t *texts) string { return t.WrongForm })
		return
	}
	oneClick := values.Get("List-Unsubscribe") == "One-Click"
	if !oneClick && p.foreign(r) {
		p.refused(w, r)
		return
	}
	how := howPage
	if oneClick {
		how = howOneClick
	}
	contact, err := p.contact(r, s.Contact)
	if err == nil {
		words := refusals(s, contact, how, p.c.Now())
		if !oneClick && values.Get("undo") != "" {
			words = undo(s, contact, shop, p.c.Now())
		}
		err = p.c.Engine.Consent(r.Context(), p.c.Now(), s.Contact, words)
	}
	if err != nil {
		p.trouble(w, r, shop, err)
		return
	}
	p.c.Wake()
	p.stopPage(w, r, s)
}

// refusals are the words that stop what the link stops, without those that
// were said before.
func refusals(s link.Stop, c followup.Contact, how string, now time.Time) []followup.Consent {
	at := after(s, c, now)
	var out []followup.Consent
	for _, class := range s.Classes() {
		if given, known := c.Consented(class, followup.Email); given || !known {
			out = append(out, followup.Consent{Purpose: class, Channel: followup.Email, At: at, How: how})
		}
	}
	return out
}

// after returns now, or the latest word known if that is later: a clock that
// stands still or was set back must not swallow a no.
func after(s link.Stop, c followup.Contact, now time.Time) time.Time {
	for _, k := range c.Consents {
		if k.Channel == followup.Email && slices.Contains(s.Classes(), k.Purpose) && k.At.After(now) {
			now = k.At
		}
	}
	return now
}

// undo are the words that take back the last refusal by this link, and no
// other. What a shop may send only with a consent of its own is not given by
// the way: only where the link's own message stood on it.
func undo(s link.Stop, c followup.Contact, shop *followup.Shop, now time.Time) []followup.Consent {
	var last time.Time
	mine := func(k followup.Consent) bool {
		return !k.Given && k.Channel == followup.Email && (k.How == howOneClick || k.How == howPage) && slices.Contains(s.Classes(), k.Purpose)
	}
	for _, k := range c.Consents {
		if mine(k) && k.At.After(last) {
			last = k.At
		}
	}
	at := now
	if !at.After(last) { // within one instant the no would win
		at = last.Add(time.Millisecond)
	}
	var out []followup.Consent
	for _, k := range c.Consents {
		if !mine(k) || !k.At.Equal(last) || k.Purpose != s.Class && shop != nil && shop.NeedsConsent(k.Purpose, followup.Email) {
			continue
		}
		out = append(out, followup.Consent{Purpose: k.Purpose, Channel: followup.Email, Given: true, At: at, How: howUndo})
	}
	return out
}

type stopPage struct {
	frame
	Stopped, Undone bool
	Stops           []string // what stops
	Keeps           string   // what does not
}

// stopPage shows how things stand: what the button would stop, or that it is stopped.
func (p *public) stopPage(w http.ResponseWriter, r *http.Request, s link.Stop) {
	shop := p.shopOf(s.Journey)
	contact, err := p.contact(r, s.Contact)
	if err != nil {
		p.trouble(w, r, shop, err)
		return
	}
	language := ""
	if shop != nil {
		language = shop.Language
	}
	t := speak(contact.Field(followup.FieldLanguage), language)
	g := stopPage{frame: frame{look: p.look, T: t, Title: t.StopTitle, Shop: cardOf(shop, t)}, Stopped: true}
	for _, class := range s.Classes() {
		g.Stops = append(g.Stops, t.Stops[string(class)])
		given, known := contact.Consented(class, followup.Email)
		g.Stopped = g.Stopped && known && !given
		g.Undone = g.Undone || given && slices.ContainsFunc(contact.Consents, func(k followup.Consent) bool {
			return k.Purpose == class && k.Channel == followup.Email && k.How == howUndo
		})
	}
	g.Undone = g.Undone && !g.Stopped
	g.Keeps = t.Keeps[string(s.Classes()[0])]
	switch {
	case g.Stopped:
		g.Title = t.StoppedTitle
	case g.Undone:
		g.Title = t.UndoneTitle
	}
	p.look.show(w, r, http.StatusOK, g)
}

func (p *public) shopOf(id followup.JourneyID) *followup.Shop {
	shop, _ := id.Split()
	return p.c.Shops[shop]
}

func (p *public) contact(r *http.Request, id followup.ContactID) (followup.Contact, error) {
	cs, err := p.c.Engine.Store().Contacts(r.Context(), []followup.ContactID{id})
	if err != nil {
		return followup.Contact{}, err
	}
	return cs[0], nil
}
