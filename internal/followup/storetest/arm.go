package storetest

import (
	"cmp"
	"slices"
	"time"

	"aftersales/internal/followup"
)

func sortRefs(refs []followup.Ref) {
	slices.SortFunc(refs, func(a, b followup.Ref) int {
		return cmp.Or(a.Next.Compare(b.Next), cmp.Compare(a.ID, b.ID))
	})
}

// Arming arms a loaded row for an attempt, with the spend of a loaded contact.
func Arming(f followup.FollowUp, c followup.Contact, attempt string, now time.Time) followup.Arm {
	c.Sends = slices.Clone(c.Sends)
	c.Spend(followup.Spend{FollowUp: f.ID, Epoch: 1, At: now, Channel: f.Channel, Class: f.Class})
	f.State, f.Attempt, f.ArmedAt, f.Deadline = followup.Armed, attempt, now, now.Add(followup.CallTimeout)
	return followup.Arm{Row: f, Contact: c}
}

// Ending ends the attempt of an armed row: it is sent.
func Ending(a followup.Arm, now time.Time) followup.Finish {
	f := a.Row
	f.Version++
	f.State, f.Next, f.Ended, f.Deadline, f.Provider = followup.Sent, time.Time{}, now, time.Time{}, "msg-"+f.Attempt
	return followup.Finish{Row: f, Attempt: a.Row.Attempt}
}

// armable saves order n and returns an arm for each of its rows, all with the
// contact as it is now.
func (u suite) armable(n, rows int, attempt string) []followup.Arm {
	u.Helper()
	c := Order(n, rows)
	u.saved(c)
	j := u.load(c.Journey)
	p := u.contact(c.Head.Contact)
	var arms []followup.Arm
	for _, r := range j.Rows {
		arms = append(arms, Arming(r, p, attempt, Start()))
	}
	return arms
}

func (u suite) arm(arms []followup.Arm, want ...followup.ArmResult) {
	u.Helper()
	got, err := u.s.Arm(u.Context(), arms)
	u.ok("arm", err)
	u.same("arm", got, want)
}

// armedAs wants the row and the contact of a written.
func (u suite) armedAs(a followup.Arm) {
	u.Helper()
	a.Row.Version++
	a.Contact.Version++
	u.same("armed row", u.row(a.Row.ID), a.Row)
	u.same("contact of the armed row", u.contact(a.Contact.ID), a.Contact)
}

var armPromises = []promise{
	{"an open row is armed and its contact spent, both one version on", func(u suite) {
		a := u.armable(1, 1, "a1")[0]
		u.arm([]followup.Arm{a}, followup.ArmedNow)
		u.armedAs(a)
		u.same("due", u.due(Start().AddDate(5, 0, 0), 10), []followup.Ref{refOf(a.Row)})
		u.found(followup.Query{State: followup.Armed}, a.Row.ID.Journey())
	}},
	{"planned, held and listed rows are open, others are lost", func(u suite) {
		for n, state := range followup.States {
			c := Order(n, 1)
			c.Rows[0].State = state
			u.saved(c)
			a := Arming(u.row(c.Rows[0].ID), u.contact(c.Head.Contact), "a1", Start())
			want := followup.Lost
			if state.Open() {
				want = followup.ArmedNow
			}
			u.arm([]followup.Arm{a}, want)
			if got := u.row(a.Row.ID); (got.State == followup.Armed) != (want == followup.ArmedNow || state == followup.Armed) {
				u.Errorf("row in state %s is %s after %s", state, got.State, want)
			}
		}
	}},
	{"a row that is armed is found by that state and no more by its old one", func(u suite) {
		for n, state := range []followup.State{followup.Held, followup.Listed} {
			c := Order(n, 1)
			c.Rows[0].State = state
			u.saved(c)
			u.found(followup.Query{State: state}, c.Journey)
			u.arm([]followup.Arm{Arming(u.row(c.Rows[0].ID), u.contact(c.Head.Contact), "a1", Start())}, followup.ArmedNow)
			u.found(followup.Query{State: state})
		}
		u.found(followup.Query{State: followup.Armed}, Order(0, 1).Journey, Order(1, 1).Journey)
	}},
	{"a row that moved is lost", func(u suite) {
		a := u.armable(1, 1, "a1")[0]
		u.saved(rowsOnly(u.row(a.Row.ID)))
		u.arm([]followup.Arm{a}, followup.Lost)
		if got := u.row(a.Row.ID); got.State != followup.Planned || got.Version != 2 {
			u.Errorf("the lost row is %s, version %d", got.State, got.Version)
		}
		if got := u.contact(a.Contact.ID); !u.NoTransactions && len(got.Sends) != 0 {
			u.Errorf("the contact of a lost row has %d sends", len(got.Sends))
		}
	}},
	{"a row that does not exist is lost", func(u suite) {
		a := u.armable(1, 1, "a1")[0]
		a.Row.ID, a.Row.Version = followup.NewFollowUpID(a.Row.ID.Journey(), "nobody", "", "1"), 0
		u.arm([]followup.Arm{a}, followup.Lost)
	}},
	{"a contact that moved closes, and the row stays", func(u suite) {
		a := u.armable(1, 1, "a1")[0]
		out := u.contact(a.Contact.ID)
		out.Suppress(followup.Suppression{Channel: followup.Email, Reason: "complaint", At: Start()})
		_, err := u.s.SaveContacts(u.Context(), []followup.Contact{out})
		u.ok("save contact", err)
		u.arm([]followup.Arm{a}, followup.Closed)
		if got := u.row(a.Row.ID); got.State != followup.Planned || got.Version != 1 {
			u.Errorf("the row behind a closed gate is %s, version %d", got.State, got.Version)
		}
		if got := u.contact(a.Contact.ID); len(got.Suppressed) != 1 || len(got.Sends) != 0 {
			u.Errorf("the contact was overwritten: %+v", got.Suppressed)
		}
	}},
	{"a contact that is new is written", func(u suite) {
		a := u.armable(1, 1, "a1")[0]
		a.Contact = Customer(99)
		u.arm([]followup.Arm{a}, followup.ArmedNow)
		u.armedAs(a)
	}},
	{"of two rows of one contact in a group the first wins", func(u suite) {
		arms := u.armable(1, 2, "a1")
		u.arm(arms, followup.ArmedNow, followup.Closed)
		u.armedAs(arms[0])
		if got := u.row(arms[1].Row.ID); got.State != followup.Planned {
			u.Errorf("the second row is %s", got.State)
		}
	}},
	{"the same row twice in a group is armed once", func(u suite) {
		a := u.armable(1, 1, "a1")[0]
		b := a
		b.Row.Attempt, b.Contact = "a2", u.armable(2, 1, "x")[0].Contact
		u.arm([]followup.Arm{a, b}, followup.ArmedNow, followup.Lost)
		u.armedAs(a)
	}},
	{"each element of a large group is on its own", armLargeGroup},
	{"what is not an arm is refused before anything is written", func(u suite) {
		for _, spoil := range []func(a *followup.Arm){
			func(a *followup.Arm) { a.Row.State = followup.Planned },
			func(a *followup.Arm) { a.Row.Attempt = "" },
			func(a *followup.Arm) { a.Contact.ID = "" },
		} {
			good, bad := u.armable(1, 1, "a1")[0], u.armable(2, 1, "a1")[0]
			spoil(&bad)
			if got, err := u.s.Arm(u.Context(), []followup.Arm{good, bad}); err == nil {
				u.Errorf("arm: %v, want an error", got)
			}
			if got := u.row(good.Row.ID); got.State != followup.Planned {
				u.Errorf("the good row is %s", got.State)
			}
			u.s = u.Open(u.T)
		}
	}},
	{"nothing is nothing", func(u suite) {
		u.arm(nil)
		errs, err := u.s.Finish(u.Context(), nil)
		u.ok("finish", err)
		if len(errs) != 0 {
			u.Errorf("answers to nothing: %v", errs)
		}
	}},
}

// armables saves n orders of one row in one call and returns an arm for each row.
func (u suite) armables(n int, attempt string) []followup.Arm {
	u.Helper()
	var group []followup.Change
	var ids []followup.JourneyID
	var people []followup.ContactID
	for i := range n {
		c := Order(i, 1)
		group, ids, people = append(group, c), append(ids, c.Journey), append(people, c.Head.Contact)
	}
	u.saved(group...)
	journeys, err := u.s.Journeys(u.Context(), ids)
	u.ok("load journeys", err)
	contacts, err := u.s.Contacts(u.Context(), people)
	u.ok("load contacts", err)
	var arms []followup.Arm
	for i := range n {
		arms = append(arms, Arming(journeys[i].Rows[0], contacts[i], attempt, Start()))
	}
	return arms
}

func armLargeGroup(u suite) {
	arms := u.armables(u.large(), "a1")
	var want []followup.ArmResult
	var moved []followup.Change
	var closed []followup.Contact
	for n, a := range arms {
		switch n % 10 {
		case 3:
			row := a.Row
			row.State, row.Attempt = followup.Planned, ""
			moved, want = append(moved, rowsOnly(row)), append(want, followup.Lost)
		case 7:
			closed, want = append(closed, a.Contact), append(want, followup.Closed)
		default:
			want = append(want, followup.ArmedNow)
		}
	}
	u.saved(moved...)
	errs, err := u.s.SaveContacts(u.Context(), closed)
	u.ok("save contacts", err)
	u.each("save contacts", errs, make([]error, len(closed))...)
	u.arm(arms, want...)
	ids := make([]followup.JourneyID, len(arms))
	for i, a := range arms {
		ids[i] = a.Row.ID.Journey()
	}
	journeys, err := u.s.Journeys(u.Context(), ids)
	u.ok("load journeys", err)
	for i := range arms {
		if got := journeys[i].Rows[0]; (got.State == followup.Armed) != (want[i] == followup.ArmedNow) {
			u.Errorf("row %d is %s after %s", i, got.State, want[i])
		}
	}
}
