package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"aftersales/internal/followup"
)

// conflicts is how often a Save that lost a race is tried again.
const conflicts = 8

// Group is what is new about one journey.
type Group struct {
	Journey followup.JourneyID
	Events  []followup.Event
	Done    []followup.InboxKey
	Texts   []followup.Text // what people wrote, kept with the contact
	// Make, when set, adds events that depend on the journey as it is; it is
	// called again after a conflict.
	Make func(j *followup.Journey) ([]followup.Event, error)
}

// Receive enrolls bodies of the inbox: it reads each, groups the events by
// journey and saves. The errors are per body; a body that cannot be read is
// marked done with the reason, since it would never be read.
func (e *Engine) Receive(ctx context.Context, now time.Time, in []followup.Incoming) ([]error, error) {
	errs := make([]error, len(in))
	var groups []Group
	byBody := make([][]followup.JourneyID, len(in))
	for i, body := range in {
		if len(body.Body) == 0 { // a replay of what another store had folded before it was moved here: only its hash came along
			errs[i] = e.c.Store.Done(ctx, []followup.InboxKey{body.InboxKey}, "its events were moved here with their orders")
			continue
		}
		if body.Source == wordSource {
			errs[i] = e.word(ctx, now, body)
			continue
		}
		reading, err := e.c.Read(body)
		if err != nil {
			e.c.Log.WarnContext(ctx, "body not understood", "source", body.Source, "shop", body.Shop, "topic", body.Topic, "err", err)
			errs[i] = errors.Join(err, e.c.Store.Done(ctx, []followup.InboxKey{body.InboxKey}, err.Error()))
			continue
		}
		if err := e.erase(ctx, now, asked(body, now), body.Shop, reading); err != nil {
			return nil, err
		}
		if len(reading.Events) == 0 {
			reason := reading.Ignored
			if err := e.c.Store.Done(ctx, []followup.InboxKey{body.InboxKey}, reason); err != nil {
				return nil, fmt.Errorf("mark body done: %w", err)
			}
			continue
		}
		groups, byBody[i] = collect(groups, body, reading.Events)
	}
	failed := map[followup.JourneyID]error{}
	enrolled, left := e.enroll(ctx, now, groups)
	for i, err := range enrolled {
		if err != nil {
			failed[groups[i].Journey] = err
		}
	}
	if len(left) > 0 {
		if err := e.c.Store.Done(ctx, left, ""); err != nil {
			return nil, fmt.Errorf("mark bodies done: %w", err)
		}
	}
	for i := range in {
		for _, id := range byBody[i] {
			errs[i] = errors.Join(errs[i], failed[id])
		}
		if errs[i] == nil && len(byBody[i]) > 1 { // only once all of it is saved
			errs[i] = e.c.Store.Done(ctx, []followup.InboxKey{in[i].InboxKey}, "")
		}
	}
	return errs, nil
}

// asked is when a body came first, however often it is read.
func asked(body followup.Incoming, now time.Time) time.Time {
	if body.At.IsZero() {
		return now
	}
	return body.At
}

// collect adds the events of one body to the groups of their journeys. The Save
// of its one journey marks a body done; one about several is marked when all are
// saved.
func collect(groups []Group, body followup.Incoming, events []followup.Event) ([]Group, []followup.JourneyID) {
	var ids []followup.JourneyID
	for _, ev := range events {
		id := followup.NewJourneyID(body.Shop, ev.Order)
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Journey == id })
		if i < 0 {
			i = len(groups)
			groups = append(groups, Group{Journey: id})
		}
		groups[i].Events = append(groups[i].Events, ev)
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 1 {
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Journey == ids[0] })
		groups[i].Done = append(groups[i].Done, body.InboxKey)
	}
	return groups, ids
}

// Enroll folds what is new about each journey, reconciles its follow-ups and
// saves. Without events it only reconciles. The errors are per group.
func (e *Engine) Enroll(ctx context.Context, now time.Time, groups []Group) []error {
	errs, _ := e.enroll(ctx, now, groups)
	return errs
}

// enroll is Enroll; left are bodies of groups that the caller has to mark done: what
// they say of other orders had to come first.
func (e *Engine) enroll(ctx context.Context, now time.Time, groups []Group) (errs []error, left []followup.InboxKey) {
	errs = make([]error, len(groups))
	todo := make([]int, len(groups))
	for i := range todo {
		todo[i] = i
	}
	var consented []spread
	defer func() { left = e.others(ctx, now, consented) }()
	for races := 0; len(todo) > 0 && races < conflicts; {
		lost, later, err := e.enrollOnce(ctx, now, groups, todo, errs, &consented)
		if err != nil {
			for _, i := range todo {
				errs[i] = err
			}
			return errs, nil
		}
		if len(lost) > 0 {
			races++
		}
		todo = append(lost, later...)
		slices.Sort(todo)
	}
	for _, i := range todo {
		errs[i] = fmt.Errorf("enroll %s: %w", groups[i].Journey, followup.ErrConflict)
	}
	return errs, nil
}

// spread is an enrolment that may change what is wanted for the contact's other orders.
type spread struct {
	contact followup.ContactID
	done    []followup.InboxKey
}

// others reconciles the other orders of contacts whose consents changed. It returns
// the bodies that said so, to be marked done now: who dies before reads them again.
// What fails here is told, and repaired by the next event of those orders.
func (e *Engine) others(ctx context.Context, now time.Time, all []spread) (done []followup.InboxKey) {
	for _, s := range all {
		if err := e.AgainContact(ctx, now, s.contact); err != nil {
			e.c.Log.ErrorContext(ctx, "enroll the other orders of a contact", "contact", s.contact, "err", err)
		}
		done = append(done, s.done...)
	}
	return done
}

// enrollOnce makes one attempt. It notes the enrolments that concern other orders. It returns the groups that lost a race, and
// those left for later because another group of this call writes their contact:
// there are always fewer of those.
func (e *Engine) enrollOnce(ctx context.Context, now time.Time, groups []Group, todo []int, errs []error, consented *[]spread) (lost, later []int, err error) {
	ids := make([]followup.JourneyID, len(todo))
	for n, i := range todo {
		ids[n] = groups[i].Journey
	}
	journeys, err := e.c.Store.Journeys(ctx, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("load journeys: %w", err)
	}
	work := make([]*enrolment, 0, len(todo))
	for n, i := range todo {
		w := &enrolment{e: e, g: groups[i], j: journeys[n], now: now, index: i}
		if err := w.fold(ctx); err != nil {
			errs[i] = err
			continue
		}
		work = append(work, w)
	}
	if err := e.meet(ctx, work); err != nil {
		return nil, nil, err
	}
	var changes []followup.Change
	var owners []*enrolment
	taken := map[followup.ContactID]bool{}
	for _, w := range work {
		change, write, err := w.reconcile(ctx)
		switch {
		case err != nil:
			errs[w.index] = err
		case !write:
			*consented = append(*consented, w.spread()...)
		case overlaps(change, taken):
			later = append(later, w.index)
		default:
			changes, owners = append(changes, change), append(owners, w)
		}
	}
	if len(changes) == 0 {
		return lost, later, nil
	}
	results, err := e.c.Store.Save(ctx, changes)
	if err != nil {
		return nil, nil, fmt.Errorf("save journeys: %w", err)
	}
	for n, err := range results {
		switch {
		case errors.Is(err, followup.ErrConflict):
			lost = append(lost, owners[n].index)
		case err != nil:
			errs[owners[n].index] = err
		default:
			*consented = append(*consented, owners[n].spread()...)
		}
	}
	return lost, later, nil
}

func overlaps(c followup.Change, taken map[followup.ContactID]bool) bool {
	for _, k := range c.Contacts {
		if taken[k.ID] {
			return true
		}
	}
	for _, k := range c.Contacts {
		taken[k.ID] = true
	}
	return false
}

// enrolment is one journey on its way through Enroll.
type enrolment struct {
	e     *Engine
	g     Group
	j     followup.Journey
	old   followup.Head
	now   time.Time
	index int
	fresh []followup.Event // not in the log yet
	all   []followup.Event // log and fresh
	known map[followup.ContactID]*followup.Contact

	consented bool // a consent changed: the contact's other orders may want more, or less
	repeated  bool // a consent was known already: who told it may have died before those orders
}

// spread says what is left to do for the contact's other orders; none: nothing.
func (w *enrolment) spread() []spread {
	c := w.known[w.j.Head.Contact]
	if !w.consented && !w.repeated || c == nil || len(c.Orders) < 2 {
		return nil
	}
	return []spread{{c.ID, w.g.Done}}
}

// fold adds the new events to the log and computes the facts.
func (w *enrolment) fold(ctx context.Context) error {
	w.old = w.j.Head
	log, err := w.log(ctx)
	if err != nil {
		return err
	}
	fresh := w.g.Events
	if w.g.Make != nil {
		made, err := w.g.Make(&w.j)
		if err != nil {
			return err
		}
		fresh = append(slices.Clone(fresh), made...)
	}
	for _, ev := range followup.SortEvents(fresh) {
		if !slices.ContainsFunc(log, func(o followup.Event) bool { return o.ID == ev.ID && o.Source == ev.Source }) {
			w.fresh = append(w.fresh, ev)
		} else if len(ev.Consents) > 0 {
			w.repeated = true
		}
	}
	w.all = append(log, w.fresh...)
	w.j.Head.Facts = followup.Fold(w.all)
	w.j.Head.Contact = w.j.Head.Facts.Keys.ID()
	w.j.Head.Seen = len(w.all)
	return nil
}

func (w *enrolment) log(ctx context.Context) ([]followup.Event, error) {
	if w.j.Version == 0 {
		return nil, nil
	}
	var log []followup.Event
	for after := followup.Cursor(""); ; {
		page, next, err := w.e.c.Store.Events(ctx, w.j.ID, after, 500)
		if err != nil {
			return nil, fmt.Errorf("load events of %s: %w", w.j.ID, err)
		}
		log = append(log, page...)
		if next == "" {
			return log, nil
		}
		after = next
	}
}

// reconcile brings contact and rows in line with the facts; write is false when
// everything is as it should be.
func (w *enrolment) reconcile(ctx context.Context) (c followup.Change, write bool, err error) {
	contact, changed := w.contact()
	rules, err := w.e.Rules(ctx, &w.j)
	if err != nil {
		return c, false, err
	}
	w.evidence()
	desire := rules.Desire(&w.j, contact, w.now)
	c = followup.Change{Journey: w.j.ID, Version: w.j.Version, Events: w.fresh}
	if len(w.spread()) == 0 {
		c.Done = w.g.Done
	}
	c.Rows = mergeRows(w.settled(), followup.Reconcile(&w.j, &desire, w.now))
	head := w.j.Head
	head.Plan, head.Name, head.Number = "", "", 0
	if desire.Plan != nil {
		head.Plan, head.Name, head.Number = desire.Plan.Hash, desire.Plan.Name, desire.Plan.Version
	}
	head.Why, head.Faults = desire.Why, desire.Faults
	if len(w.fresh) > 0 || w.j.Version == 0 || headMoved(&w.old, &head) {
		c.Head = &head
	}
	c.Contacts = changed
	write = c.Head != nil || len(c.Rows) > 0 || len(changed) > 0 || len(c.Done) > 0
	if len(w.fresh) > 0 {
		w.e.c.Log.LogAttrs(ctx, slog.LevelInfo, "enrolled", slog.String("journey", string(w.j.ID)), slog.Int("events", len(w.fresh)),
			slog.Int("rows", len(c.Rows)), slog.String("plan", head.Name), slog.Int("version", head.Number))
	}
	return c, write, nil
}

// headMoved reports whether a head has to be written although no event is new:
// one may be in the log already, from a Save that died before the head.
func headMoved(old, head *followup.Head) bool {
	return old.Seen != head.Seen || old.Plan != head.Plan || old.Why != head.Why || old.Contact != head.Contact || !slices.Equal(old.Faults, head.Faults)
}

// evidence settles rows that the customer answered to: an answer posted proves
// that the message arrived.
func (w *enrolment) evidence() {
	for _, ev := range w.fresh {
		if ev.Answer == nil || ev.Answer.By == "phone" {
			continue
		}
		row := w.j.Row(ev.Answer.FollowUp)
		if row == nil || row.State != followup.Unknown && row.State != followup.Parked {
			continue
		}
		if sent, err := row.Accept("", "the customer answered it", w.now); err == nil {
			sent.Next = w.now // marks it for writing, see settled
			*row = sent
		}
	}
}

// settled returns the rows that evidence changed.
func (w *enrolment) settled() []followup.FollowUp {
	var out []followup.FollowUp
	for i := range w.j.Rows {
		if row := &w.j.Rows[i]; row.State == followup.Sent && !row.Next.IsZero() {
			row.Next = time.Time{}
			out = append(out, *row)
		}
	}
	return out
}

// mergeRows joins rows to write; those of b win.
func mergeRows(a, b []followup.FollowUp) []followup.FollowUp {
	if len(a) == 0 {
		return b
	}
	for _, row := range b {
		a = slices.DeleteFunc(a, func(o followup.FollowUp) bool { return o.ID == row.ID })
	}
	return append(a, b...)
}

// Again reconciles journeys without new events: a plan, a contact or the end of
// a follow-up changed what is wanted.
func (e *Engine) Again(ctx context.Context, now time.Time, ids []followup.JourneyID) error {
	groups := make([]Group, len(ids))
	for i, id := range ids {
		groups[i].Journey = id
	}
	return errors.Join(e.Enroll(ctx, now, groups)...)
}
