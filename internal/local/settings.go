package local

import (
	"context"
	"fmt"

	"aftersales/internal/followup"
)

// settingsKey is where the store keeps the fingerprint of the settings that its
// journeys were reconciled with.
const settingsKey = "settings"

// againGroup is how many journeys are reconciled in one commit.
const againGroup = 100

// reconcileAll enrolls every journey again when plans, catalogue, shops or
// holidays are not those of the last time: what a merchant changed reaches the
// orders that wait, not only new ones. A page that fails is logged and left to
// the next event of its orders; the next start tries all of it again.
func (a *App) reconcileAll(ctx context.Context) error {
	now := a.Fingerprint()
	before, err := a.Store.Meta(ctx, settingsKey)
	if err != nil || before == now {
		return err
	}
	failed := false
	for after := followup.Cursor(""); ctx.Err() == nil; {
		ids, next, err := a.Store.Find(ctx, followup.Query{All: true}, after, againGroup)
		if err != nil {
			return fmt.Errorf("reconcile with new settings: %w", err)
		}
		if err := a.Engine.Again(ctx, a.Clock.Now(), ids); err != nil && ctx.Err() == nil {
			a.Log.ErrorContext(ctx, "reconcile with new settings", "err", err)
			failed = true
		}
		if next == "" {
			break
		}
		after = next
	}
	if failed || ctx.Err() != nil {
		return nil //nolint:nilerr // a stop is no fault: the next start tries again
	}
	return a.Store.SetMeta(ctx, settingsKey, now)
}
