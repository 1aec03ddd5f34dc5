package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"aftersales/internal/followup"
)

// firstLooks is how many looks of each shard are read at once: about as many as
// DynamoDB reads for the least that it bills.
const firstLooks = 24

// glance is what one sweep saw first in the index: the beginning of the shards that
// it asked. Where a shard has no more than that, which is nearly always, it answers
// all that the sweep asks of it: what comes next, what was lost, how old the oldest
// is.
type glance struct {
	until time.Time // up to there
	lanes map[followup.Lane]*beginning
}

// beginning is that of a lane's shards; nothing of those that were not asked.
type beginning struct {
	pages [][]followup.Ref
	errs  []error
}

// lookAtOnce bounds the requests that are under way. As many hands take the shards
// in turn, none fewer than four of them: each hand opens a connection, and grows the
// deep stack that the SDK's layers need.
const lookAtOnce = 4

// glance reads the beginning of some shards. One that cannot be read stops its lane
// only.
func (f *Form) glance(ctx context.Context, now time.Time, shards []shard) *glance {
	g := &glance{until: now.Add(horizon), lanes: map[followup.Lane]*beginning{}}
	for _, s := range shards {
		if g.lanes[s.lane] == nil {
			g.lanes[s.lane] = &beginning{make([][]followup.Ref, f.Store.Shards()), make([]error, f.Store.Shards())}
		}
	}
	var taken atomic.Int32
	hand := func() {
		for i := int(taken.Add(1)) - 1; i < len(shards); i = int(taken.Add(1)) - 1 {
			s := shards[i]
			b := g.lanes[s.lane] // each shard has its own error
			b.pages[s.number], b.errs[s.number] = f.Store.DueIn(ctx, s.lane, s.number, followup.Place{}, g.until, firstLooks)
		}
	}
	var others sync.WaitGroup
	for range min(lookAtOnce, len(shards)/4) - 1 {
		others.Go(hand)
	}
	hand() // whose stack is grown already
	others.Wait()
	return g
}

// due returns at most limit looks of a lane behind from, up to until, by (time, id).
// What was seen is not read again.
func (f *Form) due(ctx context.Context, g *glance, l followup.Lane, from followup.Place, until time.Time, limit int) ([]followup.Ref, error) {
	if err := errors.Join(g.lanes[l].errs...); err != nil {
		return nil, fmt.Errorf("read due of %s: %w", l, err)
	}
	pages := make([][]followup.Ref, len(g.lanes[l].pages)) // a shard that was not asked has nothing behind its nothing
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookAtOnce)
	for i := range pages {
		seen, at, whole := g.behind(l, i, from, until)
		if pages[i] = seen; whole || len(seen) >= limit {
			continue
		}
		group.Go(func() error {
			more, err := f.Store.DueIn(ctx, l, i, at, until, limit-len(seen))
			pages[i] = slices.Concat(seen, more)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("read due of %s: %w", l, err)
	}
	all := slices.Concat(pages...)
	slices.SortFunc(all, func(a, b followup.Ref) int { return cmp.Or(a.Next.Compare(b.Next), cmp.Compare(a.ID, b.ID)) })
	all = slices.CompactFunc(all, func(a, b followup.Ref) bool { return a.ID == b.ID && a.Next.Equal(b.Next) })
	return all[:min(limit, len(all))], nil
}

// behind returns what was seen of a shard behind from, up to until, whether that is
// all there is, and else the place to go on from.
func (g *glance) behind(l followup.Lane, shard int, from followup.Place, until time.Time) (seen []followup.Ref, at followup.Place, whole bool) {
	page := g.lanes[l].pages[shard]
	for _, r := range page {
		if !r.Next.After(until) && behind(r, from) {
			seen = append(seen, r)
		}
	}
	at, whole = from, len(page) < firstLooks
	if !whole {
		last := page[len(page)-1]
		whole = last.Next.After(until)
		if behind(last, from) {
			at = followup.Place{At: last.Next, ID: last.ID}
		}
	}
	return seen, at, whole && !until.After(g.until)
}

// behind reports whether a look comes after a place.
func behind(r followup.Ref, p followup.Place) bool {
	return cmp.Or(r.Next.Compare(p.At), cmp.Compare(r.ID, p.ID)) > 0
}

// oldest returns how long the oldest look that is due has been waiting.
func (g *glance) oldest(now time.Time) (oldest time.Duration, err error) {
	for l, b := range g.lanes {
		if err := errors.Join(b.errs...); err != nil {
			return 0, fmt.Errorf("read due of %s: %w", l, err)
		}
		for _, page := range b.pages {
			if len(page) > 0 {
				oldest = max(oldest, now.Sub(page[0].Next))
			}
		}
	}
	return oldest, nil
}
