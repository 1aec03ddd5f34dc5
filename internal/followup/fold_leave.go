package followup

import "time"

// pairs reports whether word, said of a unit that left already, means that
// unit: money back for goods that came back or were never sent, and goods back
// for money given back, are the same goods.
func (u *Unit) pairs(word EventType) bool {
	switch word {
	case OrderRefunded:
		return !u.Returned.IsZero() || !u.Cancelled.IsZero()
	case OrderReturned:
		return !u.Refunded.IsZero() && u.Cancelled.IsZero()
	default:
		return false
	}
}

// leave takes units out (rule 2): those that the word pairs with, then the
// highest live ones. Without parts the whole order left. A cancelled order has
// no live line until it is reinstated, whichever event told of the line first;
// of another word those that were known by then.
func (f *folder) leave(e *Event, field func(*Unit) *Fact, by time.Time) {
	if f.said(e) {
		return
	}
	if e.Parts == nil {
		for i := range f.facts.Units {
			if u := &f.facts.Units[i]; field(u).IsZero() && (e.Type == OrderCancelled || f.known(u.Line(), by)) {
				*field(u) = f.fact(e)
			}
		}
		return
	}
	for _, p := range e.Parts {
		paired := f.pickPart(p, true, func(u *Unit) bool { return field(u).IsZero() && u.pairs(e.Type) })
		live := f.pickPart(p, true, (*Unit).live)
		units := append(paired, live...)
		if n := p.Quantity; n > 0 && len(units) > n {
			units = units[:n]
		}
		for _, i := range units {
			*field(&f.facts.Units[i]) = f.fact(e)
		}
	}
}

// refund implements rule 3: money for no particular unit is a fact, until all
// that was given back so is what the order cost.
func (f *folder) refund(e *Event) {
	by := e.Time
	if e.Parts == nil && e.Amount != nil {
		amount := e.Amount.In(f.facts.Currency)
		if e.Group != "" && f.reports[saidKey(e)] {
			return
		}
		if f.paid == nil {
			f.paid = map[string]int64{}
		}
		f.paid[amount.Currency] += amount.Minor
		until, whole := f.paidBack(e.Time)
		if !whole {
			f.said(e)
			f.facts.Refunds = append(f.facts.Refunds, Refund{At: e.When(), Amount: &amount})
			return
		}
		by = until
	}
	f.leave(e, func(u *Unit) *Fact { return &u.Refunded }, by)
}

// restated is how soon a store states an order whose money it gave back.
const restated = time.Hour

// paidBack reports whether what was given back at t is all that the order cost
// then, and up to which moment: a line that is sold after that is not paid back,
// one that was only told of later is. The store's own statement about the refund
// says what the order cost, else the one before it.
func (f *folder) paidBack(t time.Time) (until time.Time, whole bool) {
	then := 0
	for i := range f.totals {
		if at := f.totals[i].at; !at.After(t) {
			then = i
		} else if !at.After(t.Add(restated)) {
			then = i
			break
		}
	}
	for i, k := range f.totals[min(then, len(f.totals)):] {
		total := k.total.In(f.facts.Currency)
		paid, same := f.paid[total.Currency]
		switch covered := same && paid >= total.Minor; {
		case covered && k.at.After(t):
			until, whole = k.at, true
		case covered:
			until, whole = t, true
		case i == 0:
			return until, false
		}
	}
	return until, whole
}

func (f *folder) reinstate(e *Event) {
	for i := range f.facts.Units {
		if e.Parts == nil {
			f.facts.Units[i].Cancelled = Fact{}
		}
	}
	for _, p := range e.Parts {
		for _, i := range f.pickPart(p, false, func(u *Unit) bool { return !u.Cancelled.IsZero() }) {
			f.facts.Units[i].Cancelled = Fact{}
		}
	}
}
