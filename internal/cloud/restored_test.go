package cloud_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
	"aftersales/internal/queue"
)

// use deploys the stack with a table of journeys.
func (s *stack) use(table string) {
	of := s.parts
	s.parts = func(f config.Function) cloud.Parts {
		p := of(f)
		p.Env.Journeys = table
		return p
	}
}

// keep carries what lies in the inbox table beside bodies to where the stack is now.
func (s *stack) keep(from *memory.Store, names ...string) {
	s.t.Helper()
	for _, name := range names {
		value, version, err := from.Record(s.t.Context(), name)
		s.must(err)
		if version > 0 {
			s.must(s.store.SetRecord(s.t.Context(), name, value, 0))
		}
	}
}

// TestNothingIsSentFromARestoredTableBeforeTheEpochIsRaised forgets the step of the
// runbook that raises the epoch, and everything else: no function sends, and no verb
// lets it, until the epoch is raised; then what went out before is not sent again.
func TestNothingIsSentFromARestoredTableBeforeTheEpochIsRaised(t *testing.T) {
	s := newStack(t)
	s.use("journeys")
	c := &channel{}
	deliver := func() *cloud.Form {
		p := s.parts(config.Deliver)
		p.Mail = c
		return cloud.New(p)
	}
	s.sold(1)
	id := s.until("1000")[0]
	look := func(f *cloud.Form) {
		t.Helper()
		if out, err := f.Deliver(t.Context(), one(message(t, "m", s.Now(), "1", id))); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatal(out, err)
		}
	}
	old := deliver()
	look(old)
	if c.sent.Load() != 1 {
		t.Fatalf("%d went out", c.sent.Load())
	}

	before := s.store
	s.forget()
	s.keep(before, "epoch#journeys")
	s.use("journeys-restored")
	op, enroll := s.operator(), s.form(config.Enroll)
	if err := op.Raised(t.Context()); !errors.Is(err, cloud.ErrRestored) || !strings.Contains(err.Error(), "stack epoch --raise --stack test") {
		t.Fatalf("going on: %v", err)
	}
	if fed, err := op.FeedAgain(t.Context(), time.Time{}, func(int) {}); !errors.Is(err, cloud.ErrRestored) || fed != 0 {
		t.Fatalf("%d bodies were fed, %v", fed, err)
	}
	bodies, _, err := s.store.Bodies(t.Context(), "", 1000)
	s.must(err)
	for i := range bodies {
		s.must(s.enroll.Send(t.Context(), []queue.Message{{Body: []byte(event(t, cloud.Enrol{Inbox: &bodies[i].InboxKey}))}}))
	}
	for n := 1; n > 0; {
		n, _ = s.batch(s.enroll, enroll.Enroll)
	}
	fresh := deliver()
	look(fresh)
	if got := s.state(id); c.sent.Load() != 1 || got.State != followup.Planned {
		t.Fatalf("%d went out, and it is %s", c.sent.Load(), got.State)
	}

	if n, err := op.RaiseEpoch(t.Context()); err != nil || n != 1 {
		t.Fatalf("raised to %d, %v", n, err)
	}
	look(fresh)
	if got := s.state(id); c.sent.Load() != 1 || got.State != followup.Unknown {
		t.Errorf("%d went out, and it is %s, want unknown", c.sent.Load(), got.State)
	}
	s.pass(cloud.Settle)
	if err := op.Raised(t.Context()); err != nil {
		t.Errorf("going on afterwards: %v", err)
	}
}

// A function that was warm with the table of before sends nothing from it once the
// epoch is of another one.
func TestAFunctionOfTheOldTableEndsWithTheEpoch(t *testing.T) {
	s := newStack(t)
	s.use("journeys")
	warm := s.form(config.Deliver)
	if _, err := warm.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.use("journeys-restored")
	if _, err := s.operator().RaiseEpoch(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.pass(time.Minute)
	if _, err := warm.Work(t.Context()); !errors.Is(err, cloud.ErrRestored) {
		t.Errorf("a minute later it works: %v", err)
	}
}

// raced is a store to which somebody else writes behind the first look at which table is in use.
type raced struct {
	*memory.Store
	then func()
}

// Record reads, and then lets the others write.
func (r *raced) Record(ctx context.Context, key string) ([]byte, int64, error) {
	value, version, err := r.Store.Record(ctx, key)
	if then := r.then; key == "epoch#journeys" && then != nil {
		r.then = nil
		then()
	}
	return value, version, err
}

// Of two tables that are both the first ever, the one that is noted first is in use.
func TestTwoFirstTablesAtOnce(t *testing.T) {
	s := newStack(t)
	s.use("mine")
	mine := s.parts(config.Deliver)
	s.use("theirs")
	mine.Store = &raced{s.store, func() {
		if _, err := s.form(config.Deliver).Work(t.Context()); err != nil {
			t.Error(err)
		}
	}}
	if _, err := cloud.New(mine).Work(t.Context()); !errors.Is(err, cloud.ErrRestored) {
		t.Errorf("the second one works: %v", err)
	}
}

// late is a store in which the epoch is read as it was before it was raised.
type late struct{ *memory.Store }

// ReadRecords reads, and knows no epoch yet.
func (l *late) ReadRecords(ctx context.Context, keys []string) ([]followup.Record, error) {
	out, err := l.Store.ReadRecords(ctx, keys)
	if i := slices.Index(keys, "epoch"); err == nil && i >= 0 {
		out[i] = followup.Record{}
	}
	return out, err
}

// Records are not read at one moment: who sees the restored table in use, and the
// epoch of before, works with that of the table.
func TestTheTableInUseBringsItsEpoch(t *testing.T) {
	s := newStack(t)
	if _, err := s.operator().RaiseEpoch(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := s.parts(config.Deliver)
	p.Store = &late{s.store}
	if w, err := cloud.New(p).Work(t.Context()); err != nil || w.Epoch != 1 {
		t.Errorf("it works with %+v, %v", w, err)
	}
}

// The first sweep notes the table in use, so that one that is restored before anything
// was sent by this version is told from it.
func TestASweepNotesTheTable(t *testing.T) {
	s := newStack(t)
	s.use("journeys")
	s.sweep()
	s.use("journeys-restored")
	if err := s.operator().Restored(t.Context()); !errors.Is(err, cloud.ErrRestored) {
		t.Errorf("a table that was restored before the first mail: %v", err)
	}
}
