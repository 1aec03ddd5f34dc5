package cloud_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
)

// taken is a store whose records somebody else always writes first.
type taken struct {
	*memory.Store
	writes int
}

func (s *taken) SetRecord(context.Context, string, []byte, int64) error {
	s.writes++
	return followup.ErrConflict
}

// Whoever loses a record to another waits a little longer each time, and gives up
// in the end.
func TestARecordThatSomebodyElseWritesIsWaitedFor(t *testing.T) {
	s := newStack(t)
	parts := s.parts(config.Console)
	store := &taken{Store: s.store}
	var waited []int
	parts.Store, parts.Wait = store, func(_ context.Context, try int) error {
		waited = append(waited, try)
		return nil
	}
	err := cloud.New(parts).PauseLane(t.Context(), followup.LaneCall, "drill")
	if !errors.Is(err, followup.ErrConflict) || store.writes != 8 || !slices.Equal(waited, []int{1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("%d writes, waits before %v: %v", store.writes, waited, err)
	}
	ended := errors.New("no time")
	parts.Wait = func(context.Context, int) error { return ended }
	store.writes = 0
	if err := cloud.New(parts).PauseLane(t.Context(), followup.LaneCall, "drill"); !errors.Is(err, ended) || store.writes != 1 {
		t.Errorf("without time: %d writes, %v", store.writes, err)
	}
}

// The waits grow, up to a bound, and end with their caller.
func TestTheWaitForARecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStack(t)
		parts := s.parts(config.Console)
		parts.Wait = nil
		wait := cloud.New(parts).Wait
		for try, ms := range []int{10, 20, 40, 80, 160, 160, 160} {
			least := time.Duration(ms) * time.Millisecond
			began := time.Now()
			if err := wait(t.Context(), try+1); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took < least || took >= 2*least {
				t.Errorf("try %d: %s, want %s to twice that", try+1, took, least)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := wait(ctx, 7); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a caller that went away: %v", err)
		}
	})
}
