package dynamo

import (
	"context"
	"sync"
	"time"
)

// once makes one attempt of a request when there is a turn for it.
func (s *Store) once(ctx context.Context) (context.Context, func(), error) {
	select {
	case s.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, bound(ctx))
	return ctx, func() { cancel(); <-s.turns }, nil
}

// bound is how long one attempt may take: at most half of what its caller has left,
// so that another one, on a connection that is not dead, has its chance.
func bound(ctx context.Context) time.Duration {
	end, limited := ctx.Deadline()
	if !limited {
		return callTimeout
	}
	return min(callTimeout, time.Until(end)/2) //nolint:forbidigo // a deadline is of the machine's clock
}

// each runs do for 0 to n-1 at once and returns their errors. Requests take
// turns, so n may be large.
func each(n int, do func(i int) error) []error {
	errs := make([]error, n)
	if n == 1 {
		errs[0] = do(0)
		return errs
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	return errs
}

// waves says which elements of a group may run at once: those of a wave share no
// key, and of two that share one the earlier is in the earlier wave.
func waves(n int, keys func(i int) []string) [][]int {
	var out [][]int
	last := map[string]int{} // key: number of the wave after the last that has it
	for i := range n {
		wave := 0
		for _, k := range keys(i) {
			wave = max(wave, last[k])
		}
		for _, k := range keys(i) {
			last[k] = wave + 1
		}
		if wave == len(out) {
			out = append(out, nil)
		}
		out[wave] = append(out[wave], i)
	}
	return out
}
