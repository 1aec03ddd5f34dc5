package web

import (
	"net/http"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/web/problem"
)

type parkedPage struct {
	desk
	Parked    []engine.ParkedItem
	Attention []engine.ParkedItem
}

// parked lists what nobody can decide but a person.
func (o *operator) parked(w http.ResponseWriter, r *http.Request) {
	p := parkedPage{desk: o.desk(r, "Parked")}
	parked, err := o.c.Engine.Parked(r.Context())
	if err == nil {
		p.Attention, err = o.c.Engine.Attention(r.Context())
	}
	if err != nil {
		o.failed(w, r, err)
		return
	}
	if wantsJSON(r) {
		problem.JSON(w, "application/json", http.StatusOK, parked)
		return
	}
	p.Parked = parked
	o.look.show(w, r, http.StatusOK, p)
}

// verdicts are what a person may decide about a parked follow-up.
var verdicts = map[string]followup.State{"sent": followup.Sent, "resend": followup.Planned, "void": followup.Voided}

// settle applies what a person decided, with the reason.
func (o *operator) settle(w http.ResponseWriter, r *http.Request) {
	f, ok := o.form(w, r)
	if !ok {
		return
	}
	to, ok := verdicts[f.Get("to")]
	reason := clipped(plain(f.Get("reason")), 200)
	if !ok || reason == "" {
		o.fault(w, r, http.StatusUnprocessableEntity, "Please write a reason and choose: it was sent, send it again, or drop it.")
		return
	}
	if err := o.c.Engine.Settle(r.Context(), o.now(), followup.FollowUpID(f.Get("id")), to, reason); err != nil {
		o.failed(w, r, err)
		return
	}
	o.c.Wake()
	o.back(w, r, "/parked", "settled")
}
