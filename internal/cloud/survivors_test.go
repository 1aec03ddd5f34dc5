package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
)

// A message of the enroll queue that came back queues what is due soon: its first
// receive may have died before it did.
func TestWhatIsDueSoonIsQueuedAgainForAMessageThatCameBack(t *testing.T) {
	for receives, want := range map[string]int{"1": 0, "2": 1} {
		s := newStack(t)
		s.sold(1)
		s.dropQueued()
		ids := s.until("1000")
		s.pass(-time.Minute)
		m := cloud.QueueMessage{MessageID: "m", Body: `{"again":["main/1000"]}`, Attributes: map[string]string{"ApproximateReceiveCount": receives}}
		if out, err := s.form(config.Enroll).Enroll(t.Context(), one(m)); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatal(out, err)
		}
		got := 0
		for _, l := range s.queued() {
			for _, id := range l.IDs {
				if id == ids[0] {
					got++
				}
			}
		}
		if got != want {
			t.Errorf("at receive %s it is queued %d times, want %d", receives, got, want)
		}
	}
}

// The rate is kept by the delay of each message, not only by how many there are.
func TestSweepSpreadsWhatIsDueAtOnce(t *testing.T) {
	s := newStack(t)
	s.limits = cloud.Limits{PerSecond: 2.5, Left: -1} // two a second
	s.due(40, s.Now().Add(-time.Minute), followup.Service)
	s.sweep()
	perSecond := map[time.Duration]int{}
	for _, at := range s.turns() {
		perSecond[at]++
	}
	if len(perSecond) != 20 {
		t.Errorf("40 looks are visible in %d seconds, want 20", len(perSecond))
	}
	for at, n := range perSecond {
		if n > 2 {
			t.Errorf("%d are visible after %s, want two", n, at)
		}
	}
}

// Healing stays behind the place where the lane stood: of looks at the same time
// it takes those before it only.
func TestHealingStaysBehindThePlace(t *testing.T) {
	s := newStack(t)
	s.limits = cloud.Limits{PerSecond: 1, Left: 10} // ten a day: the place stands between looks of one time
	s.due(20, s.Now(), followup.Service)
	s.sweep()
	if n := len(s.turns()); n != 10 {
		t.Fatalf("%d were queued, want ten", n)
	}
	s.limits.Left = 1000
	s.pass(11 * time.Minute) // the place has stood there for ten minutes
	s.sweep()
	seen := map[followup.FollowUpID]int{}
	for _, l := range s.queued() {
		for _, id := range l.IDs {
			seen[id]++
		}
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was queued %d times by one sweep: as new, and healed", id, n)
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d were queued, want the ten new ones and the ten to be healed", len(seen))
	}
}

// What was given counts until the limits are read again, and no longer: the
// provider counts it then.
func TestNewLimitsForgetWhatWasGiven(t *testing.T) {
	s := newStack(t)
	s.limits = cloud.Limits{PerSecond: 14, Left: 5}
	s.due(8, s.Now(), followup.Service)
	s.sweep()
	s.pass(6 * time.Minute)
	s.sweep() // the day still leaves five, says the provider
	if n := len(s.queued()); n != 8 {
		t.Errorf("%d were queued in all, want all eight: 5 and 3", n)
	}
}

// Without room not even a look is begun, which may have to be made again.
func TestDeliverLooksAtNothingWithoutRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStack(t)
		s.sold(1)
		ids := s.until("1000")
		s.config.Shops[0].Paused = true // a look would hold it
		ctx, cancel := context.WithTimeout(t.Context(), 14*time.Second)
		defer cancel()
		before := s.state(ids[0])
		if out, err := s.deliverer(&channel{}).Deliver(ctx, one(message(t, "m", s.Now(), "1", ids...))); err != nil || len(out.BatchItemFailures) != 0 {
			t.Fatal(out, err)
		}
		if got := s.state(ids[0]); got.Version != before.Version {
			t.Errorf("it was looked at, and is %s", got.State)
		}
	})
}

// ending is a store whose caller gives up as soon as something is written.
type ending struct {
	followup.SweptStore
	cancel context.CancelFunc
}

func (e *ending) Save(ctx context.Context, changes []followup.Change) ([]error, error) {
	defer e.cancel()
	return e.SweptStore.Save(ctx, changes)
}

// What was written is queued although the time of its writer is over.
func TestSoonDueIsQueuedThoughItsWriterEnds(t *testing.T) {
	s := newStack(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	parts := s.parts(config.Enroll)
	parts.Store = &ending{s.store, cancel}
	s.dueByIn(ctx, cloud.New(parts).Seen(), s.Now().Add(20*time.Second))
	if ctx.Err() == nil || len(s.queued()) != 1 {
		t.Errorf("over: %v; %d queued, want one", ctx.Err(), len(s.queued()))
	}
}

// dueByIn saves a row that is due through a store.
func (s *stack) dueByIn(ctx context.Context, store followup.Store, at time.Time) {
	s.t.Helper()
	j := followup.NewJourneyID("main", "soon")
	row := followup.FollowUp{ID: followup.NewFollowUpID(j, "x", "", "1"), Step: "x", Class: followup.Service, Channel: followup.Email, State: followup.Planned, DueAt: at, Next: at}
	errs, err := store.Save(ctx, []followup.Change{{Journey: j, Head: &followup.Head{}, Rows: []followup.FollowUp{row}}})
	s.must(errors.Join(append(errs, err)...))
}

// deaf is a store that keeps no rows.
type deaf struct{ followup.SweptStore }

func (deaf) Save(context.Context, []followup.Change) ([]error, error) {
	return nil, errors.New("no")
}

// The watermark is behind every report that was not recorded: it lets what was
// not reported be sent again.
func TestAReportThatFailedMovesNoWatermark(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	ids := s.until("1000")
	if _, err := s.deliverer(&channel{}).Deliver(t.Context(), one(message(t, "m", s.Now(), "1", ids...))); err != nil {
		t.Fatal(err)
	}
	row := s.state(ids[0])
	report := func(store followup.SweptStore) (failed int, mark time.Time) {
		parts := s.parts(config.Outcome)
		parts.Store = store
		out, err := cloud.New(parts).Outcome(t.Context(), one(cloud.QueueMessage{MessageID: "a", Body: told(t, "Delivery", row.ID, row.Attempt, s.Now())}))
		s.must(err)
		value, version, err := s.store.Record(t.Context(), "seen#email")
		s.must(err)
		if version > 0 {
			s.must(json.Unmarshal(value, &mark))
		}
		return len(out.BatchItemFailures), mark
	}
	if failed, mark := report(deaf{s.store}); failed != 1 || !mark.IsZero() {
		t.Errorf("%d failed, the watermark is %s", failed, mark)
	}
	if failed, mark := report(s.store); failed != 0 || !mark.Equal(s.Now()) {
		t.Errorf("recorded: %d failed, the watermark is %s", failed, mark)
	}
}

// What was queued less than ten minutes ago may be on its way: it is not healed.
func TestHealingLeavesWhatIsOnItsWay(t *testing.T) {
	s := newStack(t)
	lost := s.due(1, s.Now(), followup.Service)[0]
	s.sweep()
	s.pass(6 * time.Minute)
	young := s.due(1, s.Now(), followup.Service)[0]
	s.sweep()
	s.pass(5 * time.Minute)
	s.sweep()
	seen := map[followup.FollowUpID]int{}
	for _, l := range s.queued() {
		seen[l.IDs[0]]++
	}
	if seen[lost] != 2 || seen[young] != 1 {
		t.Errorf("the one of eleven minutes ago was queued %d times, that of five minutes ago %d; want 2, 1", seen[lost], seen[young])
	}
}
