package dynamo_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/setup"
)

// sixMails plans six follow-ups per order, from an assumed delivery until the
// real one is known.
const sixMails = `plan: machine
version: 1
exit: [cancelled, returned, refunded]
delivered: {assume: {after: fulfilled, wait: P5D}}
late: {more_than: P14D, then: skip}
coverage:
  - {name: warranty, start: delivered, length: P24M, applies: unit}
  - {name: return_window, start: delivered, length: P14D, applies: order}
steps:
  - {id: set-up, class: service, channel: email, message: set-up, after: {event: delivered, wait: P1D, at: "10:00"}}
  - {id: check-in, class: feedback, channel: email, message: check-in, after: {event: delivered, wait: P4D, at: "10:00"}}
  - {id: return-window, class: service, channel: email, message: return-window, before: {event: coverage_end("return_window"), by: P5D, at: "10:00"}}
  - {id: review, class: feedback, channel: email, message: review-request, after: {event: delivered, wait: P21D, at: "18:00"}, hold: {while: case_open, at_most: P14D}}
  - {id: service-visit, class: service, channel: email, message: service-due, after: {event: delivered, wait: P6M, at: "10:00"}}
  - {id: warranty-ending, class: service, channel: email, message: warranty-ending, before: {event: coverage_end("warranty"), by: P60D, at: "10:00"}}
`

// shop is the real engine on a store: real bodies, plan and texts, mail into a box.
type shop struct {
	*engine.Engine
	store followup.SweptStore
	mail  *mailbox.Memory
	now   time.Time
}

func newShop(t *testing.T, store followup.SweptStore) *shop {
	t.Helper()
	main := config.Default("main")
	main.Sender, main.PublicURL, main.Zone, main.Country = "care@shop.example", "https://shop.example", "Europe/Berlin", "DE"
	c := &config.Config{Business: "test", Shops: []followup.Shop{main}}
	files, err := setup.Read(c, setup.Inputs{Plans: fstest.MapFS{"machine.yaml": {Data: []byte(sixMails)}}})
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte(strings.Repeat("k", 40))
	made, err := setup.New(c, files, setup.Keys{Links: [][]byte{secret}, Contact: secret})
	if err != nil {
		t.Fatal(err)
	}
	if err := made.KeepPlans(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	s := &shop{store: store, mail: &mailbox.Memory{}}
	box := mailbox.New(s.mail, func() time.Time { return s.now })
	var n atomic.Int64
	s.Engine = engine.New(engine.Config{
		Store: store, Shops: made.Rules(0), Composer: made.Composer, Read: made.Read, Parse: setup.Parse,
		Channels: map[followup.ShopID]map[followup.Medium]followup.Channel{"main": {followup.Email: box}},
		ID:       func() string { return fmt.Sprintf("%032d", n.Add(1)) }, // as long as a real one
		Log:      slog.New(slog.DiscardHandler),
	})
	return s
}

// body reads an example event of the project.
func body(t *testing.T, name string, at time.Time) followup.Incoming {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "events", "generic", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return followup.Incoming{
		InboxKey: followup.InboxKey{Shop: "main", Source: "generic", Key: "shop/main ord-1001-" + name},
		Hash:     fmt.Sprintf("%064x", len(b)), Body: b, At: at,
	}
}

// receive puts a body into the inbox, tells, and enrolls it.
func (s *shop) receive(t *testing.T, in followup.Incoming, received func()) {
	t.Helper()
	if verdicts, err := s.store.Accept(t.Context(), []followup.Incoming{in}); err != nil || verdicts[0] != followup.Accepted {
		t.Fatal(verdicts, err)
	}
	received()
	got, err := s.store.Incoming(t.Context(), in.InboxKey)
	if err != nil {
		t.Fatal(err)
	}
	if errs, err := s.Receive(t.Context(), s.now, []followup.Incoming{got}); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
}

// next is the first look of all lanes.
func (s *shop) next(t *testing.T) (first followup.Ref) {
	t.Helper()
	for _, lane := range followup.Lanes {
		for shard := range s.store.Shards() {
			refs, err := s.store.DueIn(t.Context(), lane, shard, followup.Place{}, day("2030-01-01T00:00:00Z"), 1)
			if err != nil {
				t.Fatal(err)
			}
			if len(refs) > 0 && (first.ID == "" || refs[0].Next.Before(first.Next)) {
				first = refs[0]
			}
		}
	}
	return first
}

// sent counts the mails that went out.
func (s *shop) sent(t *testing.T) int {
	t.Helper()
	mails, _, err := s.mail.Mail(t.Context(), 100, "")
	if err != nil {
		t.Fatal(err)
	}
	return len(mails)
}
