package web

import (
	"net/http"
	"slices"
	"strings"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/web/problem"
)

type casesPage struct {
	desk
	Cases []engine.CaseItem
	All   bool
}

// cases lists the cases, the most urgent first.
func (o *operator) cases(w http.ResponseWriter, r *http.Request) {
	p := casesPage{desk: o.desk(r, "Cases"), All: r.URL.Query().Get("all") != ""}
	cases, err := o.c.Engine.OpenCases(r.Context(), p.Now, p.All)
	if err != nil {
		o.failed(w, r, err)
		return
	}
	if wantsJSON(r) {
		problem.JSON(w, "application/json", http.StatusOK, cases)
		return
	}
	p.Cases = cases
	o.look.show(w, r, http.StatusOK, p)
}

// saidOf is the notice after a word on a case.
var saidOf = map[followup.EventType]string{
	followup.CaseOpened: "opened", followup.CaseNoted: "noted", followup.CaseClosed: "closed", followup.CaseReopened: "reopened",
}

// caseWord handles the form that opens, notes, closes or reopens a case.
func (o *operator) caseWord(kind followup.EventType) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, ok := o.form(w, r)
		if !ok {
			return
		}
		word := engine.CaseWord{
			Case: followup.CaseID(f.Get("id")), Order: followup.JourneyID(f.Get("order")), Unit: followup.UnitKey(f.Get("unit")),
			Type: kind, Text: cleanText(f.Get("text")), By: clipped(plain(f.Get("by")), 80),
		}
		switch {
		case kind == followup.CaseClosed:
			word.Reason = f.Get("reason")
			if !slices.Contains(engine.CaseReasons, word.Reason) {
				o.fault(w, r, http.StatusUnprocessableEntity, "Please choose a reason: "+strings.Join(engine.CaseReasons, ", ")+".")
				return
			}
		case kind == followup.CaseNoted && word.Text == "":
			o.fault(w, r, http.StatusUnprocessableEntity, "Please write the note.")
			return
		case kind == followup.CaseOpened:
			word.Case = ""
		}
		if _, _, err := word.Case.Split(); kind != followup.CaseOpened && err != nil {
			o.fault(w, r, http.StatusNotFound, err.Error()+".")
			return
		}
		if _, err := o.c.Engine.Case(r.Context(), o.now(), word); err != nil {
			o.failed(w, r, err)
			return
		}
		o.c.Wake()
		o.back(w, r, f.Get("back"), saidOf[kind])
	}
}
