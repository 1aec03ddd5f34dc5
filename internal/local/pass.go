package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
)

// groupsAhead is how many groups are asked for at once.
const groupsAhead = 4

// pass goes once through what is due, in groups, so many at once. It returns
// the first of what was due, nil when nothing was.
func (l *Loop) pass(ctx context.Context, at int) (first *followup.Ref, total engine.Tally, err error) {
	p := passage{Loop: l, going: ctx}
	if !p.goes() {
		return nil, total, nil
	}
	if first, err = l.first(ctx); first == nil || err != nil {
		return nil, total, err
	}
	work, going := errgroup.WithContext(ctx)
	work.SetLimit(max(at, 1))
	p.work, p.going = work, going
	for after := followup.Cursor(""); p.goes(); {
		ids, next, fault := l.Store.DueJourneys(going, l.Clock.Now(), after, groupsAhead*l.Group)
		if fault != nil {
			err = fmt.Errorf("read due: %w", fault)
			break
		}
		for group := range slices.Chunk(ids, l.Group) {
			if !p.goes() {
				break
			}
			p.deliver(ctx, group)
		}
		if after = next; after == "" {
			break
		}
	}
	err = errors.Join(work.Wait(), err)
	return first, p.total, err
}

// passage is one pass on its way.
type passage struct {
	*Loop
	work  *errgroup.Group
	going context.Context //nolint:containedctx // of the group, for as long as the pass
	busy  journeys

	mu    sync.Mutex
	total engine.Tally
}

// goes reports whether another group may be taken. Nothing is decided, or armed,
// before its turn has come.
func (p *passage) goes() bool { return p.going.Err() == nil && (p.Ready == nil || p.Ready()) }

// deliver sends a group on its way, once there is a hand for it.
func (p *passage) deliver(ctx context.Context, group []followup.JourneyID) {
	now := p.Clock.Now()
	ids, done := p.busy.take(group)
	p.work.Go(func() error {
		defer done()
		if p.going.Err() != nil { // while it waited for its turn
			return nil
		}
		// A group that was begun is finished, whatever stops the loop.
		tally, err := p.Engine.DeliverIn(context.WithoutCancel(ctx), now, ids)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.total.Add(tally)
		if err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
		return nil
	})
}

// journeys are those of the groups on their way.
type journeys struct {
	mu   sync.Mutex
	busy map[followup.JourneyID]bool
}

// take returns the journeys that are in no other group, and takes these until
// done: what is due in one journey is decided in its order. The rest is left to
// the next pass.
func (b *journeys) take(ids []followup.JourneyID) (mine []followup.JourneyID, done func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy == nil {
		b.busy = map[followup.JourneyID]bool{}
	}
	for _, j := range ids {
		if !b.busy[j] {
			mine = append(mine, j)
			b.busy[j] = true
		}
	}
	return mine, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, j := range mine {
			delete(b.busy, j)
		}
	}
}

// first returns what is due first; nil when nothing is.
func (l *Loop) first(ctx context.Context) (first *followup.Ref, err error) {
	refs, _, err := l.Engine.Store().Due(ctx, l.Clock.Now(), "", 1)
	if err != nil {
		return nil, fmt.Errorf("read due: %w", err)
	}
	if len(refs) > 0 {
		first = &refs[0]
	}
	return first, nil
}

// stuck reports whether what was due first still is.
func (l *Loop) stuck(ctx context.Context, first followup.Ref) (bool, error) {
	again, err := l.first(ctx)
	return again != nil && *again == first, err
}
