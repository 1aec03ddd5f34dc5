package followup_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
	"aftersales/internal/plan"
)

// journal plays one order without a store: events in, rows reconciled, due ones
// decided, all by the rules alone.
type journal struct {
	t       testing.TB
	rules   *followup.Rules
	j       followup.Journey
	contact followup.Contact
	log     []followup.Event
	desire  followup.Desire
	n       int
}

const head = "plan: test\nversion: 1\nexit: [cancelled, returned, refunded]\ndelivered: {assume: {after: fulfilled, wait: P5D}}\n"

// newJournal reads a plan (head and what follows) and gives a customer in
// Berlin with a mail address and a number.
func newJournal(t testing.TB, text string) *journal {
	t.Helper()
	p, faults := plan.Parse("test.yaml", []byte(text))
	if p == nil {
		t.Fatalf("plan: %v", faults)
	}
	shop := &followup.Shop{
		ID: "main", Name: "Shop", Zone: "Europe/Berlin", Country: "DE",
		Hours: map[followup.Medium]civil.Window{
			followup.Email: {From: 8 * 3600, Until: 20 * 3600},
			followup.Call:  {From: 10 * 3600, Until: 18 * 3600, Workdays: true},
		},
		BusinessHours: civil.Window{From: 9 * 3600, Until: 17 * 3600, Workdays: true},
		ReplyWithin:   civil.Period{Exact: 8 * time.Hour},
	}
	j := &journal{t: t, rules: &followup.Rules{Shop: shop, Plans: []*followup.Plan{p}}}
	j.j.ID = followup.NewJourneyID("main", "1")
	j.contact = followup.Contact{ID: "c"}
	j.contact.State(followup.Person{Mail: "a@example.com", Phone: "+4930123456"}, followup.Stamp{})
	return j
}

// at parses a moment in Berlin.
func at(s string) time.Time {
	dt, err := civil.ParseDateTime(s)
	if err != nil {
		panic(err)
	}
	loc, _ := civil.Zone("Europe/Berlin")
	return dt.Resolve(loc)
}

// order makes the event that states the order: quantity units of line l1.
func order(when string, quantity int) followup.Event {
	total, _ := followup.ParseMoney("649.00", "EUR")
	return followup.Event{
		Type: followup.OrderCreated, Time: at(when), Keys: followup.Keys{Mail: "c"},
		Facts: &followup.OrderFacts{Country: "DE", Currency: "EUR", Total: &total},
		Lines: []followup.Line{{ID: "l1", Title: "Washing machine", Category: "appliance", Quantity: quantity}},
	}
}

func event(kind followup.EventType, when string) followup.Event {
	return followup.Event{Type: kind, Time: at(when)}
}

func delivered(when string) followup.Event { return event(followup.OrderDelivered, when) }

func (j *journal) name(e followup.Event) followup.Event {
	j.n++
	if e.ID == "" {
		e.ID = "e" + string(rune('a'+j.n))
	}
	e.Source = "test"
	return e
}

// tell adds events and reconciles at that moment.
func (j *journal) tell(now string, events ...followup.Event) *journal {
	j.t.Helper()
	for _, e := range events {
		j.log = append(j.log, j.name(e))
	}
	j.reconcile(at(now))
	return j
}

func (j *journal) reconcile(now time.Time) {
	j.t.Helper()
	j.j.Version++
	j.j.Head.Facts = followup.Fold(j.log)
	j.j.Head.Contact = j.contact.ID
	for range 5 {
		j.desire = j.rules.Desire(&j.j, &j.contact, now)
		changed := followup.Reconcile(&j.j, &j.desire, now)
		if len(changed) == 0 {
			return
		}
		for _, row := range changed {
			j.put(row)
		}
	}
	j.t.Fatal("reconciling again and again never ends")
}

func (j *journal) put(row followup.FollowUp) {
	row.Version++
	if i := slices.IndexFunc(j.j.Rows, func(o followup.FollowUp) bool { return o.ID == row.ID }); i >= 0 {
		j.j.Rows[i] = row
		return
	}
	j.j.Rows = append(j.j.Rows, row)
}

// run looks at everything due until that moment, in order; a send is accepted
// at once, a listed call stays listed.
func (j *journal) run(until string) *journal {
	j.t.Helper()
	end := at(until)
	for range 1000 {
		row := j.next(end)
		if row == nil {
			return j
		}
		j.look(row, row.Next)
	}
	j.t.Fatal("looks never end")
	return j
}

func (j *journal) next(end time.Time) *followup.FollowUp {
	var first *followup.FollowUp
	for i := range j.j.Rows {
		if row := &j.j.Rows[i]; !row.Next.IsZero() && !row.Next.After(end) && (first == nil || row.Next.Before(first.Next)) {
			first = row
		}
	}
	return first
}

func (j *journal) look(row *followup.FollowUp, now time.Time) {
	j.t.Helper()
	if row.State.Terminal() {
		j.reconcile(now)
		return
	}
	j.desire = j.rules.Desire(&j.j, &j.contact, now)
	r := j.rules.Decide(&j.desire, &j.j, row, &j.contact, now, false)
	next := r.Row
	if r.Result == followup.ResultSend {
		j.contact.Spend(followup.Spend{FollowUp: row.ID, At: now, Channel: row.Channel, Class: row.Class})
		next, _ = r.Row.Arm("a", j.desire.Plan.Hash, now, time.Minute).Accept("p", "accepted", now)
	}
	next.Await(j.desire.Plan, now)
	j.put(next)
	if next.Awaited() {
		j.reconcile(now)
	}
}

// call claims a listed call and records its outcome.
func (j *journal) call(step, occ, when string, o followup.Outcome, back string) *journal {
	j.t.Helper()
	row := j.row(step, occ)
	now := at(when)
	done, err := row.Claim("a", j.j.Head.Plan, "staff", now).Called(o, now)
	if err != nil {
		j.t.Fatal(err)
	}
	if back != "" {
		done.CallBack, _ = civil.ParseDateTime(back)
	}
	done.Await(j.rules.Plans[0], now)
	j.put(done)
	j.reconcile(now)
	return j
}

func (j *journal) row(step, occ string) *followup.FollowUp {
	j.t.Helper()
	if row := j.find(step, occ); row != nil {
		return row
	}
	j.t.Fatalf("there is no %s %s; there are %s", step, occ, strings.Join(j.list(), ", "))
	return nil
}

func (j *journal) find(step, occ string) *followup.FollowUp {
	for i := range j.j.Rows {
		if row := &j.j.Rows[i]; row.Step == step && (row.Occurrence == occ || occ == "") {
			return row
		}
	}
	return nil
}

// list writes every row as "step[occ] state due".
func (j *journal) list() []string {
	var out []string
	for _, r := range j.j.Rows {
		s := r.Step + "[" + r.Occurrence + "]"
		if r.Unit != "" {
			s += "{" + joinUnits(r.Units) + "}"
		}
		out = append(out, s+" "+string(r.State)+" "+r.Due.String())
	}
	slices.Sort(out)
	return out
}

func joinUnits(us []followup.UnitKey) string {
	var out []string
	for _, u := range us {
		out = append(out, string(u))
	}
	return strings.Join(out, "+")
}

// want compares the rows with lines of [journal.list], in any order.
func (j *journal) want(lines ...string) *journal {
	j.t.Helper()
	slices.Sort(lines)
	if got := j.list(); !slices.Equal(got, lines) {
		j.t.Errorf("rows are\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
	return j
}

// why checks the last decision of a row.
func (j *journal) why(step, occ, rule string) *journal {
	j.t.Helper()
	row := j.row(step, occ)
	if d := row.Decisions[len(row.Decisions)-1]; d.Rule != rule {
		j.t.Errorf("%s %s: last decision is %s (%s), want %s", step, occ, d.Rule, d.Reason, rule)
	}
	return j
}

func step(id, rest string) string {
	return "  - {id: " + id + ", class: service, channel: email, message: set-up, " + rest + "}\n"
}
