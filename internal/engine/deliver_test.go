package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/memory"
)

// slow takes a second for each mail and counts those on their way.
type slow struct {
	mu        sync.Mutex
	now, most int
	sent      map[followup.FollowUpID]int
}

func (c *slow) Send(_ context.Context, m followup.Message) (followup.Receipt, error) {
	c.mu.Lock()
	c.now++
	c.most = max(c.most, c.now)
	c.sent[m.FollowUp]++
	c.mu.Unlock()
	time.Sleep(time.Second)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now--
	return followup.Receipt{Provider: string(m.FollowUp)}, nil
}

// Several Delivers at once: the mails of one contact still go one after
// another, each once, and what had to wait keeps its look.
func TestDeliversAtOnceSendOneContactOneAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const orders = 6
		ctx, channel := t.Context(), &slow{sent: map[followup.FollowUpID]int{}}
		s := newShop(t, memory.New(), &mailbox.Memory{}, channel)
		for n := range orders {
			group := engine.Group{
				Journey: followup.NewJourneyID("main", fmt.Sprint(n)),
				Events:  []followup.Event{created("2026-03-02T09:00"), happened("delivered", followup.OrderDelivered, "2026-03-04T12:00")},
			}
			if err := s.Enroll(ctx, at("2026-03-04T12:00"), []engine.Group{group})[0]; err != nil {
				t.Fatal(err)
			}
		}
		now := at("2026-03-05T10:00")
		for round := 0; ; round++ {
			due, _, err := s.store.Due(ctx, now, "", 100)
			if err != nil || round > orders {
				t.Fatal(err, round)
			}
			if len(due) == 0 {
				break
			}
			var all sync.WaitGroup
			for i := range due {
				all.Go(func() {
					if _, err := s.Deliver(ctx, now, due[i:i+1]); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		if channel.most != 1 {
			t.Errorf("%d mails to one customer at once", channel.most)
		}
		if len(channel.sent) != orders {
			t.Errorf("%d follow-ups went out, want %d", len(channel.sent), orders)
		}
		for id, n := range channel.sent {
			if n != 1 {
				t.Errorf("%s went out %d times", id, n)
			}
		}
	})
}
