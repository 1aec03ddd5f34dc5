package local_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
	"aftersales/internal/local"
)

// buyers live where clocks are odd: half hours, no summer time, the other
// summer, a Friday without work, the date line.
var buyers = []struct{ country, zone string }{
	{"DE", "Europe/Berlin"},
	{"US", "America/New_York"},
	{"IR", "Asia/Tehran"},
	{"NP", "Asia/Kathmandu"},
	{"AU", "Australia/Lord_Howe"},
	{"NZ", "Pacific/Auckland"},
	{"IS", "Atlantic/Reykjavik"},
	{"BR", "America/Sao_Paulo"},
	{"LB", "Asia/Beirut"},
	{"GB", "Europe/London"},
	{"IN", "Asia/Kolkata"},
	{"US", "Pacific/Honolulu"},
}

// said is a body and when it is posted.
type said struct {
	at   time.Time
	body []byte
}

// threeYears is what the shop says: an order a fortnight for a year and a half,
// of each kind of goods, some never delivered, cancelled or returned.
func threeYears(begin time.Time) []said {
	var out []said
	say := func(at time.Time, b []byte) { out = append(out, said{at, b}) }
	for n := range 40 {
		order, who := fmt.Sprint(100+n), buyers[n%len(buyers)]
		sku := []string{"WM-700", "MUG-1", "FR-2"}[n%3]
		at := begin.Add(time.Duration(n)*13*24*time.Hour + time.Duration(n*n)*97*time.Minute)
		more := object{}
		if n%4 == 1 { // may be called, but nobody calls: a mail comes instead
			more["consents"] = []object{{"purpose": "feedback", "channel": "call", "given": true, "at": at.Format(time.RFC3339), "how": "box", "text": "v1"}}
		}
		say(at, bought(order, at, sku, order, who.country, who.zone, more))
		sent := at.Add(30 * time.Hour)
		say(sent, happened("order.fulfilled", order, "fulfilled", sent, nil))
		if n%5 != 2 { // else it is assumed
			there := sent.Add(53*time.Hour + 11*time.Minute)
			say(there, happened("order.delivered", order, "delivered", there, nil))
		}
		switch n % 10 {
		case 3:
			at := at.AddDate(0, 2, 0)
			say(at, happened("order.returned", order, "returned", at, object{"lines": []object{{"id": "l1", "quantity": 1}}}))
		case 7:
			at := at.Add(4 * 24 * time.Hour)
			say(at, happened("order.cancelled", order, "cancelled", at, nil))
		}
	}
	say(begin, bought("leap", begin, "WM-700", "1", "DE", "Europe/Berlin", nil))
	leap := utc("2000-02-29T12:00")
	say(leap, happened("order.delivered", "leap", "delivered", leap, nil))
	slices.SortStableFunc(out, func(a, b said) int { return a.at.Compare(b.at) })
	return out
}

// TestThreeYears lives three years in a bubble, on a real file, with nothing to
// wake the loop but what is posted and what is due.
func TestThreeYears(t *testing.T) {
	for name, poll := range map[string]time.Duration{"never looking for others": 0, "looking twice a day": 12 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				app := open(t, options(dir))
				loop := app.NewLoop()
				loop.Poll = poll
				stop := run(t, loop)
				public := app.Public(loop, local.ServeOptions{})
				begin := time.Now()
				for _, s := range threeYears(begin) {
					time.Sleep(time.Until(s.at))
					must(t, public, s.body)
				}
				time.Sleep(time.Until(begin.AddDate(3, 0, 0)))
				stop()
				checkYears(t, app, begin)
			})
		})
	}
}

// checkYears looks at every follow-up there was.
func checkYears(t *testing.T, app *local.App, begin time.Time) {
	t.Helper()
	now := time.Now()
	sent := once(t, mails(t, app.Store))
	states := map[followup.State]int{}
	for _, j := range journeys(t, app.Store) {
		for _, row := range j.Rows {
			states[row.State]++
			m, went := sent[row.ID]
			switch {
			case row.State == followup.Sent != went:
				t.Errorf("%s is %s, in the mailbox: %t", row.ID, row.State, went)
			case went:
				checkMail(t, &row, m)
			case !row.State.Terminal() && !row.Next.After(now):
				t.Errorf("%s is %s and was to be looked at on %s", row.ID, row.State, row.Next)
			}
		}
	}
	if states[followup.Sent] != len(sent) || len(sent) < 150 {
		t.Errorf("%d mails of %d sent, want 150 and more", len(sent), states[followup.Sent])
	}
	for _, s := range []followup.State{followup.Armed, followup.Unknown, followup.Parked, followup.Failed, followup.Held} {
		if states[s] > 0 {
			t.Errorf("%d are %s", states[s], s)
		}
	}
	for _, s := range []followup.State{followup.Voided, followup.Skipped, followup.Expired, followup.Planned} {
		if states[s] == 0 {
			t.Errorf("none is %s: the years are too quiet", s)
		}
	}
	checkLeapDay(t, app, begin)
}

// checkMail wants it at the instant of its due, and that within hours.
func checkMail(t *testing.T, row *followup.FollowUp, m followup.Stored) {
	t.Helper()
	if !m.At.Equal(row.DueAt) {
		t.Errorf("%s was due %s, went out %s", row.ID, row.DueAt, m.At)
	}
	loc, err := civil.Zone(row.Zone)
	if err != nil {
		t.Fatal(err)
	}
	local := m.At.In(loc)
	if got := civil.DateTimeOf(m.At, loc); got != row.Due {
		t.Errorf("%s went out at %s there, was due %s", row.ID, got, row.Due)
	}
	if h := local.Hour(); h < 8 || h >= 20 {
		t.Errorf("%s went out at %s", row.ID, local)
	}
}

// checkLeapDay compares an order delivered on 29 February 2000 with what was reckoned by hand.
func checkLeapDay(t *testing.T, app *local.App, begin time.Time) {
	t.Helper()
	if !begin.Equal(utc("2000-01-01T00:00")) {
		t.Fatalf("the bubble begins on %s", begin)
	}
	var got []string
	for _, row := range journey(t, app.Store, "leap").Rows {
		if row.State == followup.Sent {
			got = append(got, row.Step+" "+row.Due.String())
		}
	}
	slices.Sort(got)
	want := []string{
		"check-in 2000-03-06T10:00:00", // no consent to a call: found out on Monday, its first workday
		"return-window 2000-03-09T10:00:00",
		"review 2000-03-21T18:00:00",
		"service-visit 2000-08-29T10:00:00",
		"set-up 2000-03-01T10:00:00",
		"warranty-ending 2001-12-30T10:00:00", // sixty days before 28 February 2002
		"warranty-ending 2002-02-21T10:00:00",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the order of the leap day\n got %q\nwant %q", got, want)
	}
}
