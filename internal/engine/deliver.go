package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"aftersales/internal/followup"
)

// Tally counts what a Deliver did.
type Tally struct {
	Sent, Listed, Held, Moved, Skipped, Voided, Expired, Failed, Retried, Unclear, Parked int
}

// Add sums two tallies.
func (t *Tally) Add(o Tally) {
	for _, p := range [...]struct {
		dst *int
		src int
	}{
		{&t.Sent, o.Sent},
		{&t.Listed, o.Listed},
		{&t.Held, o.Held},
		{&t.Moved, o.Moved},
		{&t.Skipped, o.Skipped},
		{&t.Voided, o.Voided},
		{&t.Expired, o.Expired},
		{&t.Failed, o.Failed},
		{&t.Retried, o.Retried},
		{&t.Unclear, o.Unclear},
		{&t.Parked, o.Parked},
	} {
		*p.dst += p.src
	}
}

// Deliver looks at what is due: each row is decided again on what is stored
// now, then sent, listed, held, moved or ended. References may be stale or
// repeated. One contact gets one message per round, and from one of several
// Delivers at a time, so that each send sees the one before it. A nil error does
// not mean that everything went out: a row that could not be looked at, or whose
// contact another Deliver is sending to, keeps its look and comes again.
func (e *Engine) Deliver(ctx context.Context, now time.Time, refs []followup.Ref) (Tally, error) {
	ids := make([]followup.JourneyID, 0, len(refs))
	for _, r := range refs {
		if j := r.ID.Journey(); j != "" {
			ids = append(ids, j)
		}
	}
	return e.DeliverIn(ctx, now, ids)
}

// DeliverIn looks at everything that is due in some journeys, as Deliver does.
// There may be nothing, and a journey may be named twice.
func (e *Engine) DeliverIn(ctx context.Context, now time.Time, ids []followup.JourneyID) (Tally, error) {
	var total Tally
	for len(ids) > 0 {
		r := &round{e: e, now: now, ids: ids, busy: map[followup.ContactID]bool{}, later: map[followup.JourneyID]bool{}}
		if err := r.run(ctx); err != nil {
			return total, err
		}
		total.Add(r.tally)
		if len(r.sends)+len(r.rows)+len(r.again) == 0 {
			return total, nil // nothing moves any more: leave it to the next look
		}
		ids = slices.Collect(maps.Keys(r.later))
	}
	return total, nil
}

// round is one pass over due rows: load, decide, write, arm, send, record.
type round struct {
	e     *Engine
	now   time.Time
	ids   []followup.JourneyID
	busy  map[followup.ContactID]bool // contacts that get a message in this round
	later map[followup.JourneyID]bool // those of ids that have more for the next round
	again map[followup.JourneyID]bool // journeys in which something waited for an end
	rows  []followup.Change           // rows that change without a send
	sends []send
	arms  []followup.Arm // of sends
	full  bool           // the rate, or the time left, lets nothing more go now
	tally Tally
}

// send is one message on its way. What arms it stands apart, since the store
// takes those of a group together.
type send struct {
	message followup.Message
	plan    *followup.Plan
	medium  followup.Medium
	shop    followup.ShopID
	lag     time.Duration
}

// free reports whether nobody is sending to a contact.
func (r *round) free(id followup.ContactID) bool {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	return !r.e.busy[id]
}

// claim keeps others from sending to a contact until the round ends; false when
// somebody does already.
func (r *round) claim(id followup.ContactID) bool {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	if r.e.busy[id] {
		return false
	}
	r.e.busy[id], r.busy[id] = true, true
	return true
}

func (r *round) release() {
	r.e.mu.Lock()
	defer r.e.mu.Unlock()
	for id := range r.busy {
		delete(r.e.busy, id)
	}
}

func (r *round) run(ctx context.Context) error {
	defer r.release()
	r.again = map[followup.JourneyID]bool{}
	journeys, contacts, err := r.load(ctx)
	if err != nil {
		return err
	}
	for _, j := range journeys {
		if r.full {
			break // the rest keeps its look
		}
		if err := r.guarded(ctx, j, contacts); err != nil {
			r.e.c.Log.ErrorContext(ctx, "decide", "journey", j.ID, "err", err)
			r.failed(j, err)
		}
	}
	if err := r.write(ctx); err != nil {
		return err
	}
	if err := r.dispatch(ctx); err != nil {
		return err
	}
	if len(r.again) == 0 {
		return nil
	}
	ids := make([]followup.JourneyID, 0, len(r.again))
	for id := range r.again {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if err := r.e.Again(ctx, r.now, ids); err != nil {
		r.e.c.Log.ErrorContext(ctx, "enroll again", "err", err) // their rows keep a look
	}
	return nil
}

// guarded looks at one journey; a panic in what its rows have in common is an
// error of that journey alone.
func (r *round) guarded(ctx context.Context, j *followup.Journey, contacts map[followup.ContactID]*followup.Contact) (err error) {
	sends, rows := len(r.sends), len(r.rows)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanic, p)
		}
		if err != nil {
			r.forget(sends, rows)
		}
	}()
	return r.journey(ctx, j, contacts)
}

// another queues a send, which the caller fills.
func (r *round) another() (*send, *followup.Arm) {
	if r.sends == nil {
		r.sends, r.arms = make([]send, 0, len(r.ids)), make([]followup.Arm, 0, len(r.ids))
	}
	r.sends, r.arms = append(r.sends, send{}), append(r.arms, followup.Arm{})
	return &r.sends[len(r.sends)-1], &r.arms[len(r.arms)-1]
}

// forget takes back what was queued behind so many.
func (r *round) forget(sends, rows int) {
	r.sends, r.arms, r.rows = r.sends[:sends], r.arms[:sends], r.rows[:rows]
}

// receives is how often a row may fail to be looked at before a person has to.
const receives = 4

// errPanic is what is wrong with the rows that were looked at, not around them.
var errPanic = errors.New("panic")

// faultWait is how long a row waits that cannot be looked at for what is not its
// own fault: its shop is not configured, its plan cannot be loaded.
const faultWait = 5 * time.Minute

// failed counts a failed look at the due rows of j. What the rows have no part in
// is not counted, however often it happens: they are looked at again.
func (r *round) failed(j *followup.Journey, cause error) {
	for _, row := range r.due(j) {
		if errors.Is(cause, errPanic) {
			r.poisonRow(j.ID, row, cause)
			continue
		}
		later := *row
		later.Next = r.now.Add(faultWait)
		r.rows = append(r.rows, followup.Change{Journey: j.ID, Rows: []followup.FollowUp{later}})
	}
}

// poisonRow counts a failed look at a row; at the fourth it is parked.
func (r *round) poisonRow(id followup.JourneyID, row *followup.FollowUp, cause error) {
	failed := *row
	failed.Receives++
	switch {
	case row.State == followup.Armed || row.State.Terminal(): // armed ones go by UNKNOWN; none may stand before the others
		failed.Next = r.now.Add(time.Hour)
	case failed.Receives >= receives:
		failed = failed.Poison(cause.Error(), r.now)
	default:
		failed.Next = r.now.Add(time.Duration(failed.Receives) * time.Minute)
	}
	r.rows = append(r.rows, followup.Change{Journey: id, Rows: []followup.FollowUp{failed}})
}

// journey looks at the due rows of one journey, service first.
func (r *round) journey(ctx context.Context, j *followup.Journey, contacts map[followup.ContactID]*followup.Contact) error {
	if j.Version == 0 {
		return nil // parts of a dead save: no head, no send
	}
	rules, err := r.e.Rules(ctx, j)
	if err != nil {
		return err
	}
	contact := contacts[j.Head.Contact]
	if contact == nil {
		contact = &followup.Contact{ID: j.Head.Contact}
	}
	desire := rules.Desire(j, contact, r.now)
	l := look{r: r, j: j, rules: rules, desire: &desire, contact: contact}
	for _, row := range r.due(j) {
		l.guardedRow(ctx, row)
	}
	return nil
}

// due returns every row of j that has a look due: by due, class, plan order, id.
func (r *round) due(j *followup.Journey) []*followup.FollowUp {
	var out []*followup.FollowUp
	for i := range j.Rows {
		if row := &j.Rows[i]; !row.Next.IsZero() && !row.Next.After(r.now) {
			out = append(out, row)
		}
	}
	if len(out) < 2 {
		return out
	}
	slices.SortFunc(out, func(a, b *followup.FollowUp) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(classRank(a.Class), classRank(b.Class)),
			cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func classRank(c followup.Class) int {
	return slices.Index([]followup.Class{followup.Recall, followup.Service, followup.Feedback, followup.Marketing}, c)
}

// look is one journey under a round's eyes.
type look struct {
	r       *round
	j       *followup.Journey
	rules   *followup.Rules
	desire  *followup.Desire
	contact *followup.Contact
}

// guardedRow looks at one row; a panic in it is a failure of that row alone, and
// the others go on.
func (l *look) guardedRow(ctx context.Context, row *followup.FollowUp) {
	sends, rows := len(l.r.sends), len(l.r.rows)
	defer func() {
		if p := recover(); p != nil {
			err := fmt.Errorf("panic: %v", p)
			l.r.e.c.Log.ErrorContext(ctx, "decide", "follow_up", row.ID, "err", err)
			l.r.forget(sends, rows)
			l.r.poisonRow(l.j.ID, row, err)
		}
	}()
	l.row(ctx, row)
}

func (l *look) row(ctx context.Context, row *followup.FollowUp) {
	switch {
	case row.State.Terminal():
		l.r.again[l.j.ID] = true // something waits for this end
	case row.State == followup.Armed:
		if row.Overdue(l.r.now) {
			l.unclear(ctx, row.Lose("no result until the deadline and its margin", l.r.now))
		}
	case row.State == followup.Unknown:
		l.unclear(ctx, *row)
	case row.State == followup.Parked:
	default:
		l.decide(ctx, row)
	}
}

// decide rules on an open row and queues what follows.
func (l *look) decide(ctx context.Context, row *followup.FollowUp) {
	machine := l.voice(row)
	if (row.Channel != followup.Call || machine != nil) && !l.r.free(l.contact.ID) {
		l.r.later[l.j.ID] = true
		return
	}
	ruling := l.rules.Decide(l.desire, l.j, row, l.contact, l.r.now, machine != nil)
	if ruling.Result != followup.ResultSend {
		l.r.change(l.j.ID, ruling.Row, l.desire.Plan)
		l.r.tally.count(ruling.Result)
		return
	}
	if until, resting := l.r.e.rests(lane{l.rules.Shop.ID, row.Channel}, l.r.now); resting {
		moved := *row
		moved.Next = until
		moved.Decide(followup.Decision{At: l.r.now, Result: followup.ResultMove, Rule: "account", Reason: "sending rests after a fault of the account", Next: until})
		l.r.change(l.j.ID, moved, l.desire.Plan)
		l.r.tally.Moved++
		return
	}
	if !l.r.e.room(ctx) {
		l.r.full = true
		return // no time for a call now: the row keeps its look
	}
	if row.Channel == followup.Email && l.r.e.c.Turn != nil && !l.r.e.c.Turn(l.rules.Shop.ID) {
		l.r.full = true
		return // no turn now: nothing is armed, it is decided again when there is one
	}
	s, arm := l.r.another()
	if err := l.prepare(&ruling, s, arm); err != nil {
		l.r.forget(len(l.r.sends)-1, len(l.r.rows))
		l.r.e.c.Log.ErrorContext(ctx, "compose", "follow_up", row.ID, "err", err)
		l.r.change(l.j.ID, row.Fault(err.Error(), l.r.now), l.desire.Plan)
		l.r.tally.Held++
		return
	}
	if l.silent(ctx, machine, &s.message) {
		l.r.forget(len(l.r.sends)-1, len(l.r.rows))
		ruling = l.rules.Decide(l.desire, l.j, row, l.contact, l.r.now, false)
		l.r.change(l.j.ID, ruling.Row, l.desire.Plan)
		l.r.tally.count(ruling.Result)
		return
	}
	if !l.r.claim(l.contact.ID) { // another Deliver was faster
		l.r.forget(len(l.r.sends)-1, len(l.r.rows))
		l.r.later[l.j.ID] = true
	}
}

// prepare renders the message before anything is armed, so that a fault of the
// text costs nothing. It fills s and arm, which are zero.
func (l *look) prepare(ruling *followup.Ruling, s *send, arm *followup.Arm) error {
	attempt := l.r.e.c.ID()
	letter := l.rules.Letter(l.desire, l.j, ruling.Row, ruling.Wanted, l.contact, l.r.now)
	letter.Attempt = attempt
	var err error
	if s.message, err = l.r.e.c.Composer.Compose(letter); err != nil {
		return err
	}
	s.message.Attempt = attempt
	s.plan, s.medium, s.shop, s.lag = l.desire.Plan, ruling.Row.Channel, l.rules.Shop.ID, l.r.now.Sub(ruling.Wanted.DueAt)
	arm.Row = ruling.Row.Arm(attempt, l.desire.Plan.Hash, l.r.now, followup.CallTimeout)
	arm.Contact = *l.contact
	arm.Contact.Sends = append(make([]followup.Spend, 0, len(l.contact.Sends)+1), l.contact.Sends...) // all else is only read
	arm.Contact.Spend(followup.Spend{
		FollowUp: ruling.Row.ID, Epoch: l.rules.Epoch, At: l.r.now, Channel: ruling.Row.Channel, Class: ruling.Row.Class,
	})
	return nil
}

// change queues a row write; ends that something waits for keep a look.
func (r *round) change(id followup.JourneyID, row followup.FollowUp, plan *followup.Plan) {
	row.Receives = 0
	row.Await(plan, r.now)
	if row.Awaited() {
		r.again[id] = true
	}
	r.rows = append(r.rows, followup.Change{Journey: id, Rows: []followup.FollowUp{row}})
}

// write saves the rows that only change state. A row that somebody else moved
// meanwhile is left to them.
func (r *round) write(ctx context.Context) error {
	if len(r.rows) == 0 {
		return nil
	}
	errs, err := r.e.c.Store.Save(ctx, r.rows)
	if err != nil {
		return fmt.Errorf("save decisions: %w", err)
	}
	for i, err := range errs {
		if err != nil && !errors.Is(err, followup.ErrConflict) {
			return fmt.Errorf("save decision of %s: %w", r.rows[i].Rows[0].ID, err)
		}
	}
	return nil
}

func (t *Tally) count(r followup.Result) {
	switch r {
	case followup.ResultList:
		t.Listed++
	case followup.ResultHold:
		t.Held++
	case followup.ResultMove:
		t.Moved++
	case followup.ResultSkip:
		t.Skipped++
	case followup.ResultVoid:
		t.Voided++
	case followup.ResultExpire:
		t.Expired++
	case followup.ResultPark:
		t.Unclear++
	default:
	}
}

// unclear asks the channel what became of a row's attempts and settles it.
func (l *look) unclear(ctx context.Context, row followup.FollowUp) {
	known := l.r.e.ask(ctx, l.rules.Shop.ID, &row)
	l.r.e.stream(ctx, l.rules.Shop.ID, &row, &known)
	known.Restored = l.contact.Restored(row.ID, l.rules.Epoch)
	if l.contact.Away(row.ID) && !known.Accepted {
		known = followup.Known{} // the call was another store's: that it is not known here proves nothing
	}
	for _, a := range l.j.Head.Facts.Answers {
		if a.FollowUp == row.ID && a.By != "phone" { // whoever answered it has it
			known = followup.Known{Evidence: followup.Evidence{Accepted: true}, Asked: true}
		}
	}
	unclear := followup.Park
	if s := l.step(row.Step); s != nil {
		unclear = s.Unclear
	}
	row = row.Resolve(known, unclear, l.r.now)
	switch row.State {
	case followup.Sent:
		l.r.tally.Sent++
	case followup.Parked:
		l.r.tally.Parked++
	default:
		l.r.tally.Unclear++
	}
	l.r.e.c.Log.WarnContext(ctx, "unclear result", slog.String("follow_up", string(row.ID)), slog.String("state", string(row.State)))
	l.r.change(l.j.ID, row, l.desire.Plan)
}

func (l *look) step(id string) *followup.Step {
	if l.desire.Plan == nil {
		return nil
	}
	return l.desire.Plan.Step(id)
}

// ask asks a channel that can be asked about a row's last attempt.
func (e *Engine) ask(ctx context.Context, shop followup.ShopID, row *followup.FollowUp) followup.Known {
	finder, ok := e.c.Channels[shop][row.Channel].(followup.Finder)
	if !ok || row.Claimed != "" {
		return followup.Known{}
	}
	ev, err := finder.Find(ctx, row.ID, row.Asked())
	if err != nil {
		e.c.Log.WarnContext(ctx, "ask channel", "follow_up", row.ID, "err", err)
		return followup.Known{Asked: true}
	}
	return followup.Known{Evidence: ev, Asked: true}
}
