package cloud_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"aftersales/internal/config"
	"aftersales/internal/followup"
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
	look(1)
	if err := transfer.Reopen(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	hook(http.StatusAccepted, http.StatusOK) // seen before
	look(0)
}
