package demo_test

import (
	"context"
	"testing"

	"aftersales/internal/cloud/virtual"
	"aftersales/internal/demo"
	"aftersales/internal/demo/demotest"
	"aftersales/internal/memory"
	"aftersales/internal/racing"
)

// The functions end the three years as the single binary does, although their
// queues repeat and reorder.
func TestBothFormsAreEqual(t *testing.T) {
	demotest.Equal(t, demo.Options{Seed: 1, Orders: racing.Fewer(200, 60)}, func(ctx context.Context, s demo.Start) (demo.Form, error) {
		return virtual.Open(ctx, virtual.Options{
			Config: s.Config, Inputs: s.Inputs, Key: s.Key, Begin: s.Begin, NewID: s.NewID, Sent: s.Sent, Log: s.Log,
			Store: memory.New(), Twice: 0.2, Seed: 1,
		})
	})
}
