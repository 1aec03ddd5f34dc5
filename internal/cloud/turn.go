package cloud

import (
	"context"
	"errors"
	mrand "math/rand/v2"
	"time"

	"aftersales/internal/followup"
)

// tries is how often a record is written when somebody else did meanwhile.
const tries = 8

// The waits between them.
const (
	firstWait   = 10 * time.Millisecond
	longestWait = 160 * time.Millisecond
)

// untilKept reads and writes a record, by do, until nobody else wrote it in
// between; ErrConflict when somebody always did.
func (f *Form) untilKept(ctx context.Context, do func() error) error {
	for try := range tries {
		if try > 0 {
			if err := f.Wait(ctx, try); err != nil {
				return err
			}
		}
		if err := do(); !errors.Is(err, followup.ErrConflict) {
			return err
		}
	}
	return followup.ErrConflict
}

// backOff waits before a try, each caller for another while: those who want one
// record at the same moment would else take it from one another again.
func backOff(ctx context.Context, try int) error {
	least := min(firstWait<<(try-1), longestWait)
	pause(ctx, least+mrand.N(least)) //nolint:gosec // jitter is no secret
	return ctx.Err()
}
