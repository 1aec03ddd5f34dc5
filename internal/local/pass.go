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

// groupsAhead is how many groups are asked for at once, once the first is on its
// way: asking again passes over those before.
const groupsAhead = 4

// pass goes once through what is due, in groups, so many at once. It returns
// the first of what was due, nil when nothing was.
func (l *Loop) pass(ctx context.Context, at int) (first *followup.Ref, total engine.Tally, err error) {
	p := passage{Loop: l}
	work, going := errgroup.WithContext(ctx)
	work.SetLimit(max(at, 1))
	p.work, p.going = work, going
	limit := l.Group
	for after := followup.Cursor(""); p.goes(); limit = groupsAhead * l.Group {
		refs, next, fault := l.Engine.Store().Due(going, l.Clock.Now(), after, limit)
		if fault != nil {
			err = fmt.Errorf("read due: %w", fault)
			break
		}
		if first == nil && len(refs) > 0 {
			first = &refs[0]
		}
		for group := range slices.Chunk(refs, l.Group) {
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
func (p *passage) deliver(ctx context.Context, group []followup.Ref) {
	now := p.Clock.Now()
	refs, done := p.busy.take(group)
	p.work.Go(func() error {
		defer done()
		if p.going.Err() != nil { // while it waited for its turn
			return nil
		}
		// A group that was begun is finished, whatever stops the loop.
		tally, err := p.Engine.Deliver(context.WithoutCancel(ctx), now, refs)
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

// take returns the refs whose journeys are in no other group, and takes these
// until done: what is due in one journey is decided in its order. The rest is
// left to the next pass.
func (b *journeys) take(refs []followup.Ref) (mine []followup.Ref, done func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy == nil {
		b.busy = map[followup.JourneyID]bool{}
	}
	var taken []followup.JourneyID
	for _, r := range refs {
		if j := r.ID.Journey(); !b.busy[j] {
			mine, taken = append(mine, r), append(taken, j)
		}
	}
	for _, j := range taken {
		b.busy[j] = true
	}
	return mine, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, j := range taken {
			delete(b.busy, j)
		}
	}
}

// stuck reports whether what was due first still is.
func (l *Loop) stuck(ctx context.Context, first followup.Ref) (bool, error) {
	again, _, err := l.Engine.Store().Due(ctx, l.Clock.Now(), "", 1)
	if err != nil {
		return false, fmt.Errorf("read due: %w", err)
	}
	return len(again) > 0 && again[0] == first, nil
}
