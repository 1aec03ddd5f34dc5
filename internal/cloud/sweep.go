package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/queue"
	"aftersales/internal/transfer"
)

// stream is a set of lanes that share one rate, and one record.
type stream struct {
	record string
	lanes  []followup.Lane // the first goes first
	sends  bool            // costs money and nerves: guarded against unusual work
}

var (
	mailStream = stream{"sweep#mail", []followup.Lane{followup.LaneService, followup.LaneRest}, true}
	callStream = stream{"sweep#call", []followup.Lane{followup.LaneCall}, true}
	lookStream = stream{"sweep#look", []followup.Lane{followup.LaneLook}, false}
)

// streams lists every stream in the order in which a sweep serves them.
func streams() []stream { return []stream{mailStream, callStream, lookStream} }

// The rates of what no provider limits, a second.
const (
	lookRate  = 50.0 // looks that send nothing, and calls that become tasks
	voiceRate = 1.6  // calls by Amazon Connect: 0.8 of the two a second that a new instance may start
	mailRate  = 0.8  // mail, while the account's limits have never been read: 0.8 of the sandbox's one a second
	ofRate    = 0.8  // of the account's own limit
)

const limitsFor = 5 * time.Minute // limits are taken as they are

// Sweep queues what is due in the next 90 seconds, delayed to the second and at
// the allowed rate. Two that run at once take nothing twice: one of them loses
// the stream's record. What the trigger's event says does not matter.
func (f *Form) Sweep(ctx context.Context, _ json.RawMessage) error {
	ctx, cancel := Timely(ctx)
	defer cancel()
	now := f.Now()
	kept, unread := f.swept(ctx)
	if moved := movedIn(kept[transfer.MovedKey]); moved != nil { // nobody may send from here: looks stay in the table
		f.Log.WarnContext(ctx, "nothing is swept", "reason", moved.Error())
		f.metrics.put(now, metricOldest, "Seconds", halfSince(now, moved).Seconds()) // the alarm of a silent sweep stays quiet
		return nil
	}
	r, err := f.reads(kept[shardsRecord])
	seen := f.glance(ctx, now, slices.Concat(r.shards(followup.Lanes[:]), f.other(now, &r)))
	errs := []error{unread, err}
	if unread == nil {
		errs = append(errs, f.keepShards(ctx, &r, seen))
		if kept[tableRecord].Version == 0 { // so that a table restored before anything is sent is told from this one
			errs = append(errs, f.noteTable(ctx, 0))
		}
		for _, s := range streams() {
			if err := f.sweep(ctx, now, s, kept[s.record], seen, &r); err != nil {
				errs = append(errs, fmt.Errorf("sweep %s: %w", s.record, err))
			}
		}
		if err := f.reconcile(ctx, kept[settingsRecord]); err != nil {
			errs = append(errs, fmt.Errorf("reconcile with new settings: %w", err))
		}
	}
	if f.Metrics != nil {
		oldest, err := seen.oldest(now)
		if err == nil {
			f.metrics.put(now, metricOldest, "Seconds", oldest.Seconds())
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// swept returns the records that a sweep needs, by their names.
func (f *Form) swept(ctx context.Context) (map[string]followup.Record, error) {
	names := []string{transfer.MovedKey, settingsRecord, shardsRecord, tableRecord}
	for _, s := range streams() {
		names = append(names, s.record)
	}
	kept, err := f.Store.ReadRecords(ctx, names)
	out := map[string]followup.Record{}
	for i := range kept {
		out[names[i]] = kept[i]
	}
	return out, err
}

// sweep serves one stream, by its record and what was seen of the index. Another
// sweep, or looks that are due soon, may write the record meanwhile: then it begins
// anew from there.
func (f *Form) sweep(ctx context.Context, now time.Time, s stream, kept followup.Record, seen *glance, r *reading) error {
	begun := false
	err := f.untilKept(ctx, func() error {
		if begun {
			f.Log.InfoContext(ctx, "somebody else moved the stream on; the sweep begins anew", "stream", s.record)
			var err error
			if kept.Value, kept.Version, err = f.Store.Record(ctx, s.record); err != nil {
				return err
			}
			seen = f.glance(ctx, now, r.shards(s.lanes))
		}
		begun = true
		return f.sweepOnce(ctx, now, s, kept, seen)
	})
	return ignoreConflict(err) // the others are at work
}

// sweepOnce gives slots, keeps where it stands, and only then queues. Work that a
// death in between leaves behind is found by healing.
func (f *Form) sweepOnce(ctx context.Context, now time.Time, s stream, kept followup.Record, seen *glance) error {
	st, err := streamIn(s, kept)
	if err != nil {
		return err
	}
	version := kept.Version
	changed := f.limits(ctx, now, s, &st)
	if st.stopped(now, f.shops()) {
		if !changed {
			return nil
		}
		return f.keep(ctx, s, &st, version)
	}
	st.Turn(now)
	budget := f.budget(s, &st)
	slots, moved, err := f.slots(ctx, now, s, &sweeping{seen, &st, &budget})
	if err != nil {
		return err
	}
	if !changed && !moved {
		return nil
	}
	if err := f.keep(ctx, s, &st, version); err != nil {
		return err
	}
	if err := f.queue(ctx, now, slots); err != nil {
		before, _ := streamIn(s, kept) // it was read above
		before.Limits = st.Limits
		return errors.Join(err, ignoreConflict(f.keep(ctx, s, &before, version+1))) // the next sweep queues them again
	}
	f.Log.LogAttrs(ctx, slog.LevelInfo, "swept", slog.String("stream", s.record), slog.Int("looks", count(slots)),
		slog.Int("messages", len(slots)), slog.Float64("rate", budget.Rate))
	return nil
}

func ignoreConflict(err error) error {
	if errors.Is(err, followup.ErrConflict) {
		return nil
	}
	return err
}

// sweeping is what one sweep of a stream works on.
type sweeping struct {
	*glance
	*Stream
	*Budget
}

// slots gives every lane what it may have: new looks first, lost ones after.
func (f *Form) slots(ctx context.Context, now time.Time, s stream, w *sweeping) (all []Slot, moved bool, err error) {
	for _, l := range s.lanes {
		slots, changed, err := f.advance(ctx, now, s, l, w)
		if err != nil {
			return nil, false, err
		}
		all, moved = append(all, slots...), moved || changed
	}
	for _, l := range s.lanes {
		slots, changed, err := f.heal(ctx, now, l, w)
		if err != nil {
			return nil, false, err
		}
		all, moved = append(all, slots...), moved || changed
	}
	return all, moved, nil
}

// advance gives slots to what comes next in a lane. More than is usual pauses it.
func (f *Form) advance(ctx context.Context, now time.Time, s stream, l followup.Lane, w *sweeping) (slots []Slot, moved bool, err error) {
	lane := w.lane(l)
	if !lane.Paused.over(now) {
		return nil, false, nil
	}
	want, usual := w.Room(now, *w.Budget), -1
	if s.sends {
		usual = lane.Usual(now)
	}
	if want == 0 {
		return nil, false, nil
	}
	if usual >= 0 {
		want = min(want, usual+1)
	}
	refs, err := f.due(ctx, w.glance, l, lane.Place, now.Add(horizon), want)
	if err != nil || len(refs) == 0 {
		return nil, false, err
	}
	if usual >= 0 && len(refs) > usual {
		refs = refs[:usual]
		f.unusual(ctx, now, l, lane, usual)
	}
	return w.Give(now, l, w.Budget, refs), true, nil
}

// unusual pauses a lane after the usual work of an hour.
func (f *Form) unusual(ctx context.Context, now time.Time, l followup.Lane, lane *Standing, usual int) {
	lane.Paused = &Pause{At: now, Why: fmt.Sprintf("more than %d looks in an hour are unusual; an operator has to go on", lane.Count+usual)}
	f.Log.ErrorContext(ctx, "lane paused itself", "lane", l, "reason", lane.Paused.Why)
	f.metrics.put(now, metricPaused, "Count", 1)
}

// heal gives slots to what was queued ten minutes ago and still waits.
func (f *Form) heal(ctx context.Context, now time.Time, l followup.Lane, w *sweeping) (slots []Slot, moved bool, err error) {
	lane := w.lane(l)
	behind, known := lane.Behind(now)
	if !known || !lane.Paused.over(now) || !lane.Healing(now) {
		return nil, false, nil
	}
	want := w.Room(now, *w.Budget)
	if want == 0 {
		return nil, true, nil
	}
	refs, err := f.due(ctx, w.glance, l, lane.Heal, behind.At, want)
	if err != nil {
		return nil, false, err
	}
	full := len(refs) == want
	refs = slices.DeleteFunc(refs, func(r followup.Ref) bool { return r.Next.Equal(behind.At) && r.ID > behind.ID })
	if len(refs) > 0 {
		f.Log.WarnContext(ctx, "looks are queued again", "lane", l, "looks", len(refs), "oldest", refs[0].ID)
	}
	return w.Heal(now, l, w.Budget, refs, full), true, nil
}

// queue sends the messages of slots, each delayed to its second.
func (f *Form) queue(ctx context.Context, now time.Time, slots []Slot) error {
	messages := make([]queue.Message, 0, len(slots))
	for _, s := range slots {
		m, err := encode(Look{Journey: s.IDs[0].Journey(), IDs: s.IDs, At: s.At}, s.Out.Sub(now))
		if err != nil {
			return err
		}
		messages = append(messages, m)
	}
	if len(messages) == 0 {
		return nil
	}
	return f.DeliverQueue.Send(ctx, messages)
}
