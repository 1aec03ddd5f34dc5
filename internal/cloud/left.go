package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/transfer"
)

// leftRecord keeps what reached the enroll queue while the stack was moved away.
const leftRecord = "left"

// left says what nobody enrolled because the stack was moved away.
type left struct {
	Since time.Time `json:"since,omitzero"`  // when the oldest body of the inbox came; zero: none
	Again bool      `json:"again,omitempty"` // journeys were to be reconciled
}

// leave settles messages at a stack that was moved away: their bodies are in the
// inbox, events of a bus enter it, and it is noted from when on it has to be fed
// again, should the stack be opened again.
func (f *Form) leave(ctx context.Context, b *batch, messages []QueueMessage) {
	var all left
	var kept []*QueueMessage
	for i := range messages {
		m := &messages[i]
		one, err := f.keptOf(ctx, m.Body)
		if err != nil {
			b.fail(ctx, m, err)
			continue
		}
		all, kept = all.and(one), append(kept, m)
	}
	b.log.WarnContext(ctx, "the stack is closed; what came is kept", "messages", len(kept))
	if err := f.keepLeft(ctx, all); err != nil {
		for _, m := range kept {
			b.fail(ctx, m, fmt.Errorf("note what came: %w", err))
		}
	}
}

// errOpen is a stack that was opened while messages were settled: they come again.
var errOpen = errors.New("the stack is open meanwhile")

// keepLeft notes what came. Whoever opens the stack reads the note only then, so
// that one which is still closed behind the note is one whose note will be read.
func (f *Form) keepLeft(ctx context.Context, all left) error {
	if err := f.noteLeft(ctx, all); err != nil {
		return err
	}
	value, version, err := f.Store.Record(ctx, transfer.MovedKey)
	if err == nil && movedIn(followup.Record{Value: value, Version: version}) == nil {
		err = errOpen
	}
	return err
}

// and returns what both say.
func (l left) and(o left) left {
	if l.Since.IsZero() || !o.Since.IsZero() && o.Since.Before(l.Since) {
		l.Since = o.Since
	}
	l.Again = l.Again || o.Again
	return l
}

// keptOf keeps what one message brings, and says what it was.
func (f *Form) keptOf(ctx context.Context, text string) (left, error) {
	m, bus, err := enrolOf(text)
	switch {
	case err != nil:
		return left{}, err
	case bus != nil:
		shops := map[followup.ShopID]*followup.Shop{}
		for i := range f.Config.Shops {
			shops[f.Config.Shops[i].ID] = &f.Config.Shops[i]
		}
		in, err := f.arrived(ctx, shops, bus)
		if err != nil {
			return left{}, err
		}
		return f.since(ctx, in.InboxKey)
	case m.Inbox != nil:
		return f.since(ctx, *m.Inbox)
	default:
		return left{Again: true}, nil
	}
}

// since says when a body came first.
func (f *Form) since(ctx context.Context, key followup.InboxKey) (left, error) {
	in, err := f.Store.Incoming(ctx, key)
	if errors.Is(err, followup.ErrNotFound) {
		return left{}, fmt.Errorf("%w: the inbox holds no such body", errMalformed)
	}
	return left{Since: in.At}, err
}

// noteLeft adds to what is noted; nothing is written that is known.
func (f *Form) noteLeft(ctx context.Context, more left) error {
	return f.untilKept(ctx, func() error {
		was, version, err := f.leftNow(ctx)
		if err != nil {
			return err
		}
		now := was.and(more)
		if now == was {
			return nil
		}
		value, err := json.Marshal(now)
		if err != nil {
			return err
		}
		return f.Store.SetRecord(ctx, leftRecord, value, version)
	})
}

func (f *Form) leftNow(ctx context.Context) (l left, version int64, err error) {
	value, version, err := f.Store.Record(ctx, leftRecord)
	if err != nil || version == 0 {
		return l, version, err
	}
	return l, version, json.Unmarshal(value, &l)
}

// resume queues what was left, and returns how many bodies.
func (s *Stack) resume(ctx context.Context) (int, error) {
	was, version, err := s.leftNow(ctx)
	if err != nil {
		return 0, fmt.Errorf("it is open again; what came meanwhile is not known: %w", err)
	}
	fed := 0
	if !was.Since.IsZero() {
		if fed, err = s.FeedAgain(ctx, was.Since, func(int) {}); err != nil {
			return fed, fmt.Errorf("it is open again; say `aftersales stack feed --since %s` for what came meanwhile: %w", was.Since.UTC().Format(time.RFC3339), err)
		}
	}
	if was.Again { // the next sweep finds no settings that journeys were reconciled with
		if err := s.unsettle(ctx); err != nil {
			return fed, err
		}
	}
	if was == (left{}) {
		return fed, nil
	}
	return fed, ignoreConflict(s.Store.SetRecord(ctx, leftRecord, []byte("{}"), version))
}
