package dynamotest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing/fstest"
	"time"

	"aftersales/events"
	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/setup"
)

// SixMails plans six follow-ups per order, from an assumed delivery until the
// real one is known.
const SixMails = `plan: machine
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

// Stand is what outlives a shop's processes: its files, and the mail that went
// out. Attempts of one process have no namesakes in another.
type Stand struct {
	Setup *setup.Setup
	Mail  *mailbox.Memory
	names atomic.Int64
}

// Files reads the settings, plan and texts of the shop main.
func Files() (*setup.Setup, error) {
	main := config.Default("main")
	main.Sender, main.PublicURL, main.Zone, main.Country = "care@shop.example", "https://shop.example", "Europe/Berlin", "DE"
	c := &config.Config{Business: "test", Shops: []followup.Shop{main}}
	files, err := setup.Read(c, setup.Inputs{Plans: fstest.MapFS{"machine.yaml": {Data: []byte(SixMails)}}})
	if err != nil {
		return nil, err
	}
	secret := []byte(strings.Repeat("k", 40))
	return setup.New(c, files, setup.Keys{Links: [][]byte{secret}, Contact: secret})
}

// Shop is the real engine on a store: real bodies, plan and texts, mail into a
// box. Its clock stands where Now says.
type Shop struct {
	*engine.Engine
	Store followup.SweptStore
	Now   time.Time
	stand *Stand
}

// Open opens the shop on a store, as a process does when it starts.
func (d *Stand) Open(ctx context.Context, store followup.SweptStore) (*Shop, error) {
	if err := d.Setup.KeepPlans(ctx, store); err != nil {
		return nil, err
	}
	s := &Shop{Store: store, stand: d}
	box := mailbox.New(d.Mail, func() time.Time { return s.Now })
	s.Engine = engine.New(engine.Config{
		Store: store, Shops: d.Setup.Rules(0), Composer: d.Setup.Composer, Read: d.Setup.Read, Parse: setup.Parse,
		Channels: map[followup.ShopID]map[followup.Medium]followup.Channel{"main": {followup.Email: box}},
		ID:       func() string { return fmt.Sprintf("%032d", d.names.Add(1)) }, // as long as a real one
		Log:      slog.New(slog.DiscardHandler),
	})
	return s, nil
}

// Body is an example event of the project as the inbox gets it: order.created ...
func Body(name string, at time.Time) (followup.Incoming, error) {
	b, err := fs.ReadFile(events.Files, "generic/"+name+".json")
	sum := sha256.Sum256(b)
	return followup.Incoming{
		InboxKey: followup.InboxKey{Shop: "main", Source: "generic", Key: "shop/main ord-1001-" + name},
		Hash:     hex.EncodeToString(sum[:]), Body: b, At: at,
	}, err
}

// Accept puts a body into the inbox, as intake does.
func (s *Shop) Accept(ctx context.Context, in followup.Incoming) error {
	verdicts, err := s.Store.Accept(ctx, []followup.Incoming{in})
	if err == nil && verdicts[0] == followup.Different {
		err = fmt.Errorf("accept %s: another body", in.Key)
	}
	return err
}

// EnrollBody reads a body of the inbox and enrolls it, as its queue does.
func (s *Shop) EnrollBody(ctx context.Context, key followup.InboxKey) error {
	in, err := s.Store.Incoming(ctx, key)
	if err != nil {
		return err
	}
	errs, err := s.Receive(ctx, s.Now, []followup.Incoming{in})
	if err == nil {
		err = errs[0]
	}
	return err
}

// First is the first look of all lanes until then; without one its ID is "".
func (s *Shop) First(ctx context.Context, until time.Time) (first followup.Ref, err error) {
	for _, lane := range followup.Lanes {
		for shard := range s.Store.Shards() {
			refs, err := s.Store.DueIn(ctx, lane, shard, followup.Place{}, until, 1)
			if err != nil {
				return first, err
			}
			if len(refs) > 0 && (first.ID == "" || refs[0].Next.Before(first.Next)) {
				first = refs[0]
			}
		}
	}
	return first, nil
}

// Run looks at everything due until then, each at its time.
func (s *Shop) Run(ctx context.Context, until time.Time) error {
	for range 1000 {
		refs, _, err := s.Store.Due(ctx, until, "", 1)
		if err != nil {
			return err
		}
		if len(refs) == 0 {
			s.Now = until
			return nil
		}
		if refs[0].Next.After(s.Now) {
			s.Now = refs[0].Next
		}
		if _, err := s.Deliver(ctx, s.Now, refs); err != nil {
			return err
		}
	}
	return fmt.Errorf("looks never end before %s", until)
}

// Sent counts the mails that went out, by follow-up.
func (s *Shop) Sent(ctx context.Context) (map[followup.FollowUpID]int, error) {
	mails, _, err := s.stand.Mail.Mail(ctx, 1000, "")
	out := map[followup.FollowUpID]int{}
	for _, m := range mails {
		out[m.FollowUp]++
	}
	return out, err
}
