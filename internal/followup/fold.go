package followup

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Fold computes the facts of an order from the set of its events: any order of
// arrival, repetition or replay gives the same facts. Unknown lines and units are
// noted as strays and cases passed over: a later event may still name them.
func Fold(events []Event) Facts {
	f := &folder{groups: map[string][]int{}, reports: map[string]bool{}, since: map[string]time.Time{}, undone: map[string]bool{}}
	sorted := SortEvents(events)
	for i := range sorted {
		f.state(&sorted[i])
	}
	f.settleMoney()
	f.makeUnits()
	for i := range sorted {
		f.apply(&sorted[i])
		f.deliverEarly(&sorted[i])
	}
	f.deliverRest()
	f.trim()
	f.unsold()
	f.beyond()
	return f.facts
}

// folder is the state of one fold. Order and lines are settled first, so that
// a refund that came before its order still finds its units.
type folder struct {
	facts   Facts
	trims   []Fact               // by line: the statement that gave Current
	groups  map[string][]int     // fulfilment or refund -> units it named
	reports map[string]bool      // type + group: said already
	early   []Event              // deliveries of fulfilments that were not heard of
	totals  []statedTotal        // by time
	paid    map[string]int64     // by currency: given back for no particular unit, so far
	undone  map[string]bool      // fulfilments that were taken back
	since   map[string]time.Time // by line: when it was first stated
	begun   time.Time            // when lines were first stated at all
}

// statedTotal is what the order cost from some moment on.
type statedTotal struct {
	at    time.Time
	total Money
}

// state merges what e says of the order as a whole.
func (f *folder) state(e *Event) {
	o := &f.facts
	for _, k := range [...]struct{ dst, src *ContactID }{{&o.Keys.Mail, &e.Keys.Mail}, {&o.Keys.Phone, &e.Keys.Phone}, {&o.Keys.Order, &e.Keys.Order}} {
		*k.dst = cmp.Or(*k.src, *k.dst)
	}
	switch e.Type {
	case OrderCreated, OrderUpdated:
		f.stateOrder(e)
	case OrderPaid:
		if !f.said(e) { // a store repeats it with every statement: the first counts
			o.Paid = f.fact(e)
		}
	case PersonErased:
		o.Erased = true
	default:
	}
	for _, l := range e.Lines {
		if f.begun.IsZero() {
			f.begun = e.Time
		}
		if _, stated := f.since[l.ID]; !stated {
			f.since[l.ID] = e.Time
		}
		f.stateLine(l, f.fact(e))
	}
}

func (f *folder) stateOrder(e *Event) {
	o := &f.facts
	o.Created = true
	if e.Facts != nil {
		mergeOrder(&o.OrderFacts, e.Facts)
		if e.Facts.Total != nil {
			f.totals = append(f.totals, statedTotal{e.Time, *e.Facts.Total})
		}
	}
	switch {
	case e.Facts != nil && !e.Facts.Placed.IsZero():
		o.Ordered = f.fact(e)
		o.Ordered.At = e.Facts.Placed
	case e.Type == OrderCreated && o.Placed.IsZero():
		o.Ordered = f.fact(e)
	}
}

func mergeOrder(dst, src *OrderFacts) {
	for _, s := range [...]struct{ dst, src *string }{
		{&dst.Number, &src.Number},
		{&dst.Currency, &src.Currency},
		{&dst.Channel, &src.Channel},
		{&dst.CustomerRef, &src.CustomerRef},
		{&dst.Tier, &src.Tier},
		{&dst.Language, &src.Language},
		{&dst.Zone, &src.Zone},
		{&dst.Country, &src.Country},
		{&dst.Region, &src.Region},
	} {
		*s.dst = cmp.Or(*s.src, *s.dst)
	}
	dst.Total = cmp.Or(src.Total, dst.Total)
	dst.Test = cmp.Or(src.Test, dst.Test)
	if src.Tags != nil {
		dst.Tags = src.Tags
	}
	if src.PhoneZones != nil {
		dst.PhoneZones = src.PhoneZones
	}
	if !src.Placed.IsZero() {
		dst.Placed = src.Placed
	}
}

// stateLine merges a line. Units never vanish: a smaller quantity than was once
// sold takes the highest units out (see trim).
func (f *folder) stateLine(l Line, by Fact) {
	i := slices.IndexFunc(f.facts.Lines, func(o Line) bool { return o.ID == l.ID })
	if i < 0 {
		f.facts.Lines = append(f.facts.Lines, l)
		f.trims = append(f.trims, by)
		return
	}
	old := f.facts.Lines[i]
	merged := l
	for _, s := range [...]struct{ dst, src *string }{
		{&merged.SKU, &old.SKU},
		{&merged.Title, &old.Title},
		{&merged.Vendor, &old.Vendor},
		{&merged.ProductID, &old.ProductID},
		{&merged.Category, &old.Category},
	} {
		*s.dst = cmp.Or(*s.dst, *s.src)
	}
	if merged.Price == (Money{}) {
		merged.Price = old.Price
	}
	if merged.Serials == nil {
		merged.Serials = old.Serials
	}
	merged.Quantity = max(l.Quantity, old.Quantity)
	switch {
	case l.Quantity == 0: // not stated
		merged.Current = old.Current
	case l.Current == nil && l.Quantity < old.Quantity:
		merged.Current = new(l.Quantity)
	}
	f.facts.Lines[i], f.trims[i] = merged, by
}

// settleMoney gives amounts that were stated without a currency that of the order.
func (f *folder) settleMoney() {
	cur := f.facts.Currency
	if f.facts.Total != nil {
		f.facts.Total = new(f.facts.Total.In(cur))
	}
	for i := range f.facts.Lines {
		f.facts.Lines[i].Price = f.facts.Lines[i].Price.In(cur)
	}
}

// MostUnits is how many units of one order are followed one by one. Of an order
// with more each line keeps its first units, as evenly as they go; the others are
// goods like any, of which nothing is known, and a stray says so.
const MostUnits = 1000

func (f *folder) makeUnits() {
	rest, most := MostUnits, f.share()
	for _, l := range f.facts.Lines {
		n := min(l.Quantity, most, rest)
		rest -= n
		f.facts.Units = slices.Grow(f.facts.Units, n)
		for i := 1; i <= n; i++ {
			u := Unit{Key: NewUnitKey(l.ID, i)}
			if i <= len(l.Serials) {
				u.Serial = l.Serials[i-1]
			}
			f.facts.Units = append(f.facts.Units, u)
		}
	}
}

// share is how many units a line may have at most, so that all lines together
// have no more than [MostUnits]; at least one.
func (f *folder) share() int {
	most := MostUnits
	for ; most > 1; most-- {
		sum := 0
		for i := range f.facts.Lines {
			sum += min(f.facts.Lines[i].Quantity, most)
		}
		if sum <= MostUnits {
			break
		}
	}
	return most
}

// beyond notes the lines that have more units than are followed.
func (f *folder) beyond() {
	tracked := map[string]int{}
	sold := 0
	for i := range f.facts.Lines {
		sold += f.facts.Lines[i].Quantity
	}
	if sold == len(f.facts.Units) {
		return
	}
	for i := range f.facts.Units {
		tracked[f.facts.Units[i].Line()]++
	}
	for i := range f.facts.Lines {
		if l := &f.facts.Lines[i]; tracked[l.ID] < l.Quantity {
			by := f.trims[i]
			f.stray(&Event{Source: by.Source, ID: by.Event, Type: OrderUpdated}, "order.lines.quantity", strconv.Itoa(l.Quantity),
				fmt.Sprintf("of line %s is more than are followed one by one: %d of them are, and at most %d of an order", shortened(l.ID), tracked[l.ID], MostUnits),
				"nothing needs mending; follow-ups of the order as a whole go out as they do, and to follow every unit send it as several orders")
		}
	}
}

func (f *folder) fact(e *Event) Fact { return Fact{At: e.When(), Source: e.Source, Event: e.ID} }

// apply puts e on the units it concerns.
func (f *folder) apply(e *Event) {
	f.knowsParts(e)
	switch e.Type {
	case OrderFulfilled:
		f.arrive(e, func(u *Unit) *Fact { return &u.Fulfilled })
	case OrderDelivered:
		f.arrive(e, func(u *Unit) *Fact { return &u.Delivered })
	case OrderCancelled:
		f.leave(e, func(u *Unit) *Fact { return &u.Cancelled }, e.Time)
	case OrderReturned:
		f.leave(e, func(u *Unit) *Fact { return &u.Returned }, e.Time)
	case OrderRefunded:
		f.refund(e)
	case OrderReinstated:
		f.reinstate(e)
	case UnitRegistered, UnitInstalled, UnitCovered, UnitRepaired, UnitReplaced:
		units := f.find(e.Unit)
		for _, i := range units {
			f.onUnit(e, &f.facts.Units[i])
		}
		if len(units) == 0 {
			f.strayUnit(e)
		}
	case AnswerGiven:
		f.answer(e)
	case CaseOpened, CaseClosed, CaseReopened, PersonAsked:
		f.onCase(e)
	default:
	}
}

// arrive gives units a fulfilled or delivered fact (rule 2): the lowest that
// lack it; when none lacks it, e is a correction of those it names. The first
// report of a group counts, later ones of it add nothing.
func (f *folder) arrive(e *Event, field func(*Unit) *Fact) {
	if e.Retract {
		f.retract(e)
		return
	}
	key := saidKey(e)
	if e.Group != "" && f.reports[key] {
		return
	}
	var units []int
	if named := f.groups[e.Group]; e.Group != "" && named != nil {
		units = named
	} else if e.Type == OrderDelivered && e.Group != "" && e.Parts == nil {
		f.early = append(f.early, *e) // which goods that were, its fulfilment has still to say
		return
	} else {
		units = f.give(e, field, func(u *Unit) bool { return field(u).IsZero() })
		if len(units) == 0 && e.Group == "" {
			units = f.give(e, field, func(*Unit) bool { return true })
		}
	}
	for _, i := range units {
		*field(&f.facts.Units[i]) = f.fact(e)
	}
	if e.Group != "" && len(units) > 0 {
		f.reports[key] = true
		f.groups[e.Group] = units
	}
}

// give puts e's fact on the lowest units it names and ok accepts, part by part,
// so that two parts of one line name two units.
func (f *folder) give(e *Event, field func(*Unit) *Fact, ok func(*Unit) bool) []int {
	var out []int
	taken := func(u *Unit) bool {
		return ok(u) && !slices.ContainsFunc(out, func(i int) bool { return f.facts.Units[i].Key == u.Key })
	}
	if e.Parts == nil {
		for i := range f.facts.Units {
			if u := &f.facts.Units[i]; ok(u) && f.known(u.Line(), e.Time) {
				out = append(out, i)
			}
		}
	}
	for _, p := range e.Parts {
		out = append(out, f.pickPart(p, false, taken)...)
	}
	for _, i := range out {
		*field(&f.facts.Units[i]) = f.fact(e)
	}
	return out
}

// known reports whether a line was part of the order at t, as far as anybody
// said: what is sold later did not arrive, or come back, before.
func (f *folder) known(line string, t time.Time) bool {
	first, ok := f.since[line]
	return !ok || !first.After(t) || first.Equal(f.begun)
}

// deliverEarly applies a delivery that was told before its fulfilment.
func (f *folder) deliverEarly(e *Event) {
	if e.Type != OrderFulfilled || e.Group == "" || e.Retract {
		return
	}
	for i := range f.early {
		if f.early[i].Group == e.Group {
			f.arrive(&f.early[i], func(u *Unit) *Fact { return &u.Delivered })
		}
	}
}

// deliverRest applies deliveries of fulfilments that nobody ever told of: to
// all units that lack the fact and came with no other fulfilment. Where there are
// none, and where the fulfilment was taken back, nobody knows which goods arrived.
func (f *folder) deliverRest() {
	const mend = "send the fulfilment as it stands now, or the delivery with the lines that it brought"
	if len(f.early) == 0 {
		return
	}
	elsewhere := map[UnitKey]bool{}
	for _, units := range f.groups {
		for _, i := range units {
			elsewhere[f.facts.Units[i].Key] = true
		}
	}
	for n := range f.early {
		e := &f.early[n]
		if f.groups[e.Group] != nil {
			continue
		}
		if f.undone[e.Group] {
			f.stray(e, "fulfillment", e.Group, "was taken back before it arrived"+passed, mend)
			continue
		}
		units := f.give(e, deliveredOf, func(u *Unit) bool { return u.Delivered.IsZero() && !elsewhere[u.Key] })
		f.groups[e.Group] = append([]int{}, units...) // another report of it says no more
		if len(units) == 0 && len(f.facts.Units) > 0 {
			f.stray(e, "fulfillment", e.Group, "is none that anybody told of, and every unit has its own delivery"+passed, mend)
		}
	}
}

func deliveredOf(u *Unit) *Fact { return &u.Delivered }

// retract takes back what a fulfilment said.
func (f *folder) retract(e *Event) {
	for _, i := range f.groups[e.Group] {
		f.facts.Units[i].Fulfilled, f.facts.Units[i].Delivered = Fact{}, Fact{}
	}
	delete(f.groups, e.Group)
	f.undone[e.Group] = true
	delete(f.reports, string(OrderFulfilled)+"\x00"+e.Group)
	delete(f.reports, string(OrderDelivered)+"\x00"+e.Group)
}

// said reports whether e's group was heard of already, and remembers it.
func (f *folder) said(e *Event) bool {
	if e.Group == "" {
		return false
	}
	key := saidKey(e)
	if f.reports[key] {
		return true
	}
	f.reports[key] = true
	return false
}

func saidKey(e *Event) string { return string(e.Type) + "\x00" + e.Group }

// live reports whether nothing took u away from the customer.
func (u *Unit) live() bool { return u.Cancelled.IsZero() && u.Returned.IsZero() && u.Refunded.IsZero() }

// pickPart returns the units of one part, lowest or highest first. Serial
// numbers that the line knows win; unknown ones say how many.
func (f *folder) pickPart(p Part, highest bool, ok func(*Unit) bool) []int {
	serials := slices.ContainsFunc(f.facts.Units, func(u Unit) bool {
		return u.Line() == p.Line && u.Serial != "" && slices.Contains(p.Serials, u.Serial)
	})
	var out []int
	for i := range f.facts.Units {
		u := &f.facts.Units[i]
		if u.Line() != p.Line || !ok(u) || serials && !slices.Contains(p.Serials, u.Serial) {
			continue
		}
		out = append(out, i)
	}
	if highest {
		slices.Reverse(out)
	}
	if n := max(p.Quantity, len(p.Serials)); n > 0 && len(out) > n && !serials {
		out = out[:n]
	}
	return out
}

// find returns the units r names: by serial, by line and index, or all of a line.
func (f *folder) find(r *UnitRef) []int {
	if r == nil {
		return nil
	}
	var out []int
	for i := range f.facts.Units {
		u := &f.facts.Units[i]
		line, index := u.Key.Split()
		switch {
		case r.Line == "" && r.Serial != "" && u.Serial == r.Serial,
			r.Line != "" && line == r.Line && (r.Index == 0 && (r.Serial == "" || u.Serial == r.Serial) || index == r.Index):
			out = append(out, i)
		}
	}
	if len(out) > 0 || r.Line == "" || r.Serial == "" {
		return out
	}
	for i := range f.facts.Units { // a serial heard for the first time: the first unit of the line without one
		if u := &f.facts.Units[i]; u.Line() == r.Line && u.Serial == "" {
			return []int{i}
		}
	}
	return nil
}

func (f *folder) onUnit(e *Event, u *Unit) {
	switch e.Type {
	case UnitRegistered:
		u.Registered = f.fact(e)
		if e.Unit.Serial != "" {
			u.Serial = e.Unit.Serial
		}
	case UnitInstalled:
		u.Installed = f.fact(e)
	case UnitCovered:
		if e.Cover != nil {
			u.Covers = slices.DeleteFunc(u.Covers, func(c Cover) bool { return c.Name == e.Cover.Name })
			c := *e.Cover
			c.Source, c.Event = e.Source, e.ID
			u.Covers = append(u.Covers, c)
		}
	case UnitRepaired:
		u.Repairs = slices.DeleteFunc(u.Repairs, func(r Repair) bool { return r.From == e.From })
		u.Repairs = append(u.Repairs, Repair{From: e.From, Until: e.Until})
	case UnitReplaced:
		u.Replaced = f.fact(e)
		u.Serial = cmp.Or(e.Serial, u.Serial)
	default:
	}
}

// trim takes out the highest units of lines that the store says it sells fewer of now.
func (f *folder) trim() {
	for n, l := range f.facts.Lines {
		if l.Current == nil {
			continue
		}
		live := f.pickPart(Part{Line: l.ID}, true, (*Unit).live)
		for _, i := range live[:max(0, len(live)-*l.Current)] {
			f.facts.Units[i].Cancelled = f.trims[n]
		}
	}
}
