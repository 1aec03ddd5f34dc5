package cloud_test

import (
	"strings"
	"testing"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
)

// turns receives everything in the order of time, and returns how long after now
// each message was visible.
func (s *stack) turns() (out []time.Duration) {
	s.t.Helper()
	start := s.Now()
	for s.deliver.Len() > 0 {
		next, _ := s.deliver.Next()
		s.pass(max(0, next.Sub(s.Now())))
		for _, m := range s.deliver.Receive(100) {
			s.deliver.Delete(m.Receipt)
			out = append(out, next.Sub(start))
		}
	}
	s.pass(start.Sub(s.Now()))
	return out
}

// A paused lane holds what is due soon, too; the sweep takes it on resumption,
// although its place was behind it.
func TestSoonDueWaitsWhileItsLaneIsPaused(t *testing.T) {
	s := newStack(t)
	s.due(1, s.Now().Add(80*time.Second), followup.Service)
	s.sweep() // its place is ahead
	form := s.form(config.Enroll)
	if err := form.PauseLane(t.Context(), followup.LaneService, "a wrong price"); err != nil {
		t.Fatal(err)
	}
	s.turns()
	s.dueBy(form.Seen(), 3, s.Now().Add(20*time.Second), followup.Service)
	if got := s.turns(); len(got) != 0 {
		t.Errorf("%d messages of a paused lane", len(got))
	}
	s.pass(time.Minute) // less than after which healing would find them
	s.sweep()
	if got := s.turns(); len(got) != 0 {
		t.Errorf("a paused lane queued %d", len(got))
	}
	if err := s.form(config.Console).GoOn(t.Context(), followup.LaneService); err != nil {
		t.Fatal(err)
	}
	s.sweep()
	if got := s.turns(); len(got) != 4 {
		t.Errorf("after the pause %d messages, want the three, and the one of before that was never handled", len(got))
	}
}

// What is due soon takes turns of the rate, and what the sweep gives later takes
// others.
func TestSoonDueTakesTurns(t *testing.T) {
	s := newStack(t)
	s.limits = cloud.Limits{PerSecond: 1.25, Left: 70} // one a second
	s.sweep()                                          // reads them
	s.dueBy(s.form(config.Enroll).Seen(), 40, s.Now(), followup.Service)
	s.due(40, s.Now(), followup.Feedback)
	s.sweep()
	got := s.turns()
	if len(got) != 70 {
		t.Fatalf("%d are queued, want the 70 that the day leaves", len(got))
	}
	for i, at := range got {
		if at != time.Duration(i)*time.Second {
			t.Fatalf("message %d is visible after %s: %s", i, at, got)
		}
	}
}

// An hour with more than is usual pauses the lane, whoever queues it.
func TestSoonDueMayBeUnusual(t *testing.T) {
	s := newStack(t)
	s.limits = cloud.Limits{PerSecond: 1000, Left: -1}
	s.sweep()
	seen := s.form(config.Enroll).Seen()
	s.dueBy(seen, 250, s.Now(), followup.Feedback)
	if got := s.turns(); len(got) != 200 {
		t.Errorf("%d are queued, want the 200 that are usual", len(got))
	}
	if n := strings.Count(s.metrics.text(), `"LanePaused":1`); n != 1 {
		t.Errorf("it rings %d times", n)
	}
	states, err := s.form(config.Console).LaneStates(t.Context())
	if err != nil || states[1].Paused == nil || states[0].Paused != nil {
		t.Errorf("states %+v, %v", states, err)
	}
}
