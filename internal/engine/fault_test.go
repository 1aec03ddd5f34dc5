package engine_test

import (
	"context"
	"testing"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
)

// What a row has no part in never parks it: its shop is not configured, and then is.
func TestAFaultOfTheSettingsParksNothing(t *testing.T) {
	s := shopOf(t, "late: {more_than: P60D, then: skip}\nsteps:\n"+ask("a", "service", ""), memory.New(), nil, nil, nil)
	s.bought(t, "main/1")
	main := s.config.Shops["main"]
	delete(s.config.Shops, "main")
	s.Engine = engine.New(s.config)
	must(t, s.run(t.Context(), at("2026-03-06T12:00")))
	if r := s.row(t, "main/1/a/-/1"); r.State != followup.Planned || r.Receives != 0 || r.Next.After(s.now.Add(5*time.Minute)) {
		t.Fatalf("after two hours without its shop it is %s, %d looks failed, the next is at %s", r.State, r.Receives, r.Next)
	}
	s.config.Shops["main"] = main
	s.Engine = engine.New(s.config)
	must(t, s.run(t.Context(), at("2026-03-06T12:06")))
	if r := s.row(t, "main/1/a/-/1"); r.State != followup.Sent {
		t.Errorf("its shop is back, and it is %s", r.State)
	}
}

// Time is asked for when a row is decided, before it is armed, and before it is
// called: the writes between may take any time.
func TestRoomIsAskedForBeforeEachStep(t *testing.T) {
	for enough, want := range []struct {
		state followup.State
		next  time.Duration
		spent int
	}{
		{followup.Planned, 0, 0},
		{followup.Planned, 0, 0},
		{followup.Planned, time.Minute, 1},
		{followup.Sent, 0, 1},
	} {
		p, asked := &provider{}, 0
		s := shopOf(t, "steps:\n"+ask("a", "service", ""), memory.New(), p, nil, nil)
		s.config.Room = func(context.Context) bool { asked++; return asked <= enough }
		s.Engine = engine.New(s.config)
		s.bought(t, "main/1")
		due := at("2026-03-06T10:00")
		_, err := s.Deliver(t.Context(), due, []followup.Ref{{ID: "main/1/a/-/1", Next: due}})
		must(t, err)
		r := s.row(t, "main/1/a/-/1")
		if r.State != want.state || want.state == followup.Planned && !r.Next.Equal(due.Add(want.next)) || len(s.contact(t, "c").Sends) != want.spent {
			t.Errorf("enough time %d times: %s, next look %s, %d reserved", enough, r.State, r.Next.Sub(due), len(s.contact(t, "c").Sends))
		}
		if called := len(p.taken); (called == 1) != (want.state == followup.Sent) {
			t.Errorf("enough time %d times: %d calls", enough, called)
		}
	}
}
