package cloud

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/queue"
)

const (
	parallel = 10               // sends at once: a whole batch
	roomTime = 15 * time.Second // what must be left to arm: the call's time-out, and time to record
	ahead    = time.Second      // a look that is no further ahead is waited for
	lastTime = 2 * time.Second  // before its end an invocation waits for nothing any more: it has to say what it did
)

// item is a message of the deliver queue, read.
type item struct {
	message *QueueMessage
	look    Look
}

// Deliver looks at what is due. Everything it began is ended when it returns: a
// sandbox may be frozen then. A message that came back is tried alone, after the
// others, so that one which takes the process down is found out and parked. What
// fails for any other reason parks nothing: its message comes again, in the end goes
// to the dead letter queue, and its rows keep their looks, which healing finds. Of a
// stack that was moved away they just rest.
func (f *Form) Deliver(ctx context.Context, e QueueEvent) (events.SQSEventResponse, error) {
	b := f.newBatch(ctx, "deliver", e)
	if c, ok := f.Mail.(idler); ok {
		c.CloseIdle() // what the sandbox had open may have died while it was frozen
	}
	w, err := f.timelyWork(ctx)
	if closed(err) {
		b.log.WarnContext(ctx, "looks rest", "messages", len(e.Records), "reason", err.Error())
		return b.done(ctx), nil
	}
	if err != nil {
		b.failAll(ctx, e.Records, err)
		return b.done(ctx), nil
	}
	var together, back []item
	for i := range e.Records {
		m := &e.Records[i]
		l, err := lookOf(m.Body)
		switch {
		case err != nil:
			b.fail(ctx, m, err)
		case receivesOf(m) > 1:
			back = append(back, item{m, l})
		default:
			together = append(together, item{m, l})
		}
	}
	f.look(ctx, w, b, together)
	f.suspects(ctx, w, b, back)
	ctx, cancel := Timely(ctx)
	defer cancel()
	return b.done(ctx), nil
}

// look delivers what items name. What there is no time for goes back to the
// queue as a new message: it is not at fault, so no receive is counted.
func (f *Form) look(ctx context.Context, w *Work, b *batch, items []item) {
	var refs []followup.Ref
	var due, later []item
	wait := time.Duration(0)
	now := f.Now()
	for _, it := range items {
		early := it.look.At.Sub(now)
		switch {
		case early > queue.MaxDelay: // nobody queues so early: the sweep finds it when it is due
			b.log.WarnContext(ctx, "look is far ahead; the sweep queues it in time", "message_id", it.message.MessageID, "journey", it.look.Journey, "at", it.look.At)
			continue
		case early > ahead:
			later = append(later, it)
			continue
		}
		wait, due = max(wait, early), append(due, it)
		for _, id := range it.look.IDs {
			refs = append(refs, followup.Ref{ID: id, Next: it.look.At})
		}
	}
	f.requeue(ctx, b, later, now)
	if len(due) == 0 {
		return
	}
	pause(ctx, wait)
	ctx, cancel := Timely(ctx)
	defer cancel()
	ctx, short := withRoom(ctx)
	var did engine.Tally
	err := ctx.Err()
	if err == nil && !short.check(ctx) {
		at := f.Now()
		if latest := now.Add(wait); at.Before(latest) { // a clock that was set back meanwhile loses nothing
			at = latest
		}
		did, err = w.Engine.Deliver(ctx, at, refs)
	}
	b.log.LogAttrs(ctx, slog.LevelInfo, "delivered", slog.Int("messages", len(due)), slog.Int("looks", len(refs)), slog.Int("sent", did.Sent),
		slog.Int("listed", did.Listed), slog.Int("held", did.Held), slog.Int("moved", did.Moved), slog.Int("skipped", did.Skipped),
		slog.Int("voided", did.Voided), slog.Int("expired", did.Expired), slog.Int("failed", did.Failed), slog.Int("retried", did.Retried),
		slog.Int("unclear", did.Unclear), slog.Int("parked", did.Parked), slog.Bool("no_time", short.Load()), slog.Any("err", err))
	switch {
	case err != nil:
		for _, it := range due {
			b.fail(ctx, it.message, err)
		}
	case short.Load():
		f.requeue(ctx, b, due, f.Now())
	}
}

// Timely returns a context that ends a moment before the invocation does, so that
// whatever hangs is told, and not taken for a death.
func Timely(ctx context.Context) (context.Context, context.CancelFunc) {
	end, limited := ctx.Deadline()
	if !limited {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-lastTime))
}

// timelyWork is Work that leaves time to say what hangs.
func (f *Form) timelyWork(ctx context.Context) (*Work, error) {
	ctx, cancel := Timely(ctx)
	defer cancel()
	return f.Work(ctx)
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// requeue sends messages again, all at once, each delayed to its look, and leaves
// them to the queue where that fails.
func (f *Form) requeue(ctx context.Context, b *batch, items []item, now time.Time) {
	var sent []item
	var messages []queue.Message
	for _, it := range items {
		m, err := encode(it.look, it.look.At.Sub(now))
		if err != nil {
			b.fail(ctx, it.message, err)
			continue
		}
		sent, messages = append(sent, it), append(messages, m)
	}
	if len(messages) == 0 {
		return
	}
	if err := f.DeliverQueue.Send(ctx, messages); err != nil { // what of it is there all the same finds nothing due
		for _, it := range sent {
			b.fail(ctx, it.message, err)
		}
	}
}

// shortage says that time ran out during an invocation.
type shortage struct{ atomic.Bool }

type shortageKey struct{}

func withRoom(ctx context.Context) (context.Context, *shortage) {
	s := &shortage{}
	return context.WithValue(ctx, shortageKey{}, s), s
}

// check notes, and reports, whether too little time is left to arm anything.
func (s *shortage) check(ctx context.Context) bool {
	end, limited := ctx.Deadline()
	if limited && time.Until(end) < roomTime {
		s.Store(true)
	}
	return s.Load()
}

// room tells the engine whether there is time for another send.
func (f *Form) room(ctx context.Context) bool {
	s, ok := ctx.Value(shortageKey{}).(*shortage)
	return !ok || !s.check(ctx)
}

// rest pauses the lanes of a medium after a fault of the account: the sweep
// queues nothing while no shop can send.
func (f *Form) rest(ctx context.Context, shop followup.ShopID, medium followup.Medium, until time.Time, reason string) {
	s := mailStream
	if medium == followup.Call {
		s = callStream
	}
	f.Log.ErrorContext(ctx, "sending rests after a fault of the account", "shop", shop, "channel", medium, "until", until, "reason", reason)
	err := f.change(ctx, s, func(st *Stream) {
		if st.Rests == nil {
			st.Rests = map[followup.ShopID]*Pause{}
		}
		st.Rests[shop] = &Pause{At: f.Now(), Until: until, Why: reason}
	})
	if err != nil {
		f.Log.ErrorContext(ctx, "pause of a lane is not kept; rows move one by one", "channel", medium, "err", err)
	}
}

// watermarkRecord keeps when the latest mail was sent of which an event arrived.
const watermarkRecord = "seen#email"

// watermark tells the engine how far the stream of mail events is known.
func (f *Form) watermark(ctx context.Context, _ followup.ShopID, medium followup.Medium) (time.Time, bool) {
	if medium != followup.Email || f.Env.ConfigurationSet == "" {
		return time.Time{}, false
	}
	at, _, err := f.readWatermark(ctx)
	if err != nil {
		f.Log.WarnContext(ctx, "read watermark", "err", err)
	}
	return at, true
}

func (f *Form) readWatermark(ctx context.Context) (at time.Time, version int64, err error) {
	value, version, err := f.Store.Record(ctx, watermarkRecord)
	if err != nil || version == 0 {
		return at, version, err
	}
	return at, version, json.Unmarshal(value, &at)
}

// change changes a stream's record, reading it again when somebody else did.
func (f *Form) change(ctx context.Context, s stream, change func(*Stream)) error {
	return f.untilKept(ctx, func() error {
		st, version, err := f.standing(ctx, s)
		if err != nil {
			return err
		}
		change(&st)
		return f.keep(ctx, s, &st, version)
	})
}
