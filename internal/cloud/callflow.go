package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"aftersales/internal/connect/contact"
)

// Callflow records which key a customer pressed during an automated call, while
// the call goes on. The answer is for the flow: STRING_MAP allows only text.
func (f *Form) Callflow(ctx context.Context, event json.RawMessage) (map[string]string, error) {
	r, err := contact.Pressed(event)
	if errors.Is(err, contact.ErrEvent) {
		f.Log.ErrorContext(ctx, "call not understood", "err", err)
		return map[string]string{"recorded": "no"}, nil // trying again would not help
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := Timely(ctx)
	defer cancel()
	w, err := f.Work(ctx)
	if err != nil {
		return nil, err
	}
	r.At = f.Now()
	if err := w.Engine.Outcome(ctx, f.Now(), r); err != nil {
		return nil, err // Connect goes on; the event of the call's end tells what it can
	}
	f.Log.LogAttrs(ctx, slog.LevelInfo, "call answered", slog.String("follow_up", string(r.FollowUp)), slog.String("outcome", string(r.Outcome)), slog.Bool("call_me", r.CallMe))
	return map[string]string{"recorded": "yes"}, nil
}
