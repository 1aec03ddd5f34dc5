package local

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
)

// Work is what the loop drives: an engine and the extras of a store on one machine.
type Work interface {
	// NextLook returns the earliest look of any follow-up.
	NextLook(ctx context.Context) (time.Time, bool, error)
	// DueJourneys pages through the journeys in which something is due; where a row
	// is armed it may be that nothing is.
	DueJourneys(ctx context.Context, until time.Time, after followup.Cursor, limit int) ([]followup.JourneyID, followup.Cursor, error)
	// DataVersion changes when another process commits.
	DataVersion(ctx context.Context) (int64, error)
}

// Loop takes what waits in the inbox and what is due, in groups, and sleeps
// until there is more.
type Loop struct {
	Engine *engine.Engine
	Store  Work
	Clock  *Clock
	Log    *slog.Logger
	Group  int           // journeys taken, and their follow-ups armed, at once
	Hands  int           // groups on their way at once: while one waits for the disk, others are read and decided
	Poll   time.Duration // how often other processes' commits are looked for; 0: never
	Ready  func() bool   // whether the rate limit lets anything go now; nil: always

	wake chan struct{}
	work sync.Mutex // one drain at a time: the loop's own, or a traveller's
}

// NewLoop returns a loop; its fields may be set before Run.
func NewLoop(e *engine.Engine, s Work, c *Clock, log *slog.Logger) *Loop {
	return &Loop{Engine: e, Store: s, Clock: c, Log: log, Group: 250, Hands: 4, Poll: time.Second, wake: make(chan struct{}, 1)}
}

// Wake tells the loop that there is new work. It never blocks.
func (l *Loop) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// faultPause is how long the loop rests when the store fails.
const faultPause = 5 * time.Second

// Run works until ctx ends; then it finishes the group in hand and returns nil.
// A store that fails (disk full, locked) is tried again for ever: nothing is
// lost meanwhile, and nothing is sent that cannot be recorded.
func (l *Loop) Run(ctx context.Context) error {
	var looked time.Time
	for ctx.Err() == nil {
		seen, err := l.Store.DataVersion(ctx)
		if err == nil {
			_, err = l.Drain(ctx)
		}
		if err != nil && ctx.Err() == nil {
			l.Log.ErrorContext(ctx, "work stopped by a fault; trying again", "err", err, "in", faultPause)
			l.pause(ctx, faultPause)
			continue
		}
		looked = l.sleep(ctx, seen, looked)
	}
	return nil
}

// Drain does everything that can be done now: bodies first, then what is due.
func (l *Loop) Drain(ctx context.Context) (engine.Tally, error) {
	l.work.Lock()
	defer l.work.Unlock()
	return l.drain(ctx)
}

// Travel moves the clock forward to a moment, stopping wherever something is
// due, so that everything happens at its time. seen, when not nil, is told of
// each stop.
func (l *Loop) Travel(ctx context.Context, to time.Time, seen func(now time.Time, did engine.Tally)) error {
	l.work.Lock()
	defer l.work.Unlock()
	for ctx.Err() == nil {
		did, err := l.drain(ctx)
		if err != nil {
			return err
		}
		if seen != nil {
			seen(l.Clock.Now(), did)
		}
		next, ok, err := l.Store.NextLook(ctx)
		if err != nil {
			return err
		}
		if !ok || next.After(to) {
			l.Clock.AdvanceTo(to)
			return nil
		}
		if !next.After(l.Clock.Now()) {
			return fmt.Errorf("a follow-up due at %s cannot be moved", next.UTC().Format(time.RFC3339))
		}
		l.Clock.AdvanceTo(next)
	}
	return ctx.Err()
}

func (l *Loop) drain(ctx context.Context) (engine.Tally, error) {
	var total engine.Tally
	if err := l.receive(ctx); err != nil {
		return total, err
	}
	for at := l.Hands; ctx.Err() == nil; {
		first, tally, err := l.pass(ctx, at)
		total.Add(tally)
		if err != nil || first == nil {
			return total, err
		}
		stuck, err := l.stuck(ctx, *first)
		if err != nil || stuck && at == 1 {
			return total, err
		}
		at = l.Hands
		if stuck { // or others were sending to its contact: once more, alone
			at = 1
		}
	}
	return total, nil
}

// receiveGroup is how many bodies are enrolled in one commit.
const receiveGroup = 100

func (l *Loop) receive(ctx context.Context) error {
	for after := followup.Cursor(""); ctx.Err() == nil; {
		bodies, next, err := l.Engine.Store().Waiting(ctx, after, receiveGroup)
		if err != nil {
			return fmt.Errorf("read inbox: %w", err)
		}
		if len(bodies) == 0 {
			return nil
		}
		// A group that was begun is finished, whatever stops the loop.
		errs, err := l.Engine.Receive(context.WithoutCancel(ctx), l.Clock.Now(), bodies)
		if err != nil {
			return fmt.Errorf("enroll: %w", err)
		}
		for i, err := range errs {
			if err != nil {
				l.Log.WarnContext(ctx, "body not enrolled", "source", bodies[i].Source, "shop", bodies[i].Shop, "topic", bodies[i].Topic, "err", err)
			}
		}
		if next == "" {
			return nil
		}
		after = next
	}
	return nil
}

// sleep waits for the next look, a wake-up, a commit of another process, a
// move of the clock, or the end. It returns the look when that came, else the
// zero time; before is what it returned the time before.
func (l *Loop) sleep(ctx context.Context, seen int64, before time.Time) time.Time {
	next, limit, err := l.ahead(ctx)
	if err != nil {
		l.pause(ctx, faultPause)
		return time.Time{}
	}
	for slept := time.Duration(0); ctx.Err() == nil && slept < limit; {
		// Asked anew at every turn: the machine may have slept, or its clock been set.
		wait, moved := l.Clock.until(next)
		if wait <= 0 {
			if next.Equal(before) { // the work just done did not move it
				l.pause(ctx, minSleep)
			}
			return next
		}
		wait = min(wait, limit-slept)
		if l.Poll > 0 {
			wait = min(wait, l.Poll)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			slept = limit
		case <-l.wake:
			slept = limit
		case <-moved:
		case <-timer.C:
			slept += wait
		}
		timer.Stop()
		if l.foreign(ctx, seen) {
			break
		}
	}
	return time.Time{}
}

// ahead returns the next look, and how long to sleep at most: bodies that could
// not be enrolled are tried again although nobody wakes the loop for them.
func (l *Loop) ahead(ctx context.Context) (next time.Time, limit time.Duration, err error) {
	left, _, err := l.Engine.Store().Waiting(ctx, "", 1)
	if err != nil {
		return next, 0, err
	}
	limit = forever
	if len(left) > 0 {
		limit = bodyPause
	}
	next, ok, err := l.Store.NextLook(ctx)
	if !ok {
		next = l.Clock.Now().Add(10 * forever)
	}
	return next, limit, err
}

// bodyPause is how long bodies that could not be enrolled wait at most.
const bodyPause = 30 * time.Second

// minSleep keeps a row that cannot be moved from making the loop spin.
const minSleep = 250 * time.Millisecond

func (l *Loop) foreign(ctx context.Context, seen int64) bool {
	if l.Poll <= 0 {
		return false
	}
	v, err := l.Store.DataVersion(ctx)
	return err != nil || v != seen
}

func (l *Loop) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
