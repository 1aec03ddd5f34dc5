package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/queue"
	"aftersales/internal/transfer"
)

// TestMovedAway closes a stack: webhooks are sent away to come again, nothing is
// delivered, and all of it goes on when the stack is opened again.
func TestMovedAway(t *testing.T) {
	s := newStack(t)
	intake, deliver := s.form(config.Intake), s.form(config.Deliver)
	order := bought("1", s.Now())
	hook := func(want ...int) {
		t.Helper()
		out, err := intake.Intake(t.Context(), signed(order, genericSecret))
		if err != nil || !slices.Contains(want, out.StatusCode) {
			t.Errorf("a webhook: %d, %v, want %v", out.StatusCode, err, want)
		}
	}
	look := func(want int) {
		t.Helper()
		id := followup.FollowUpID("main/1/none/-/1")
		out, err := deliver.Deliver(t.Context(), one(message(t, "m", s.Now(), "1", id)))
		if err != nil || len(out.BatchItemFailures) != want {
			t.Errorf("a look: %d failed, %v, want %d", len(out.BatchItemFailures), err, want)
		}
	}
	hook(http.StatusAccepted)
	look(0)
	set := transfer.Records(s.store)
	if err := transfer.Close(t.Context(), set, transfer.Moved{ID: "x", At: s.Now()}); err != nil {
		t.Fatal(err)
	}
	s.pass(2 * time.Minute) // what a sandbox knows holds a minute
	hook(http.StatusServiceUnavailable)
	look(0)
	if err := transfer.Reopen(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	hook(http.StatusAccepted, http.StatusOK) // seen before
	look(0)
}

// A stack that was moved away sweeps nothing and loses nothing: what is due keeps
// its look, what comes for it is kept, and all of it goes on when it is opened again.
func TestAClosedStackRestsAndLosesNothing(t *testing.T) {
	s := newStack(t)
	ids := s.dueMails(5)
	set := transfer.Records(s.store)
	s.must(transfer.Close(t.Context(), set, transfer.Moved{ID: "x", At: s.Now()}))
	waits := bought("2000", s.Now()) // its body was stored before, its message waits
	in := followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "generic", Key: "shop/main|2000-created"}, Hash: "h", Body: waits, At: s.Now().Add(-3 * time.Hour)}
	_, err := s.store.Accept(t.Context(), []followup.Incoming{in})
	s.must(err)
	late := event(t, object{"source": "aftersales", "detail-type": "order.created", "id": "b", "detail": json.RawMessage(bought("2001", s.Now()))})
	s.must(s.enroll.Send(t.Context(), []queue.Message{
		{Body: []byte(event(t, cloud.Enrol{Inbox: &in.InboxKey}))}, {Body: []byte(late)}, {Body: []byte(`{"again":["main/1000"]}`)},
	}))
	s.metrics.Reset()
	for range 300 {
		s.minutes(1)
	}
	if s.dead.Len() != 0 || s.deliver.Len() != 0 || s.enroll.Len() != 0 || len(s.mails()) != 0 {
		t.Errorf("closed for five hours: %d dead, %d looks and %d others queued, %d mails", s.dead.Len(), s.deliver.Len(), s.enroll.Len(), len(s.mails()))
	}
	if lines := strings.Count(s.metrics.text(), `"OldestDueSeconds":0`); lines != 300 {
		t.Errorf("measured %d times that nothing is due, want each minute", lines)
	}
	if s.journey("2000").Version+s.journey("2001").Version != 0 {
		t.Error("a closed stack took an order")
	}
	back, err := s.operator().Reopen(t.Context())
	if err != nil || back.Bodies < 2 {
		t.Fatalf("queued again: %+v, %v, want at least two bodies", back, err)
	}
	for range 15 {
		s.minutes(1)
	}
	for _, id := range ids {
		if row := s.state(id); row.State != followup.Sent {
			t.Errorf("open again, and %s is %s", id, row.State)
		}
	}
	if s.journey("2000").Version == 0 || s.journey("2001").Version == 0 {
		t.Error("an order that came while the stack was closed is lost")
	}
	if back, err := s.operator().Reopen(t.Context()); err != nil || back != (cloud.Back{}) {
		t.Errorf("opened twice: %+v, %v", back, err)
	}
}

// What SES reports to a closed stack fails until the queue gives it up, and is put
// back and recorded when the stack is opened again.
func TestReportsToAClosedStackAreRecordedWhenItIsOpen(t *testing.T) {
	s := newStack(t)
	id := s.dueMails(1)[0]
	for range 15 {
		s.minutes(1)
	}
	report := queue.Message{Body: []byte(told(t, "Delivery", id, s.state(id).Attempt, s.Now()))}
	s.must(transfer.Close(t.Context(), transfer.Records(s.store), transfer.Moved{ID: "x", At: s.Now()}))
	outcome := s.form(config.Outcome)
	tell := func() int {
		out, err := outcome.Outcome(t.Context(), one(cloud.QueueMessage{MessageID: "m", Body: string(report.Body)}))
		s.must(err)
		return len(out.BatchItemFailures)
	}
	if tell() != 1 || s.state(id).State != followup.Sent {
		t.Fatalf("a closed stack took a report; the row is %s", s.state(id).State)
	}
	queues, op := shelves{"OutcomeDeadQueue": {held: []queue.Message{report}}, "EnrollDeadQueue": {held: []queue.Message{report}}}, s.operator()
	op.Queue = queues.queue
	back, err := op.Reopen(t.Context())
	if err != nil || back.Reports != 1 || len(queues["OutcomeQueue"].held) != 1 || len(queues["EnrollDeadQueue"].held) != 1 {
		t.Fatalf("%+v, %v; want the report back and nothing else", back, err)
	}
	report = queues["OutcomeQueue"].held[0]
	s.pass(2 * time.Minute)
	if tell() != 0 || s.state(id).State != followup.Delivered {
		t.Errorf("open again, and the row is %s, want delivered", s.state(id).State)
	}
}

// A note that cannot be written leaves the messages to the queue; what can never be
// understood is buried all the same.
func TestAClosedStackThatCannotNoteLosesNothing(t *testing.T) {
	s := newStack(t)
	s.must(transfer.Close(t.Context(), transfer.Records(s.store), transfer.Moved{ID: "x", At: s.Now()}))
	parts := s.parts(config.Enroll)
	parts.Store = &unnotable{s.store}
	out, err := cloud.New(parts).Enroll(t.Context(), one(
		cloud.QueueMessage{MessageID: "again", Body: `{"again":["main/1000"]}`}, cloud.QueueMessage{MessageID: "nobody's", Body: `{"inbox":{"shop":"main","source":"generic","key":"k"}}`}))
	if err != nil || len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != "again" {
		t.Errorf("failed %v, %v, want what could be noted", out.BatchItemFailures, err)
	}
	s.buried(config.Enroll, "1", []cloud.QueueMessage{{MessageID: "nobody's", Body: `{"inbox":{"shop":"main","source":"generic","key":"k"}}`}})
}

// unnotable is a store that takes no records.
type unnotable struct{ followup.SweptStore }

func (unnotable) SetRecord(context.Context, string, []byte, int64) error { return errors.New("no") }

// Journeys that were to be reconciled are, once the stack is open again.
func TestAClosedStackReconcilesLater(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	s.sweep()
	s.work()
	set := transfer.Records(s.store)
	s.must(transfer.Close(t.Context(), set, transfer.Moved{ID: "x", At: s.Now()}))
	s.pass(2 * time.Minute)
	s.must(s.enroll.Send(t.Context(), []queue.Message{{Body: []byte(`{"again":["main/1000"]}`)}}))
	s.work()
	if _, err := s.operator().Reopen(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.sweep()
	if !slices.ContainsFunc(s.enroll.Bodies(), func(b []byte) bool { return strings.Contains(string(b), "main/1000") }) {
		t.Error("no journey is reconciled")
	}
}

// A stack whose import died is neither opened nor exported by hand, and works no more
// than one that was moved away.
func TestAnUnfinishedImportIsNotOpened(t *testing.T) {
	s := newStack(t)
	id := s.dueMails(1)[0]
	set := transfer.Records(s.store)
	s.must(transfer.Close(t.Context(), set, transfer.Moved{ID: "away", At: s.Now(), Import: "back", How: " --replace"}))
	for range 15 {
		s.minutes(1)
	}
	op := s.operator()
	if _, err := op.Reopen(t.Context()); err == nil || !strings.Contains(err.Error(), "aftersales import --state FILE --replace") {
		t.Errorf("a part is opened: %v", err)
	}
	if m, err := op.Close(t.Context(), "x", s.Now()); err == nil {
		t.Errorf("a part is exported: %+v", m)
	}
	if row := s.state(id); len(s.mails()) != 0 || row.State == followup.Sent {
		t.Errorf("%d mails, the row is %s", len(s.mails()), row.State)
	}
	s.must(set.SetMeta(t.Context(), "import/back", `{"epoch":1,"done":true}`)) // it died behind that
	if _, err := op.Reopen(t.Context()); err != nil {
		t.Error(err)
	}
	for range 15 {
		s.minutes(1)
	}
	if row := s.state(id); row.State != followup.Sent {
		t.Errorf("open, and the row is %s", row.State)
	}
}

// opening is a store of a stack that is opened when what came is being noted: whoever
// opens it has read the note before.
type opening struct {
	followup.SweptStore
	open func() error
}

// SetRecord notes, once it is open.
func (o *opening) SetRecord(ctx context.Context, name string, value []byte, version int64) error {
	return errors.Join(o.open(), o.SweptStore.SetRecord(ctx, name, value, version))
}

// What is kept just when the stack is opened comes again, because nobody reads the note.
func TestWhatIsKeptWhileTheStackOpensComesAgain(t *testing.T) {
	s := newStack(t)
	set := transfer.Records(s.store)
	s.must(transfer.Close(t.Context(), set, transfer.Moved{ID: "x", At: s.Now()}))
	parts := s.parts(config.Enroll)
	parts.Store = &opening{s.store, func() error { return transfer.Reopen(t.Context(), set) }}
	out, err := cloud.New(parts).Enroll(t.Context(), one(cloud.QueueMessage{MessageID: "again", Body: `{"again":["main/1000"]}`}))
	if err != nil || len(out.BatchItemFailures) != 1 {
		t.Errorf("failed %v, %v, want that it comes again", out.BatchItemFailures, err)
	}
}

// What waits for an import to be finished rings the alarm of what is due; what was
// moved away keeps nobody waiting.
func TestAnImportThatIsNotFinishedIsLate(t *testing.T) {
	for note, want := range map[transfer.Moved]string{{Import: "f"}: `"OldestDueSeconds":1200`, {ID: "e"}: `"OldestDueSeconds":0`} {
		s := newStack(t)
		note.At = s.Now()
		s.must(transfer.Close(t.Context(), transfer.Records(s.store), note))
		s.pass(20 * time.Minute)
		s.sweep()
		if !strings.Contains(s.metrics.text(), want) {
			t.Errorf("%+v: the metrics lack %s: %s", note, want, s.metrics.text())
		}
	}
}
