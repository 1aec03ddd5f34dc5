package engine

import (
	"context"
	"time"

	"aftersales/internal/followup"
)

// lane is what a fault of the account stops: one medium of one shop.
type lane struct {
	shop   followup.ShopID
	medium followup.Medium
}

// rests returns until when a lane rests; false when it does not.
func (e *Engine) rests(l lane, now time.Time) (time.Time, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	until := e.lanes[l]
	return until, now.Before(until)
}

// rest stops a lane after a fault of the account, and tells it once a pause.
func (e *Engine) rest(ctx context.Context, l lane, now time.Time, cause error) {
	until := now.Add(followup.AccountPause)
	e.mu.Lock()
	known := now.Before(e.lanes[l])
	e.lanes[l] = until
	e.mu.Unlock()
	if !known && e.c.Rest != nil {
		e.c.Rest(context.WithoutCancel(ctx), l.shop, l.medium, until, cause.Error())
	}
}

// room reports whether there is time for another send.
func (e *Engine) room(ctx context.Context) bool { return e.c.Room == nil || e.c.Room(ctx) }

// stream adds what the events of a channel's stream tell about a row.
func (e *Engine) stream(ctx context.Context, shop followup.ShopID, row *followup.FollowUp, k *followup.Known) {
	if e.c.Watermark == nil || row.Claimed != "" {
		return
	}
	k.Watermark, k.Stream = e.c.Watermark(ctx, shop, row.Channel)
}
