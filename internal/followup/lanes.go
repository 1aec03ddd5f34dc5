package followup

import (
	"context"
	"slices"
	"time"
)

// Lane is a queue of due looks with a rate of its own. A form without a loop
// (AWS) sweeps lane by lane; the loop of the single binary needs none.
type Lane string

// The lanes.
const (
	LaneService Lane = "email-service" // service and recall mail
	LaneRest    Lane = "email-rest"    // all other mail
	LaneCall    Lane = "call"          // calls to be listed or made
	LaneLook    Lane = "look"          // looks that send nothing: unclear, awaited ends, calls on the list
)

// Lanes lists every lane in the order in which a sweep serves them.
var Lanes = []Lane{LaneService, LaneRest, LaneCall, LaneLook}

// Lane returns where the next look of f waits. Arming does not change it, so
// that the write which arms need not touch an index.
func (f *FollowUp) Lane() Lane {
	switch {
	case !slices.Contains([]State{Planned, Held, Armed}, f.State) || f.Claimed != "":
		return LaneLook
	case f.Channel == Call:
		return LaneCall
	case f.Class == Service || f.Class == Recall:
		return LaneService
	default:
		return LaneRest
	}
}

// Place is where a sweep stands in a lane: behind that look, ordered by time,
// then id. The zero Place is before all.
type Place struct {
	At time.Time  `json:"at"`
	ID FollowUpID `json:"id"`
}

// Swept is a store whose due looks are read lane by lane, shard by shard.
type Swept interface {
	// Shards is how many parts a lane has; it may only grow.
	Shards() int
	// DueIn returns at most limit looks of one shard of a lane behind from, up to
	// until, by (time, id). They may be stale: a row that was armed keeps the look
	// that it was armed at. State is not known, and empty.
	DueIn(ctx context.Context, lane Lane, shard int, from Place, until time.Time, limit int) ([]Ref, error)
}

// Records keeps small versioned values of the operation itself, no personal
// data among them: where a sweep stands, the epoch, the latest event of a stream.
type Records interface {
	// Record returns a value and its version; version 0: there is none.
	Record(ctx context.Context, key string) (value []byte, version int64, err error)
	// ReadRecords returns several, each as Record does, in the order of their keys,
	// which are distinct and few. No moment at which all were so need have been.
	ReadRecords(ctx context.Context, keys []string) ([]Record, error)
	// SetRecord writes a value over the version that was read (0: must not
	// exist), or answers ErrConflict.
	SetRecord(ctx context.Context, key string, value []byte, version int64) error
}

// Record is a value and its version; version 0: there is none.
type Record struct {
	Value   []byte
	Version int64
}

// Archive gives back a body of the inbox by its key, or ErrNotFound. A form that
// queues keys instead of bodies reads them here.
type Archive interface {
	Incoming(ctx context.Context, key InboxKey) (Incoming, error)
}

// SweptStore is all that the form without a loop needs.
type SweptStore interface {
	Store
	Swept
	Records
	Archive
}
