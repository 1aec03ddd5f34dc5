package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// phases are what the life of orders took, by function.
type phases struct {
	intake, enroll, sweep, deliver, outcome, pages spent

	bytes  int     // of all webhooks
	stored float64 // bytes, while all follow-ups wait
}

// perOrder is how many follow-ups the plan has for an order.
const perOrder = 6

// live lets n orders live in an empty deployment: all four webhooks of each, all
// mails, what SES says of them in batches of limit, and one answer for each order.
func live(ctx context.Context, endpoint string, n, limit int) (*world, *phases, error) {
	w, err := open(ctx, endpoint)
	if err != nil {
		return nil, nil, err
	}
	p := &phases{}
	if err := w.warm(ctx); err != nil {
		return nil, nil, fmt.Errorf("warm up: %w", err)
	}
	for which := range webhooks {
		for i := range n {
			w.now = start.Add(webhooks[which].after + time.Duration(i)*time.Second)
			if err := w.receive(ctx, p, i, which); err != nil {
				return nil, nil, fmt.Errorf("%s of order %d: %w", webhooks[which].topic, i, err)
			}
		}
	}
	if p.stored, err = stored(ctx, w); err != nil {
		return nil, nil, fmt.Errorf("count what is stored: %w", err)
	}
	if err := w.send(ctx, p); err != nil {
		return nil, nil, fmt.Errorf("send: %w", err)
	}
	if len(w.mail.sent) != perOrder*n {
		return nil, nil, fmt.Errorf("%d orders had %d mails, want %d", n, len(w.mail.sent), perOrder*n)
	}
	if err := w.report(ctx, p, limit); err != nil {
		return nil, nil, fmt.Errorf("report: %w", err)
	}
	return w, p, nil
}

// warm makes every function ready: what a cold start does is not what an
// invocation costs.
func (w *world) warm(ctx context.Context) error {
	for _, f := range []config.Function{config.Enroll, config.Deliver, config.Outcome, config.Pages} {
		if _, err := w.forms[f].Work(ctx); err != nil {
			return err
		}
	}
	return w.sweep(ctx, &spent{})
}

// idle is what a sweep takes of which nothing is due, of an hour of them.
func idle(ctx context.Context, endpoint string) (spent, error) {
	w, err := open(ctx, endpoint)
	if err != nil {
		return spent{}, err
	}
	if err := w.warm(ctx); err != nil {
		return spent{}, err
	}
	var s spent
	for range 60 {
		w.now = w.now.Add(time.Minute)
		if err := w.sweep(ctx, &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// looks is what it takes to read so many keys that are due.
func looks(ctx context.Context, w *world) (float64, error) {
	const keys = 270
	c := storetest.Order(1, 0)
	for i := range keys {
		r := storetest.Row(c.Journey, c.Head.Contact, 0, storetest.Start())
		r.Occurrence = fmt.Sprint(i)
		r.ID = followup.NewFollowUpID(c.Journey, r.Step, "", r.Occurrence)
		c.Rows = append(c.Rows, r)
	}
	if errs, err := w.store.Save(ctx, []followup.Change{c}); err != nil || errs[0] != nil {
		return 0, fmt.Errorf("save: %v, %w", errs, err)
	}
	w.meter.Take()
	for shard := range w.store.Shards() {
		if _, err := w.store.DueIn(ctx, followup.LaneService, shard, followup.Place{}, storetest.Start().AddDate(1, 0, 0), keys); err != nil {
			return 0, err
		}
	}
	return w.meter.Take().Read / keys, nil
}

// rows is what a row costs that is planned, and one that is moved.
func rows(ctx context.Context, w *world) (plan, move float64, err error) {
	c := storetest.Order(2, 1)
	save := func() error {
		errs, err := w.store.Save(ctx, []followup.Change{{Journey: c.Journey, Rows: c.Rows}})
		if err == nil {
			err = errs[0]
		}
		c.Rows[0].Version++
		return err
	}
	w.meter.Take()
	if err := save(); err != nil {
		return 0, 0, err
	}
	plan = w.meter.Take().Write
	c.Rows[0].Next = c.Rows[0].Next.AddDate(0, 0, 3)
	err = save()
	return plan, w.meter.Take().Write, err
}

// overhead is what DynamoDB bills for each item and each entry of an index, in bytes.
const overhead = 100

// stored is how many bytes the tables of state are billed for.
func stored(ctx context.Context, w *world) (float64, error) {
	total := 0
	for _, table := range []string{w.tables.Journeys, w.tables.Contacts} {
		pages := dynamodb.NewScanPaginator(w.client, &dynamodb.ScanInput{TableName: &table})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return 0, err
			}
			for _, it := range page.Items {
				total += size(it) + overhead
				for _, index := range [][]string{{"dh", "dr"}, {"lh", "lr"}, {"ch", "cr"}} {
					if it[index[0]] != nil {
						total += size(map[string]types.AttributeValue{"pk": it["pk"], "sk": it["sk"], index[0]: it[index[0]], index[1]: it[index[1]]}) + overhead
					}
				}
			}
		}
	}
	return float64(total), nil
}

// size is that of names and values, in bytes.
func size(it map[string]types.AttributeValue) int {
	n := 0
	for name, v := range it {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			n += len(name) + len(v.Value)
		case *types.AttributeValueMemberB:
			n += len(name) + len(v.Value)
		case *types.AttributeValueMemberN:
			n += len(name) + len(v.Value)/2 + 2
		}
	}
	return n
}

// measure lets one order live alone, for what is waited for, and many together.
func measure(ctx context.Context, endpoint string, orders int) ([]figure, error) {
	fmt.Fprintf(os.Stderr, "The life of one order, then of %d together; a minute or two ...\n", orders)
	one, alone, err := live(ctx, endpoint, 1, 1)
	if err != nil {
		return nil, fmt.Errorf("one order: %w", err)
	}
	w, all, err := live(ctx, endpoint, orders, 10)
	if err != nil {
		return nil, fmt.Errorf("%d orders: %w", orders, err)
	}
	if err := w.answer(ctx, all); err != nil { // comes last: answers change what is sent
		return nil, fmt.Errorf("answer: %w", err)
	}
	tick, err := idle(ctx, endpoint)
	if err != nil {
		return nil, fmt.Errorf("idle: %w", err)
	}
	look, err := looks(ctx, one)
	if err != nil {
		return nil, fmt.Errorf("looks: %w", err)
	}
	plan, move, err := rows(ctx, one)
	if err != nil {
		return nil, fmt.Errorf("rows: %w", err)
	}
	var l ledger
	l.capacities(orders, all)
	l.add("plan_wru", plan, "WRU a follow-up", "a row and its place in the index")
	l.add("move_wru", move, "WRU a move", "the row, out of the index and in again")
	l.add("sweep_rru", math.Round(look*1e4)/1e4, "RRU a look", "270 keys of a lane")
	l.add("store_order_bytes", math.Round(all.stored/float64(orders)), "bytes an order", "its items while all follow-ups wait, their places in indexes, 100 bytes each on top")
	l.times(alone, all, &tick)
	return l, nil
}

// ledger collects figures.
type ledger []figure

func (l *ledger) add(id string, value float64, unit, from string) {
	*l = append(*l, figure{id, value, unit, "measured", from})
}

// capacities are what the tables were asked for.
func (l *ledger) capacities(n int, p *phases) {
	orders, mails, events := float64(n), float64(n*perOrder), float64(p.intake.things)
	l.add("body_bytes", math.Round(float64(p.bytes)/events), "bytes an event", fmt.Sprintf("the webhooks of %d orders of three lines at Shopify, four each", n))
	l.add("receive_wru", hundredth(p.intake.units.Write/events), "WRU an event", "the same: a body as it is kept")
	l.add("receive_rru", hundredth(p.intake.units.Read/events), "RRU an event", "the same: the epoch, once a minute")
	l.add("enroll_wru", hundredth(p.enroll.units.Write/orders), "WRU an order", "the same: head, log, contact, six rows planned and moved")
	l.add("enroll_rru", hundredth(p.enroll.units.Read/orders), "RRU an order", "the same")
	l.add("deliver_wru", hundredth(p.deliver.units.Write/mails), "WRU a follow-up", "their mails: reserve, arm, record")
	l.add("deliver_rru", hundredth(p.deliver.units.Read/mails), "RRU a follow-up", "the same: decide")
	l.add("outcome_wru", hundredth(p.outcome.units.Write/mails), "WRU a mail", "what SES says of them: sent, delivered")
	l.add("outcome_rru", hundredth(p.outcome.units.Read/float64(p.outcome.things)), "RRU an event", "the same")
	l.add("page_wru", hundredth(p.pages.units.Write/float64(p.pages.things)), "WRU a request", "the page of an answer: opened, and posted")
	l.add("page_rru", hundredth(p.pages.units.Read/float64(p.pages.things)), "RRU a request", "the same")
	l.add("deliver_batch", hundredth(mails/float64(p.deliver.calls)), "messages an invocation", fmt.Sprintf("%d mails due at one minute, swept at 14 a second, received in tens", n))
	l.add("deliver_sqs", hundredth((float64(p.sweep.puts)+2*float64(p.deliver.calls))/mails), "requests a follow-up", "the same: sent, received and deleted together")
	l.add("enroll_sqs", hundredth(float64(p.intake.puts+2*p.enroll.calls)/events), "requests an event", "sent, received and deleted one by one")
}

// times are what an invocation waits for and computes, and logs are what it says.
func (l *ledger) times(alone, many *phases, tick *spent) {
	for _, f := range []struct {
		name        string
		alone, many *spent
	}{
		{"intake", &alone.intake, &many.intake},
		{"enroll", &alone.enroll, &many.enroll},
		{"deliver", &alone.deliver, &many.deliver},
		{"outcome", &alone.outcome, &many.outcome},
		{"page", &many.pages, &many.pages},
		{"tick", tick, tick},
	} {
		l.add(f.name+"_waits", hundredth(float64(f.alone.waits)/float64(f.alone.calls)), "requests in a row", "of one message alone: to tables and queues, each after the one before")
		l.add(f.name+"_cpu_ms", hundredth(f.many.processor.Seconds()*1e3/float64(f.many.things)), "ms of a processor", "its handler and the SDK, warm")
		l.add(f.name+"_log_bytes", math.Round(float64(f.many.logged)/float64(f.many.things)), "bytes", "its lines, and 26 bytes each on top")
	}
	l.add("tick_rru", hundredth(tick.units.Read/float64(tick.things)), "RRU an idle sweep", "an hour of sweeps in an empty shop")
	l.add("tick_wru", hundredth(tick.units.Write/float64(tick.things)), "WRU an idle sweep", "the same")
}

func hundredth(v float64) float64 { return math.Round(v*100) / 100 }
