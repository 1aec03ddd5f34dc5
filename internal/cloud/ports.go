package cloud

import (
	"context"
	"time"

	"aftersales/internal/followup"
)

// Secrets reads parameters by the names that the embedded form reads from its
// environment, such as AFTERSALES_LINK_KEY.
type Secrets interface {
	// Secret returns a secret, "" when there is none. What was read is kept for
	// some minutes, and for longer while it cannot be read again.
	Secret(ctx context.Context, name string) (string, error)
	// Refresh lets the next Secret of each of these names be read anew, once a
	// minute at most; false when any was refreshed too lately for that.
	Refresh(names ...string) bool
}

// Account tells what the mail provider lets us send.
type Account interface {
	Limits(ctx context.Context) (Limits, error)
}

// Limits are those of the mail provider's account.
type Limits struct {
	PerSecond float64   `json:"per_second"`
	Left      float64   `json:"left"`              // of the 24 hours; negative: no limit
	Stopped   bool      `json:"stopped,omitempty"` // the account sends nothing
	At        time.Time `json:"at"`                // when they were read
}

// Calls reads events about automated calls; no report: an event that says nothing.
type Calls interface {
	Read(ctx context.Context, event []byte) ([]followup.Report, error)
}

// idler is a channel whose idle connections can be closed: after a freeze of
// the sandbox they may be dead.
type idler interface{ CloseIdle() }

// channels are what one deployment sends by.
type channels = map[followup.ShopID]map[followup.Medium]followup.Channel
