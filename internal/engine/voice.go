package engine

import (
	"context"
	"log/slog"

	"aftersales/internal/followup"
)

// voice returns the machine that may make the call of row, nil when a person has
// to: none is configured, the customer did not agree to calls by a machine, or
// the call stands on the list already.
func (l *look) voice(row *followup.FollowUp) followup.Voice {
	if row.Channel != followup.Call || row.State == followup.Listed || !l.contact.MachineMayCall(row.Class) {
		return nil
	}
	v, _ := l.r.e.c.Channels[l.rules.Shop.ID][followup.Call].(followup.Voice)
	return v
}

// silent reports whether a machine cannot say a message; the call goes to people.
func (l *look) silent(ctx context.Context, v followup.Voice, m *followup.Message) bool {
	why := ""
	if v != nil {
		why = v.Speaks(*m)
	}
	if why != "" {
		l.r.e.c.Log.InfoContext(ctx, "no machine for a call", slog.String("follow_up", string(m.FollowUp)), slog.String("why", why))
	}
	return why != ""
}
