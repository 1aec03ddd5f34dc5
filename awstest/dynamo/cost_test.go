package dynamo_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aftersales/awstest/localaws"
	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/mailbox"
)

// Gates in request units: a change that costs more fails here.
const (
	gateTimer    = 6  // WRU of a follow-up from its plan to its record; 7 with the list of what a day sent
	gateOrder    = 85 // WRU of an order of four events and six follow-ups, each moved once; 6 more with that list
	gateOrderRRU = 40
	gateReceive  = 2 // WRU
	gateDecide   = 5 // RRU
	gateClaim    = 6 // WRU: reserve 1, row 1, look moved 2, list moved 2
)

// bill is what a row of the table costs.
type bill struct {
	what  string
	units dynamotest.Units
}

// table prints figures for people: docs quote it.
func table(t *testing.T, title string, bills []bill) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n| | WRU | RRU |\n|---|---|---|\n", title)
	for _, x := range bills {
		fmt.Fprintf(&b, "| %s | %g | %g |\n", x.what, x.units.Write, x.units.Read)
	}
	t.Log(b.String())
}

func day(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// fourEvents are the life of an order, with the time at which each arrives.
var fourEvents = []struct{ name, at string }{
	{"order.created", "2026-03-02T08:15:02Z"},
	{"order.paid", "2026-03-02T08:16:01Z"},
	{"order.fulfilled", "2026-03-03T15:00:03Z"},
	{"order.delivered", "2026-03-05T11:42:01Z"},
}

// TestCostOfAnOrder drives an order of four events and six follow-ups, each moved
// once when the delivery is known, through the engine, and sums what AWS would bill.
func TestCostOfAnOrder(t *testing.T) {
	t.Parallel()
	meter := dynamotest.Metered(localaws.DynamoDB(t))
	files, err := dynamotest.Files()
	if err != nil {
		t.Fatal(err)
	}
	stand := &dynamotest.Stand{Setup: files, Mail: &mailbox.Memory{}}
	s, err := stand.Open(t.Context(), dynamo.New(meter, localaws.Tables(t, localaws.DynamoDB(t)), settings()))
	if err != nil {
		t.Fatal(err)
	}
	meter.Take() // the plan, once a deploy
	var bills []bill
	var total dynamotest.Units
	spent := func(what string) dynamotest.Units {
		u := meter.Take()
		total.Write, total.Read = total.Write+u.Write, total.Read+u.Read
		bills = append(bills, bill{what, u})
		return u
	}
	for _, e := range fourEvents {
		s.Now = day(e.at)
		in, err := dynamotest.Body(e.name, s.Now)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Accept(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if u := spent("receive " + e.name); u.Write > gateReceive {
			t.Errorf("receiving %s costs %g WRU, want at most %d", e.name, u.Write, gateReceive)
		}
		if err := s.EnrollBody(t.Context(), in.InboxKey); err != nil {
			t.Fatal(err)
		}
		spent("enroll " + e.name)
	}
	for range 6 {
		ref, err := s.First(t.Context(), day("2030-01-01T00:00:00Z"))
		if err != nil {
			t.Fatal(err)
		}
		meter.Take() // a sweep reads one key of 27 at half a unit; this read 16 lanes
		s.Now = ref.Next
		if _, err := s.Deliver(t.Context(), s.Now, []followup.Ref{ref}); err != nil {
			t.Fatal(err)
		}
		if u := spent("decide, reserve, arm, record " + string(ref.ID)); u.Read > gateDecide || u.Write > gateTimer-2 {
			t.Errorf("%s costs %g WRU and %g RRU, want at most %d and %d", ref.ID, u.Write, u.Read, gateTimer-2, gateDecide)
		}
	}
	if sent, err := s.Sent(t.Context()); err != nil || len(sent) != 6 {
		t.Fatalf("%d follow-ups were sent, want 6 (%v)", len(sent), err)
	}
	if total.Write < 30 {
		t.Fatalf("the server says that all of it took %g WRU: it does not measure", total.Write)
	}
	table(t, "An order of 4 events and 6 follow-ups, each moved once", append(bills, bill{"all", total}))
	if total.Write > gateOrder || total.Read > gateOrderRRU {
		t.Errorf("the order costs %g WRU and %g RRU, want at most %d and %d", total.Write, total.Read, gateOrder, gateOrderRRU)
	}
}

// TestCostOfEachWrite measures the lines of the table of costs, with a row that
// has as many decisions as a row keeps.
func TestCostOfEachWrite(t *testing.T) {
	t.Parallel()
	meter := dynamotest.Metered(localaws.DynamoDB(t))
	s := dynamo.New(meter, localaws.Tables(t, localaws.DynamoDB(t)), settings())
	order := storetest.Order(1, 1)
	row, head, person := &order.Rows[0], order.Head, &order.Contacts[0]
	old(row)
	rows := func() error { return saved(t, s, row, followup.Change{Rows: []followup.FollowUp{*row}}) }
	var attempt followup.Arm
	arm := func() error {
		attempt = storetest.Arming(*row, *person, "att-0123456789abcdef0123", storetest.Start())
		got, err := s.Arm(t.Context(), []followup.Arm{attempt})
		if err == nil && got[0] != followup.ArmedNow {
			err = fmt.Errorf("arm: %s", got[0])
		}
		return err
	}
	finish := func(f followup.Finish) error {
		errs, err := s.Finish(t.Context(), []followup.Finish{f})
		if err == nil {
			err = errs[0]
		}
		return err
	}
	for _, line := range []struct {
		what  string
		write float64 // at most
		do    func() error
	}{
		{"head create", 2, func() error {
			return saved(t, s, nil, followup.Change{Journey: order.Journey, Head: head})
		}},
		{"head update", 2, func() error {
			return saved(t, s, nil, followup.Change{Journey: order.Journey, Head: head, Version: 1})
		}},
		{"event", 1, func() error {
			return saved(t, s, nil, followup.Change{Journey: order.Journey, Events: order.Events})
		}},
		{"contact create", 4, func() error {
			errs, err := s.SaveContacts(t.Context(), []followup.Contact{*person})
			person.Version++
			return first(errs, err)
		}},
		{"contact, consent only", 1, func() error {
			person.Consent(followup.Consent{Purpose: followup.Feedback, Channel: followup.Call, Given: true, At: storetest.Start()})
			errs, err := s.SaveContacts(t.Context(), []followup.Contact{*person})
			person.Version++
			return first(errs, err)
		}},
		{"plan a follow-up", 2, rows},
		{"move", 3, func() error { row.Next = row.Next.AddDate(0, 0, 3); return rows() }},
		{"hold (into a list)", 2, func() error { row.State = followup.Held; return rows() }},
		{"release (off the list)", 2, func() error { row.State = followup.Planned; return rows() }},
		{"void", 2, func() error { row.State, row.Next = followup.Voided, time.Time{}; return rows() }},
		{"reinstate", 2, func() error { row.State, row.Next = followup.Planned, storetest.Start(); return rows() }},
		{"reserve and arm", 2, arm},
		{"record", 2, func() error { return finish(storetest.Ending(attempt, storetest.Start())) }},
		{"repeat the record", 1, func() error { return finish(storetest.Ending(attempt, storetest.Start())) }},
	} {
		meter.Take()
		if err := line.do(); err != nil {
			t.Fatalf("%s: %v", line.what, err)
		}
		if u := meter.Take(); u.Write > line.write {
			t.Errorf("%s costs %g WRU, want at most %g", line.what, u.Write, line.write)
		} else {
			t.Logf("| %s | %g | %g |", line.what, u.Write, u.Read)
		}
	}
}

// old gives a row the decisions of a long life.
func old(f *followup.FollowUp) {
	for n := range 8 {
		at := storetest.Start().Add(time.Duration(n) * 31 * time.Hour)
		f.Decide(followup.Decision{
			At: at, Result: followup.ResultMove, Rule: "due", Reason: fmt.Sprintf("moved from Mon 9 Mar 10:00 to Thu %d Mar 10:00", n+10), Next: at.AddDate(0, 1, n),
			Facts: map[string]string{"delivered": fmt.Sprintf("2026-03-%02d", n+4), "source": "shopify"},
		})
	}
}

// saved saves one change and raises the version of row.
func saved(t *testing.T, s *dynamo.Store, row *followup.FollowUp, c followup.Change) error {
	t.Helper()
	if row != nil {
		c.Journey = row.ID.Journey()
	}
	errs, err := s.Save(t.Context(), []followup.Change{c})
	if row != nil {
		row.Version++
	}
	return first(errs, err)
}

func first(errs []error, err error) error {
	if err == nil && len(errs) > 0 {
		return errs[0]
	}
	return err
}

// TestCostOfABody measures a body as large as Shopify's are.
func TestCostOfABody(t *testing.T) {
	t.Parallel()
	meter := dynamotest.Metered(localaws.DynamoDB(t))
	s := dynamo.New(meter, localaws.Tables(t, localaws.DynamoDB(t)), settings())
	b, err := os.ReadFile(filepath.Join("..", "..", "events", "shopify", "order_1073459963_three_items_guest.json"))
	if err != nil {
		t.Fatal(err)
	}
	in := followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "shopify", Key: "orders/create " + strings.Repeat("0", 36)}, Body: b, Hash: strings.Repeat("f", 64), At: storetest.Start()}
	if _, err := s.Accept(t.Context(), []followup.Incoming{in}); err != nil {
		t.Fatal(err)
	}
	if u := meter.Take(); u.Write > gateReceive {
		t.Errorf("receiving %d bytes costs %g WRU, want at most %d", len(b), u.Write, gateReceive)
	}
}

// busy is an order with n service mails planned.
func busy(n int) followup.Change {
	c := storetest.Order(1, 0)
	for i := range n {
		r := storetest.Row(c.Journey, c.Head.Contact, 0, storetest.Start())
		r.Occurrence = fmt.Sprint(i)
		r.ID = followup.NewFollowUpID(c.Journey, r.Step, "", r.Occurrence)
		c.Rows = append(c.Rows, r)
	}
	return c
}

// TestCostOfASweep reads what is due of a lane: 27 keys in half a unit.
func TestCostOfASweep(t *testing.T) {
	t.Parallel()
	meter := dynamotest.Metered(localaws.DynamoDB(t))
	s := dynamo.New(meter, localaws.Tables(t, localaws.DynamoDB(t)), settings())
	c := busy(270)
	if err := saved(t, s, nil, c); err != nil {
		t.Fatal(err)
	}
	meter.Take()
	n := 0
	for shard := range s.Shards() {
		refs, err := s.DueIn(t.Context(), followup.LaneService, shard, followup.Place{}, storetest.Start().AddDate(1, 0, 0), 1000)
		if err != nil {
			t.Fatal(err)
		}
		n += len(refs)
	}
	if u := meter.Take(); n != 270 || u.Read > 5+0.5*4 {
		t.Errorf("%d keys cost %g RRU, want 270 in 5 and half a unit a shard", n, u.Read)
	}
}

// TestCostOfTheCallList reads what the console's call list asks for, in a shop
// with 300 follow-ups due: one unit for each shop's list, and half of one on AWS.
func TestCostOfTheCallList(t *testing.T) {
	t.Parallel()
	meter := dynamotest.Metered(localaws.DynamoDB(t))
	c := settings()
	s := dynamo.New(meter, localaws.Tables(t, localaws.DynamoDB(t)), c)
	call := storetest.Order(2, 2)
	call.Rows = call.Rows[1:]
	call.Rows[0].State = followup.Listed
	if err := first(s.Save(t.Context(), []followup.Change{busy(300), call})); err != nil {
		t.Fatal(err)
	}
	row, person := call.Rows[0], call.Contacts[0]
	row.Version, person.Version = 1, 1
	meter.Take()
	claim := followup.Arm{Row: row.Claim("a1", row.Plan, "Sam", storetest.Start()), Contact: person}
	if got, err := s.Arm(t.Context(), []followup.Arm{claim}); err != nil || got[0] != followup.ArmedNow {
		t.Fatal(got, err)
	}
	if u := meter.Take(); u.Write > gateClaim {
		t.Errorf("a claim costs %g WRU, want at most %d", u.Write, gateClaim)
	}
	for _, list := range []struct {
		query followup.Query
		want  int
	}{{followup.Query{Claimed: true}, 1}, {followup.Query{State: followup.Listed}, 0}} {
		ids, _, err := s.Find(t.Context(), list.query, "", 100)
		u := meter.Take()
		free := u.Read == 0 && list.want > 0 // some servers bill nothing for a list without rows
		if err != nil || len(ids) != list.want || u.Read > float64(len(c.Shops)) || free {
			t.Errorf("%+v: %v costs %g RRU, want %d journeys for at most one for each of %d shops (%v)", list.query, ids, u.Read, list.want, len(c.Shops), err)
		}
	}
}
