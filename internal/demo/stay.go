package demo

import (
	"context"
	"fmt"
	"time"

	"aftersales/internal/local"
	"aftersales/internal/web"
)

// Stay serves the world at its living moment until ctx ends; the operator's
// pages carry buttons that move the clock.
func (w *World) Stay(ctx context.Context, o local.ServeOptions) error {
	o.Clock = &web.ClockControl{Now: w.form.Now, Advance: w.advance}
	o.Poll = -1
	return w.App.ServeLoop(ctx, w.Loop, o)
}

// advance moves the clock and lets everything happen that becomes due.
func (w *World) advance(ctx context.Context, by string) error {
	now := w.form.Now()
	var to time.Time
	switch by {
	case "hour":
		to = now.Add(time.Hour)
	case "day":
		to = now.AddDate(0, 0, 1)
	case "month":
		to = now.AddDate(0, 1, 0)
	default:
		return fmt.Errorf("the clock moves by hour, day or month, not by %q", by)
	}
	return w.Loop.Travel(ctx, to, nil)
}
