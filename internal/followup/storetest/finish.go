package storetest

import (
	"time"

	"aftersales/internal/followup"
)

func (u suite) finish(ends []followup.Finish, want ...error) {
	u.Helper()
	errs, err := u.s.Finish(u.Context(), ends)
	u.ok("finish", err)
	u.each("finish", errs, want...)
}

// armed arms one row and returns its end.
func (u suite) armed(n int) (followup.Arm, followup.Finish) {
	u.Helper()
	a := u.armable(n, 1, "a1")[0]
	u.arm([]followup.Arm{a}, followup.ArmedNow)
	return a, Ending(a, Start().Add(time.Second))
}

var finishPromises = []promise{
	{"the attempt that armed ends it, and the look is gone", func(u suite) {
		a, end := u.armed(1)
		u.finish([]followup.Finish{end}, nil)
		want := end.Row
		want.Version++
		u.same("row", u.row(end.Row.ID), want)
		u.same("due", u.due(Start().AddDate(5, 0, 0), 10), []followup.Ref{})
		u.found(followup.Query{State: followup.Armed})
		a.Contact.Version++
		u.same("contact keeps its spend", u.contact(a.Contact.ID), a.Contact)
	}},
	{"repeating it is nil and writes nothing", func(u suite) {
		_, end := u.armed(1)
		u.finish([]followup.Finish{end, end}, nil, nil)
		u.finish([]followup.Finish{end}, nil)
		if got := u.row(end.Row.ID); got.Version != 3 {
			u.Errorf("version %d, want 3", got.Version)
		}
	}},
	{"another attempt is a conflict, before and after", func(u suite) {
		_, end := u.armed(1)
		other := end
		other.Attempt, other.Row.Attempt = "a2", "a2"
		u.finish([]followup.Finish{other}, followup.ErrConflict)
		if got := u.row(end.Row.ID); got.State != followup.Armed {
			u.Errorf("the row is %s, want armed", got.State)
		}
		u.finish([]followup.Finish{end, other}, nil, followup.ErrConflict)
	}},
	{"a row that was never armed, or is not there, is a conflict", func(u suite) {
		a := u.armable(1, 1, "a1")[0]
		end := Ending(a, Start())
		end.Row.Version = a.Row.Version
		u.finish([]followup.Finish{end}, followup.ErrConflict)
		end.Row.ID = followup.NewFollowUpID("main/none", "nobody", "", "1")
		u.finish([]followup.Finish{end}, followup.ErrConflict)
	}},
	{"a row that moved on, UNKNOWN or further, is a conflict", func(u suite) {
		_, end := u.armed(1)
		r := u.row(end.Row.ID)
		r.State = followup.Unknown
		u.saved(rowsOnly(r))
		u.finish([]followup.Finish{end}, followup.ErrConflict)
		if got := u.row(r.ID); got.State != followup.Unknown {
			u.Errorf("the row is %s, want unknown", got.State)
		}
		_, end = u.armed(2)
		u.finish([]followup.Finish{end}, nil)
		r = u.row(end.Row.ID)
		r.State = followup.Delivered
		u.saved(rowsOnly(r))
		u.finish([]followup.Finish{end}, followup.ErrConflict)
	}},
	{"a refusal plans again later, and the next attempt is another", func(u suite) {
		a, end := u.armed(1)
		end.Row.State, end.Row.Next, end.Row.Refusals = followup.Planned, Start().Add(time.Minute), 1
		u.finish([]followup.Finish{end}, nil)
		u.same("due", u.due(Start().Add(time.Minute), 10), []followup.Ref{refOf(end.Row)})
		again := Arming(u.row(a.Row.ID), u.contact(a.Contact.ID), "a2", Start().Add(time.Minute))
		u.arm([]followup.Arm{again}, followup.ArmedNow)
		u.finish([]followup.Finish{end}, followup.ErrConflict)
		u.finish([]followup.Finish{Ending(again, Start())}, nil)
	}},
	{"a claim that was let go names no attempt any more, and repeating that is nil", func(u suite) {
		_, end := u.armed(1)
		end.Row.State, end.Row.Attempt, end.Row.Next = followup.Listed, "", Start().Add(time.Hour)
		u.finish([]followup.Finish{end}, nil)
		u.finish([]followup.Finish{end}, nil)
		want := end.Row
		want.Version++
		u.same("row", u.row(end.Row.ID), want)
	}},
	{"a spend is given back once, and only its own", func(u suite) {
		a, end := u.armed(1)
		p := u.contact(a.Contact.ID)
		p.Spend(followup.Spend{FollowUp: "main/1/other/-/1", At: Start(), Channel: followup.Email, Class: followup.Feedback})
		_, err := u.s.SaveContacts(u.Context(), []followup.Contact{p})
		u.ok("save contact", err)
		end.Unspend = a.Contact.ID
		u.finish([]followup.Finish{end, end}, nil, nil)
		p.Version += 2
		p.Unspend(end.Row.ID)
		u.same("contact", u.contact(p.ID), p)
	}},
	{"a spend that is gone, or a contact that is not there, does not matter", func(u suite) {
		a, end := u.armed(1)
		p := u.contact(a.Contact.ID)
		p.Unspend(a.Row.ID)
		_, err := u.s.SaveContacts(u.Context(), []followup.Contact{p})
		u.ok("save contact", err)
		end.Unspend = p.ID
		_, other := u.armed(2)
		other.Unspend = "nobody"
		u.finish([]followup.Finish{end, other}, nil, nil)
		if got := u.contact("nobody"); got.Version != 0 {
			u.Errorf("a contact was made: %+v", got)
		}
	}},
	{"two ends of one group give back to one contact", func(u suite) {
		first, end := u.armed(1)
		c := Order(2, 1)
		c.Contacts = nil
		u.saved(c)
		second := Arming(u.row(c.Rows[0].ID), u.contact(first.Contact.ID), "a2", Start())
		u.arm([]followup.Arm{second}, followup.ArmedNow)
		end2 := Ending(second, Start())
		end.Unspend, end2.Unspend = first.Contact.ID, first.Contact.ID
		u.finish([]followup.Finish{end, end2}, nil, nil)
		if got := u.contact(first.Contact.ID); len(got.Sends) != 0 {
			u.Errorf("sends left: %v", got.Sends)
		}
	}},
	{"an end that stays armed, or names another attempt in its row, is refused alone", func(u suite) {
		_, good := u.armed(1)
		_, stays := u.armed(2)
		_, names := u.armed(3)
		stays.Row.State, names.Row.Attempt = followup.Armed, "a2"
		errs, err := u.s.Finish(u.Context(), []followup.Finish{stays, good, names})
		u.ok("finish", err)
		if errs[0] == nil || errs[1] != nil || errs[2] == nil {
			u.Errorf("answers %v, want an error for the first and the last", errs)
		}
	}},
	{"each element of a large group is on its own", func(u suite) {
		arms := u.armables(u.large(), "a1")
		armed := make([]followup.ArmResult, len(arms))
		var ends []followup.Finish
		var want []error
		for n, a := range arms {
			armed[n] = followup.ArmedNow
			end := Ending(a, Start().Add(time.Second))
			var answer error
			if n%7 == 3 {
				end.Attempt, end.Row.Attempt, answer = "a2", "a2", followup.ErrConflict
			}
			ends, want = append(ends, end), append(want, answer)
		}
		u.arm(arms, armed...)
		u.finish(ends, want...)
	}},
}
