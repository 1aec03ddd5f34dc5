package local_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"aftersales/internal/compose"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/local"
	"aftersales/internal/sqlite"
	"aftersales/messages"
	"aftersales/plans"
)

// These are the speeds of docs/performance.md: the true engine on a real file,
// each commit waiting for the disk, beside plain statements that write the same
// bytes into a second file (see bare_test.go). Both run in turns of about a
// tenth of a second, and what is compared is each turn with its neighbour,
// because the disk and the machine are seldom the same for long.

// sixSteps gives each order six follow-ups, with conditions on most of them.
const sixSteps = `plan: six
version: 1
orders:
  when: any(lines, .category == "appliance")
units: .category == "appliance"
exit: [cancelled, returned, refunded]
delivered: {assume: {after: ordered, wait: P5D}}
late: {more_than: P14D, then: skip}
budget: {email: 2 per P7D}
coverage:
  - {name: warranty, start: delivered, length: P24M, applies: unit}
steps:
  - {id: set-up, class: service, channel: email, message: set-up, unless: answered("works"), after: {event: delivered, wait: P1D, at: "10:00"}}
  - {id: check-in, class: feedback, channel: email, message: check-in, when: order.total >= money("150.00 EUR") or contact.tier == "vip", unless: answered("works") or answered("problem"), after: {event: delivered, wait: P4D, at: "10:00"}}
  - {id: review, class: feedback, channel: email, message: review-request, after: {event: delivered, wait: P21D, at: "18:00"}, hold: {while: case_open, at_most: P14D}}
  - {id: service-visit, class: service, channel: email, message: service-due, per: unit, unless: answered("problem"), after: {event: delivered, wait: P6M, at: "10:00"}}
  - {id: warranty-ending, class: service, channel: email, message: warranty-ending, per: unit, before: {event: 'coverage_end("warranty")', by: [P60D, P7D], at: "10:00"}}
`

const sixFollowUps = 6

// business is a shop with orders of its own making.
type business struct {
	*local.App
	b     *testing.B
	dir   string
	clock *local.Clock
	next  int // number of the next order
	kept  *sql.DB
}

func newBusiness(b *testing.B) *business {
	local.CollectLess()
	s := &business{b: b, dir: b.TempDir()}
	s.clock = local.NewClock(func() time.Time { return utc("2026-01-05T09:00") }, time.Time{}, 1)
	o := options(s.dir)
	o.Clock = s.clock
	o.Paths = local.Inputs{Plans: fstest.MapFS{"six.yaml": {Data: []byte(sixSteps)}}, Catalogue: plans.Products()}
	s.App = open(b, o)
	db, err := sql.Open("sqlite", filepath.Join(s.dir, sqlite.FileName))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	s.kept = db
	return s
}

// customers live in three zones, so that a step of all orders is due at three moments.
var customers = [...]struct{ country, zone string }{{"DE", "Europe/Berlin"}, {"US", "America/New_York"}, {"IN", "Asia/Kolkata"}}

func orderID(n int) string { return fmt.Sprint(5_870_000_000_000 + n*37) }

// bodies are n new orders as they come in.
func (s *business) bodies(n int) []followup.Incoming {
	out := make([]followup.Incoming, n)
	for i := range out {
		at := s.clock.Now().Add(time.Duration(s.next%3600) * time.Second)
		who := customers[s.next%len(customers)]
		out[i] = incoming(bought(orderID(s.next), at, "WM-700", fmt.Sprint(s.next), who.country, who.zone, nil), at)
		s.next++
	}
	return out
}

// groups are n new orders, translated.
func (s *business) groups(n int) []engine.Group {
	var out []engine.Group
	for _, in := range s.bodies(n) {
		r, err := s.Read(in)
		if err != nil {
			s.b.Fatal(err)
		}
		out = append(out, engine.Group{Journey: followup.NewJourneyID("main", r.Events[0].Order), Events: r.Events})
	}
	return out
}

func (s *business) enroll(groups []engine.Group) {
	for _, err := range s.Engine.Enroll(s.b.Context(), s.clock.Now(), groups) {
		if err != nil {
			s.b.Fatal(err)
		}
	}
}

// receive stores bodies and enrolls them, in two commits.
func (s *business) receive(bodies []followup.Incoming) {
	if _, err := s.Store.Accept(s.b.Context(), bodies); err != nil {
		s.b.Fatal(err)
	}
	errs, err := s.Engine.Receive(s.b.Context(), s.clock.Now(), bodies)
	if err != nil {
		s.b.Fatal(err)
	}
	for _, err := range errs {
		if err != nil {
			s.b.Fatal(err)
		}
	}
}

// BenchmarkSpeedEnrollOne enrolls orders one after another, each in a commit of its own.
func BenchmarkSpeedEnrollOne(b *testing.B) { benchmarkEnroll(b, 1, 100) }

// BenchmarkSpeedEnrollTen enrolls orders in commits of ten.
func BenchmarkSpeedEnrollTen(b *testing.B) { benchmarkEnroll(b, 10, 300) }

func benchmarkEnroll(b *testing.B, commit, turn int) {
	s, m := newBusiness(b), meter{}
	limit := newBare(b)
	for b.Loop() {
		groups := s.groups(turn)
		m.ours(turn, func() {
			for part := range slices.Chunk(groups, commit) {
				s.enroll(part)
			}
		})
		rows := s.written(s.next-turn, s.next)
		m.bare(func() { limit.enroll(rows, commit) })
	}
	m.report(b, "orders")
}

// BenchmarkSpeedReceiveTen takes bodies as the sources send them: stored in the
// inbox in one commit of ten, translated and enrolled in another.
func BenchmarkSpeedReceiveTen(b *testing.B) {
	const commit, turn = 10, 200
	s, m := newBusiness(b), meter{}
	limit := newBare(b)
	for b.Loop() {
		bodies := s.bodies(turn)
		m.ours(turn, func() {
			for part := range slices.Chunk(bodies, commit) {
				s.receive(part)
			}
		})
		rows := s.written(s.next-turn, s.next)
		rows.inbox = s.read(5, "SELECT k, topic, hash, body, at FROM inbox ORDER BY seq DESC LIMIT ?", turn)
		m.bare(func() { limit.receive(rows, commit) })
	}
	m.report(b, "orders")
}

// BenchmarkSpeedDrainMailbox drains what is due, as the loop does, into the mailbox.
func BenchmarkSpeedDrainMailbox(b *testing.B) {
	s := newBusiness(b)
	benchmarkDrain(b, s, s.NewLoop(), true)
}

// BenchmarkSpeedDrainNoOp drains into a channel that does nothing.
func BenchmarkSpeedDrainNoOp(b *testing.B) {
	s := newBusiness(b)
	benchmarkDrain(b, s, local.NewLoop(s.withChannel(nowhere{}), s.Store, s.clock, s.Log), false)
}

// nowhere accepts every message.
type nowhere struct{}

func (nowhere) Send(context.Context, followup.Message) (followup.Receipt, error) {
	return followup.Receipt{Provider: "000000000000"}, nil
}

// withChannel is the engine of s with another channel for mail.
func (s *business) withChannel(c followup.Channel) *engine.Engine {
	rules, err := s.Engine.Rules(s.b.Context(), &followup.Journey{ID: "main/any"})
	if err != nil {
		s.b.Fatal(err)
	}
	composer, err := compose.New(compose.Options{Defaults: messages.Files(), Links: s.Links})
	if err != nil {
		s.b.Fatal(err)
	}
	var n atomic.Int64
	return engine.New(engine.Config{
		Store: s.Store, Shops: map[followup.ShopID]*followup.Rules{"main": rules}, Composer: composer,
		Channels: map[followup.ShopID]map[followup.Medium]followup.Channel{"main": {followup.Email: c}},
		Read:     s.Read, ID: func() string { return fmt.Sprintf("%026d", n.Add(1)) }, Log: slog.New(slog.DiscardHandler),
	})
}

// look is when the next follow-up is due.
func (s *business) look() (time.Time, bool) {
	at, ok, err := s.Store.NextLook(s.b.Context())
	if err != nil {
		s.b.Fatal(err)
	}
	return at, ok
}

// benchmarkDrain lets the clock jump from one due time to the next. At each
// about three thousand follow-ups of as many orders are due.
func benchmarkDrain(b *testing.B, s *business, loop *local.Loop, mail bool) {
	const orders = 9000
	m, limit := meter{}, newBare(b)
	for b.Loop() {
		if _, ok := s.look(); !ok { // all sent: the next crowd
			for part := range slices.Chunk(s.groups(orders), 100) {
				s.enroll(part)
			}
			limit.enroll(s.written(s.next-orders, s.next), 100)
		}
		at, _ := s.look()
		s.clock.AdvanceTo(at)
		due := s.due()
		m.ours(len(due), func() {
			tally, err := loop.Drain(b.Context())
			if err != nil || tally.Sent != len(due) {
				b.Fatalf("sent %+v of %d: %v", tally, len(due), err)
			}
		})
		sent := s.sent(due, mail)
		m.bare(func() { limit.drain(sent, loop.Group) })
	}
	m.report(b, "followups")
}

// due returns the ids of what is due now, one a row.
func (s *business) due() (out []row) {
	refs, _, err := s.Store.Due(s.b.Context(), s.clock.Now(), "", 1_000_000)
	if err != nil {
		s.b.Fatal(err)
	}
	for _, r := range refs {
		out = append(out, row{string(r.ID)})
	}
	return out
}

// BenchmarkSpeedSize reports the bytes on disk per pending follow-up, after a
// checkpoint: journeys, follow-ups, contacts, events and their indexes; and the
// same with the bodies in the inbox.
func BenchmarkSpeedSize(b *testing.B) {
	const orders = 5000
	for b.Loop() {
		s := newBusiness(b)
		for part := range slices.Chunk(s.bodies(orders), 10) {
			s.receive(part)
		}
		if _, err := s.kept.Exec("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			b.Fatal(err)
		}
		own, inbox := 0.0, 0.0
		for _, t := range s.read(2, "SELECT name, sum(pgsize) FROM dbstat GROUP BY name HAVING sum(pgsize) > 4096") {
			name, _ := t[0].(string)
			bytes, _ := t[1].(int64)
			if strings.Contains(name, "inbox") {
				inbox += float64(bytes)
			} else {
				own += float64(bytes)
			}
		}
		b.ReportMetric(own/orders/sixFollowUps, "B/followup")
		b.ReportMetric((own+inbox)/orders/sixFollowUps, "B/followup+inbox")
		b.ReportMetric(0, "ns/op")
	}
}
