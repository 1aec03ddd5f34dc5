package demo

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// item is something somebody does at its time.
type item struct {
	at time.Time
	n  int // keeps equals in the order they were put
	do func(ctx context.Context) error
}

// agenda is sorted by time.
type agenda []item

// put adds what is done at a time.
func (a *agenda) put(at time.Time, do func(ctx context.Context) error) {
	it := item{at: at, n: len(*a), do: do}
	if len(*a) > 0 {
		it.n = max(it.n, (*a)[len(*a)-1].n+1)
	}
	i, _ := slices.BinarySearchFunc(*a, it, func(x, y item) int { return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.n, y.n)) })
	*a = slices.Insert(*a, i, it)
}

func (a *agenda) pop() item {
	first := (*a)[0]
	*a = (*a)[1:]
	return first
}
