package followup_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"aftersales/internal/followup"
)

var noon = time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC)

func armed() followup.FollowUp {
	return followup.FollowUp{ID: "main/1/s/-/1", State: followup.Planned, Channel: followup.Email, Next: noon}.Arm("a1", "plan", noon, followup.CallTimeout)
}

func sendError(f followup.Failure) error { return &followup.SendError{Failure: f, Phase: "test"} }

func TestArm(t *testing.T) {
	f := armed()
	if f.State != followup.Armed || f.Attempt != "a1" || !f.Deadline.Equal(noon.Add(10*time.Minute)) || !f.Next.Equal(noon.Add(20*time.Minute)) {
		t.Errorf("armed: %+v", f)
	}
	if f.Overdue(f.Next.Add(-time.Second)) || !f.Overdue(f.Next) {
		t.Error("overdue is deadline + margin")
	}
}

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		err   error
		state followup.State
		next  time.Duration // 0: none
	}{
		{sendError(followup.NotAccepted), followup.Planned, time.Minute},
		{sendError(followup.Refused), followup.Failed, 0},
		{sendError(followup.Account), followup.Planned, 15 * time.Minute},
		{sendError(followup.UnclearResult), followup.Unknown, -1},
		{errors.New("not classed at all"), followup.Unknown, -1}, // never taken for a refusal
	} {
		f := armed().Fail(c.err, noon)
		next := f.Next.Sub(noon)
		if f.Next.IsZero() {
			next = 0
		}
		if f.State != c.state || c.next >= 0 && next != c.next {
			t.Errorf("%v: %s, next look in %s", c.err, f.State, next)
		}
	}
}

func TestRetriesThenFailed(t *testing.T) {
	f := armed()
	var waits []time.Duration
	for range 6 {
		if f = f.Fail(sendError(followup.NotAccepted), noon); f.State == followup.Planned {
			waits = append(waits, f.Next.Sub(noon))
			f = f.Arm("a", "plan", noon, followup.CallTimeout)
		}
	}
	want := []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 12 * time.Hour}
	if !slices.Equal(waits, want) || f.State != followup.Failed {
		t.Errorf("waits %v then %s", waits, f.State)
	}
	for range 9 { // faults of the account are not counted against the mail
		f = armed().Fail(sendError(followup.Account), noon)
	}
	if f.Refusals != 0 {
		t.Errorf("%d refusals", f.Refusals)
	}
}

func TestResolve(t *testing.T) {
	later := noon.Add(time.Hour)
	for name, c := range map[string]struct {
		known   followup.Known
		unclear followup.Unclear
		after   time.Duration
		resends int
		want    followup.State
	}{
		"accepted":                {followup.Known{Asked: true, Evidence: followup.Evidence{Accepted: true}}, followup.Park, 0, 0, followup.Sent},
		"conclusive":              {followup.Known{Asked: true, Evidence: followup.Evidence{Conclusive: true}}, followup.Park, 0, 5, followup.Planned},
		"asked, not conclusive":   {followup.Known{Asked: true}, followup.Park, time.Hour, 0, followup.Unknown},
		"asked for too long":      {followup.Known{Asked: true}, followup.Resend, 26 * time.Hour, 0, followup.Parked},
		"cannot be asked, fresh":  {followup.Known{}, followup.Resend, 9 * time.Minute, 0, followup.Unknown},
		"cannot be asked, margin": {followup.Known{}, followup.Resend, 10 * time.Minute, 0, followup.Parked},
		"stream went on":          {followup.Known{Stream: true, Watermark: later}, followup.Resend, 16 * time.Minute, 0, followup.Planned},
		"stream silent":           {followup.Known{Stream: true, Watermark: noon}, followup.Resend, 16 * time.Minute, 0, followup.Unknown},
		"stream, window open":     {followup.Known{Stream: true, Watermark: later}, followup.Resend, 14 * time.Minute, 0, followup.Unknown},
		"stream, park":            {followup.Known{Stream: true, Watermark: later}, followup.Park, 27 * time.Hour, 0, followup.Parked},
		"stream, resent once":     {followup.Known{Stream: true, Watermark: later}, followup.Resend, 27 * time.Hour, 1, followup.Parked},
	} {
		f := armed().Lose("?", noon)
		f.Resends = c.resends
		if got := f.Resolve(c.known, c.unclear, noon.Add(c.after)); got.State != c.want {
			t.Errorf("%s: %s, want %s", name, got.State, c.want)
		}
	}
}

func TestOperator(t *testing.T) {
	parked := armed().Lose("?", noon).Resolve(followup.Known{}, followup.Park, noon.Add(time.Hour))
	for to, ok := range map[followup.State]bool{followup.Sent: true, followup.Planned: true, followup.Voided: true, followup.Held: false} {
		got, err := parked.Operator(to, "because", noon)
		if (err == nil) != ok || ok && got.State != to {
			t.Errorf("%s: %s %v", to, got.State, err)
		}
	}
	if _, err := armed().Operator(followup.Sent, "because", noon); !errors.Is(err, followup.ErrState) {
		t.Errorf("an armed row was decided by hand: %v", err)
	}
}

func TestClaimAndRelease(t *testing.T) {
	listed := followup.FollowUp{ID: "main/1/c/-/1#1", State: followup.Listed, Channel: followup.Call}
	claimed := listed.Claim("a1", "plan", "sam", noon)
	if claimed.State != followup.Armed || claimed.Claimed != "sam" || !claimed.Next.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("claimed: %+v", claimed)
	}
	if claimed.Overdue(noon.Add(119*time.Minute)) || !claimed.Overdue(noon.Add(2*time.Hour)) {
		t.Error("a claimed call is forgotten after two hours")
	}
	freed, err := claimed.Release("phone broken", noon)
	if err != nil || freed.State != followup.Listed || freed.Claimed != "" {
		t.Errorf("released: %+v %v", freed, err)
	}
	if _, err := armed().Release("x", noon); !errors.Is(err, followup.ErrState) {
		t.Error("a mail was released")
	}
	for _, o := range followup.Outcomes {
		if got, err := claimed.Called(o, noon); err != nil || got.State != followup.Sent || got.Outcome != o {
			t.Errorf("%s: %+v %v", o, got.State, err)
		}
	}
	if _, err := claimed.Called("bored", noon); err == nil {
		t.Error("an unknown outcome was recorded")
	}
	if _, err := listed.Called(followup.OutcomeWorks, noon); !errors.Is(err, followup.ErrState) {
		t.Error("a call that nobody claimed has an outcome")
	}
}

func TestDecisionsKeepTheLastEight(t *testing.T) {
	var f followup.FollowUp
	for i := range 12 {
		f.Decide(followup.Decision{At: noon, Rule: string(rune('a' + i))})
	}
	f.Decide(followup.Decision{At: noon.Add(time.Hour), Rule: "l"}) // a repetition only moves its time
	if n := len(f.Decisions); n != 8 || f.Decisions[0].Rule != "e" || !f.Decisions[7].At.Equal(noon.Add(time.Hour)) {
		t.Errorf("%d decisions: %v", n, f.Decisions)
	}
}

func TestStates(t *testing.T) {
	for _, s := range followup.States {
		if s.Open() && s.Terminal() || s.Open() && s.Settled() {
			t.Errorf("%s is open and ended", s)
		}
	}
	if len(followup.States) != 14 {
		t.Errorf("%d states", len(followup.States))
	}
}

func TestIDs(t *testing.T) {
	seen := map[followup.FollowUpID]bool{}
	for _, order := range []string{"1", "1/2", "1%2F2", "a b", `q"`, "é", "~1", "#1001"} {
		for _, unit := range []followup.UnitKey{"", "l1/1", "l1/2", "l/1/1", "l~1/1", "-/1"} {
			for _, occ := range []string{"1", "1#1", "2.2", "P60D"} {
				j := followup.NewJourneyID("main", order)
				id := followup.NewFollowUpID(j, "step", unit, occ)
				if seen[id] || id.Journey() != j {
					t.Errorf("id %s: taken %v, journey %s, want %s", id, seen[id], id.Journey(), j)
				}
				seen[id] = true
				if shop, got := j.Split(); shop != "main" || got != order {
					t.Errorf("%s splits into %q %q", j, shop, got)
				}
			}
		}
	}
	if j, n, err := followup.NewCaseID("main/1-2", 3).Split(); j != "main/1-2" || n != 3 || err != nil {
		t.Errorf("case: %s %d %v", j, n, err)
	}
	for _, bad := range []followup.CaseID{"", "x", "main/1-", "main/1-0", "-1"} {
		if _, _, err := bad.Split(); err == nil {
			t.Errorf("case %q was read", bad)
		}
	}
}
