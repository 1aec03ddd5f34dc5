package web

import (
	"net/http"
	"slices"

	"aftersales/internal/civil"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/web/problem"
)

type callsPage struct {
	desk
	Calls    []engine.CallItem
	Outcomes []followup.Outcome
}

// calls is the call list. A number is shown once the call is claimed, since
// only then it was decided that it may be dialled now.
func (o *operator) calls(w http.ResponseWriter, r *http.Request) {
	p := callsPage{desk: o.desk(r, "Calls"), Outcomes: followup.Outcomes}
	calls, err := o.c.Engine.Calls(r.Context(), p.Now)
	if err != nil {
		o.failed(w, r, err)
		return
	}
	if wantsJSON(r) {
		problem.JSON(w, "application/json", http.StatusOK, calls)
		return
	}
	p.Calls = calls
	o.look.show(w, r, http.StatusOK, p)
}

func (o *operator) claim(w http.ResponseWriter, r *http.Request) {
	f, ok := o.form(w, r)
	if !ok {
		return
	}
	by := plain(f.Get("by"))
	if by == "" {
		o.fault(w, r, http.StatusUnprocessableEntity, "Please write your name, so that others see who calls.")
		return
	}
	if _, err := o.c.Engine.Claim(r.Context(), o.now(), followup.FollowUpID(f.Get("id")), clipped(by, 80)); err != nil {
		o.failed(w, r, err)
		return
	}
	o.c.Wake()
	o.back(w, r, "/calls", "claimed")
}

// done records how a call went.
func (o *operator) done(w http.ResponseWriter, r *http.Request) {
	f, ok := o.form(w, r)
	if !ok {
		return
	}
	called := engine.Called{
		ID: followup.FollowUpID(f.Get("id")), Outcome: followup.Outcome(f.Get("outcome")), Unit: followup.UnitKey(f.Get("unit")), Note: cleanText(f.Get("note")), By: plain(f.Get("by")),
	}
	if !slices.Contains(followup.Outcomes, called.Outcome) {
		o.fault(w, r, http.StatusUnprocessableEntity, "Please choose how the call went.")
		return
	}
	if called.Outcome == followup.OutcomeCallBack {
		at, err := civil.ParseDateTime(f.Get("at"))
		if err != nil {
			o.fault(w, r, http.StatusUnprocessableEntity, "Please say when to call back, on the customer's clock, such as 2026-03-05T15:00.")
			return
		}
		called.Back = at
	}
	if _, err := o.c.Engine.Done(r.Context(), o.now(), called); err != nil {
		o.failed(w, r, err)
		return
	}
	o.c.Wake()
	o.back(w, r, "/calls", "done")
}

// release returns a claimed call that was not dialled.
func (o *operator) release(w http.ResponseWriter, r *http.Request) {
	f, ok := o.form(w, r)
	if !ok {
		return
	}
	reason := plain(f.Get("reason"))
	if reason == "" {
		o.fault(w, r, http.StatusUnprocessableEntity, "Please say why the call was not made.")
		return
	}
	if err := o.c.Engine.Release(r.Context(), o.now(), followup.FollowUpID(f.Get("id")), plain(f.Get("by")), clipped(reason, 200)); err != nil {
		o.failed(w, r, err)
		return
	}
	o.c.Wake()
	o.back(w, r, "/calls", "released")
}
