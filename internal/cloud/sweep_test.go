package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
	"aftersales/internal/queue"
)

// due puts rows into the table whose looks are due at a time, each of an order
// of its own that nothing is known about.
func (s *stack) due(n int, at time.Time, class followup.Class) []followup.FollowUpID {
	s.t.Helper()
	return s.dueBy(s.store, n, at, class)
}

// dueBy does so through a store.
func (s *stack) dueBy(store followup.Store, n int, at time.Time, class followup.Class) []followup.FollowUpID {
	s.t.Helper()
	var ids []followup.FollowUpID
	for i := range n {
		j := followup.NewJourneyID("main", "due-"+string(class)+strconv.Itoa(i)+"-"+strconv.FormatInt(at.Unix(), 10))
		row := followup.FollowUp{
			ID: followup.NewFollowUpID(j, "x", "", "1"), Step: "x", Class: class, Channel: followup.Email, State: followup.Planned, DueAt: at, Next: at,
		}
		errs, err := store.Save(s.t.Context(), []followup.Change{{Journey: j, Head: &followup.Head{}, Rows: []followup.FollowUp{row}}})
		if err = errors.Join(append(errs, err)...); err != nil {
			s.t.Fatal(err)
		}
		ids = append(ids, row.ID)
	}
	return ids
}

func (s *stack) sweep() {
	s.t.Helper()
	if err := s.form(config.Sweep).Sweep(s.t.Context(), nil); err != nil {
		s.t.Fatal(err)
	}
}

// queued returns the looks on the deliver queue.
func (s *stack) queued() []cloud.Look {
	s.t.Helper()
	var out []cloud.Look
	for _, b := range s.deliver.Bodies() {
		var l cloud.Look
		if err := json.Unmarshal(b, &l); err != nil {
			s.t.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

func TestSweepQueuesWhatIsDueInNinetySeconds(t *testing.T) {
	s := newStack(t)
	want := s.due(1, s.Now().Add(time.Minute), followup.Service)
	s.due(1, s.Now().Add(2*time.Minute), followup.Service)
	s.sweep()
	got := s.queued()
	if len(got) != 1 || !slices.Equal(got[0].IDs, want) || got[0].Journey != want[0].Journey() || !got[0].At.Equal(s.Now().Add(time.Minute)) {
		t.Fatalf("queued %+v, want %v", got, want)
	}
	if next, _ := s.deliver.Next(); !next.Equal(s.Now().Add(time.Minute)) {
		t.Errorf("it can be received at %s", next)
	}
	s.sweep()
	if got := s.queued(); len(got) != 1 {
		t.Errorf("a second sweep queued it again: %+v", got)
	}
}

func TestSweepKeepsToTheRateOfBothMailLanes(t *testing.T) {
	s := newStack(t)
	s.limits = cloud.Limits{PerSecond: 1, Left: 1000} // 0.8 a second: 72 or 73 in 90 s
	s.due(60, s.Now(), followup.Service)
	s.due(60, s.Now(), followup.Feedback)
	s.sweep()
	got := s.queued()
	if len(got) < 72 || len(got) > 73 {
		t.Errorf("%d were queued for 90 s at 0.8 a second", len(got))
	}
	for i, l := range got[:60] {
		if !strings.Contains(string(l.Journey), "service") {
			t.Fatalf("place %d has %s, want service first", i, l.Journey)
		}
	}
	s.pass(time.Minute)
	s.sweep()
	if got := s.queued(); len(got) != 120 {
		t.Errorf("a minute later %d are queued, want all 120: 48 seconds' worth more", len(got))
	}
}

func TestSweepLeavesWhatTheDayDoesNotAllow(t *testing.T) {
	s := newStack(t)
	s.limits = cloud.Limits{PerSecond: 14, Left: 5}
	s.due(20, s.Now(), followup.Service)
	s.sweep()
	s.pass(time.Minute)
	s.sweep()
	if got := s.queued(); len(got) != 5 {
		t.Errorf("%d were queued, the day leaves 5", len(got))
	}
	s.limits.Left = 1000
	s.pass(5 * time.Minute)
	s.sweep()
	if got := s.queued(); len(got) != 20 {
		t.Errorf("after the limits were read again %d are queued", len(got))
	}
}

func TestSweepQueuesNothingWhileTheAccountIsStopped(t *testing.T) {
	s := newStack(t)
	s.limits.Stopped = true
	s.due(1, s.Now(), followup.Service)
	s.sweep()
	if got := s.queued(); len(got) != 0 {
		t.Errorf("queued %+v", got)
	}
	if !strings.Contains(s.metrics.text(), `"LanePaused":1`) {
		t.Error("a stopped account rings nobody")
	}
	states, err := s.form(config.Console).LaneStates(t.Context())
	if err != nil || states[0].Paused == nil || !strings.Contains(states[0].Paused.Why, "stopped the account") || states[2].Paused != nil {
		t.Errorf("lanes %+v, %v", states, err)
	}
}

// racing lets another sweep run between the reading and the writing of a record.
type racing struct {
	*memory.Store
	between func()
}

func (r *racing) SetRecord(ctx context.Context, key string, value []byte, version int64) error {
	if f := r.between; f != nil {
		r.between = nil
		f()
	}
	return r.Store.SetRecord(ctx, key, value, version)
}

func TestOfTwoSweepsAtOnceOneBeginsAnew(t *testing.T) {
	s := newStack(t)
	s.due(30, s.Now(), followup.Service)
	parts := s.parts(config.Sweep)
	parts.Store = &racing{Store: s.store, between: s.sweep}
	if err := cloud.New(parts).Sweep(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := s.queued(); len(got) != 30 {
		t.Errorf("%d looks are queued, want each once", len(got))
	}
	if !strings.Contains(s.logs.text(), "begins anew") {
		t.Error("nobody lost")
	}
}

func TestAQueueThatFailsLeavesThePlaceWhereItWas(t *testing.T) {
	s := newStack(t)
	s.due(3, s.Now(), followup.Service)
	parts := s.parts(config.Sweep)
	parts.DeliverQueue = broken{}
	if err := cloud.New(parts).Sweep(t.Context(), nil); err == nil {
		t.Fatal("no error")
	}
	s.pass(time.Minute)
	s.sweep()
	if got := s.queued(); len(got) != 3 {
		t.Errorf("the next sweep queued %d, want all three", len(got))
	}
}

// lossy is a queue that says it has what it lost.
type lossy struct{}

func (lossy) Send(context.Context, []queue.Message) error { return nil }

func TestWhatWasLostIsHealed(t *testing.T) {
	s := newStack(t)
	ids := s.due(3, s.Now(), followup.Service)
	parts := s.parts(config.Sweep)
	parts.DeliverQueue = lossy{}
	if err := cloud.New(parts).Sweep(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for range 9 {
		s.pass(time.Minute)
		s.sweep()
	}
	if got := s.queued(); len(got) != 0 {
		t.Fatalf("after nine minutes %+v", got)
	}
	s.pass(time.Minute)
	s.sweep()
	if got := s.queued(); len(got) != len(ids) {
		t.Errorf("after ten minutes %d are queued again, want %d", len(got), len(ids))
	}
	s.pass(time.Minute)
	s.sweep()
	if got := s.queued(); len(got) != len(ids) {
		t.Errorf("a minute later %d: each round queues them once", len(got))
	}
}

// What is written behind the lane's place, its own message lost, is healed too.
func TestALookBehindThePlaceIsHealed(t *testing.T) {
	s := newStack(t)
	s.due(1, s.Now(), followup.Service)
	s.sweep()
	late := s.due(1, s.Now().Add(-time.Hour), followup.Service)
	for range 16 {
		s.pass(time.Minute)
		s.sweep()
	}
	if !slices.ContainsFunc(s.queued(), func(l cloud.Look) bool { return l.IDs[0] == late[0] }) {
		t.Error("the look behind was never queued")
	}
}

func TestALanePausesItselfUntilAnOperatorGoesOn(t *testing.T) {
	s := newStack(t)
	s.limits = cloud.Limits{PerSecond: 1000, Left: -1}
	s.due(300, s.Now(), followup.Feedback)
	kinds := func(class followup.Class) int {
		seen := map[followup.JourneyID]bool{}
		for _, l := range s.queued() {
			seen[l.Journey] = strings.Contains(string(l.Journey), string(class))
		}
		n := 0
		for _, of := range seen {
			if of {
				n++
			}
		}
		return n
	}
	for range 3 {
		s.sweep()
		s.pass(time.Minute)
	}
	if got := kinds(followup.Feedback); got != 200 {
		t.Errorf("%d were queued, want the 200 that are usual", got)
	}
	form := s.form(config.Console)
	states, err := form.LaneStates(t.Context())
	if err != nil || len(states) != 4 || states[1].Lane != followup.LaneRest || states[1].Paused == nil || states[0].Paused != nil {
		t.Fatalf("states %+v, %v", states, err)
	}
	s.due(1, s.Now(), followup.Service)
	s.sweep()
	if kinds(followup.Service) != 1 {
		t.Errorf("the other lane stands still, too")
	}
	s.pass(2 * time.Hour)
	s.sweep()
	if got := kinds(followup.Feedback); got != 200 {
		t.Errorf("the lane went on by itself, to %d", got)
	}
	if err := form.GoOn(t.Context(), followup.LaneRest); err != nil {
		t.Fatal(err)
	}
	s.sweep()
	if got := kinds(followup.Feedback); got != 300 {
		t.Errorf("after an operator went on %d are queued, want all", got)
	}
	if err := form.GoOn(t.Context(), "no-lane"); !errors.Is(err, cloud.ErrLane) {
		t.Errorf("a lane that does not exist: %v", err)
	}
}

func TestAnOperatorPausesALane(t *testing.T) {
	s := newStack(t)
	form := s.form(config.Console)
	if err := form.PauseLane(t.Context(), followup.LaneService, "drill"); err != nil {
		t.Fatal(err)
	}
	s.due(2, s.Now(), followup.Service)
	s.sweep()
	if got := s.queued(); len(got) != 0 {
		t.Errorf("a paused lane queued %+v", got)
	}
}

func TestNewSettingsAreQueuedForEveryJourney(t *testing.T) {
	s := newStack(t)
	s.due(60, s.Now().Add(time.Hour), followup.Service)
	s.sweep()
	ids := map[string]bool{}
	for _, b := range s.enroll.Bodies() {
		var m cloud.Enrol
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		for _, id := range m.Again {
			ids[string(id)] = true
		}
	}
	if len(ids) != 60 {
		t.Fatalf("%d journeys were queued, want all 60", len(ids))
	}
	n := s.enroll.Len()
	s.sweep()
	if s.enroll.Len() != n {
		t.Error("the same settings were queued again")
	}
	s.config.Shops[0].Phone = "+4930999"
	s.sweep()
	if s.enroll.Len() != 2*n {
		t.Errorf("%d messages after the settings changed, want %d", s.enroll.Len(), 2*n)
	}
}

func TestOldestDueIsMeasured(t *testing.T) {
	s := newStack(t)
	s.sweep()
	if line := s.metrics.text(); !strings.Contains(line, `"OldestDueSeconds":0`) || !strings.Contains(line, `"Stack":"test"`) {
		t.Errorf("with nothing due: %s", line)
	}
	s.due(1, s.Now().Add(-7*time.Minute), followup.Feedback)
	s.sweep()
	lines := strings.Split(strings.TrimSpace(s.metrics.text()), "\n")
	var m struct {
		AWS struct {
			CloudWatchMetrics []struct {
				Namespace string
				Metrics   []struct{ Name, Unit string }
			}
		} `json:"_aws"`
		OldestDueSeconds float64
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &m); err != nil || m.OldestDueSeconds != 420 || m.AWS.CloudWatchMetrics[0].Metrics[0].Unit != "Seconds" {
		t.Errorf("measured %+v, %v", m, err)
	}
}
