package web

import (
	"net/http"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
)

// count is one state and how many follow-ups are in it.
type count struct {
	State followup.State
	N     int
}

type homePage struct {
	desk
	Orders    int
	Whole     bool
	States    []count
	Next      string
	Cases     []engine.CaseItem
	Overdue   int
	Calls     []engine.CallItem
	Claimed   int
	Parked    []engine.ParkedItem
	Attention []engine.ParkedItem
	Faulty    []engine.FaultyOrder
	Faults    int // of follow-ups and of orders
}

// home shows how things stand and what needs a person.
func (o *operator) home(w http.ResponseWriter, r *http.Request) {
	p := homePage{desk: o.desk(r, "Overview")}
	ctx, e := r.Context(), o.c.Engine
	view, err := e.Overview(ctx, p.Now)
	if err == nil {
		p.Cases, err = e.OpenCases(ctx, p.Now, false)
	}
	if err == nil {
		p.Calls, err = e.Calls(ctx, p.Now)
	}
	if err == nil {
		p.Parked, err = e.Parked(ctx)
	}
	if err == nil {
		p.Attention, err = e.Attention(ctx)
	}
	if err != nil {
		o.failed(w, r, err)
		return
	}
	p.Orders, p.Whole, p.Next = view.Orders, view.Whole, timeIn(p.Zone, view.NextDue)
	p.Faulty, p.Faults = view.Faulty, len(p.Attention)+len(view.Faulty)
	for _, s := range followup.States {
		if n := view.States[s]; n > 0 {
			p.States = append(p.States, count{s, n})
		}
	}
	for _, c := range p.Cases {
		if c.Overdue {
			p.Overdue++
		}
	}
	for _, c := range p.Calls {
		if c.ClaimedBy != "" {
			p.Claimed++
		}
	}
	o.look.show(w, r, http.StatusOK, p)
}
