package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"aftersales/internal/followup"
)

// shard is one part of a lane. Rows are written to the first Env.DueShards of them,
// by the functions of one deployment: as many as its rate needs, since each costs
// every sweep a request.
type shard struct {
	lane   followup.Lane
	number int
}

// shardsRecord is how many shards of a lane every sweep reads: as many as rows were
// ever written to. A deployment may write to fewer than the one before, or one that
// wrote to more may have been rolled back.
const shardsRecord = "sweep#shards"

// reading says which shards the sweeps of a deployment read.
type reading struct {
	kept  followup.Record
	known int // by the record; 0: nothing
	every int // so many of each lane
}

// reads returns what is read now. Without a number all is.
func (f *Form) reads(kept followup.Record) (reading, error) {
	r := reading{kept: kept, every: f.Store.Shards()}
	if kept.Version > 0 {
		if err := json.Unmarshal(kept.Value, &r.known); err != nil {
			return r, fmt.Errorf("read %s: %w", shardsRecord, err)
		}
	}
	if f.Env.DueShards > 0 {
		r.every = min(max(f.Env.DueShards, r.known), r.every)
	}
	return r, nil
}

// shards lists what a sweep asks of some lanes.
func (r *reading) shards(lanes []followup.Lane) []shard {
	all := make([]shard, 0, len(lanes)*r.every+1)
	for _, l := range lanes {
		for n := range r.every {
			all = append(all, shard{l, n})
		}
	}
	return all
}

// other returns one of the shards that are not read every minute, each in its turn:
// what was written there is found within some minutes. There may be none; and the
// first sweep of a sandbox has enough to do.
func (f *Form) other(now time.Time, r *reading) []shard {
	rest := f.Store.Shards() - r.every
	if warm := f.hasSwept.Swap(true); !warm || rest == 0 {
		return nil
	}
	turn := int(now.Unix()/60) % (rest * len(followup.Lanes))
	return []shard{{followup.Lanes[turn/rest], r.every + turn%rest}}
}

// keepShards notes where rows are, for the sweeps after this one.
func (f *Form) keepShards(ctx context.Context, r *reading, seen *glance) error {
	need := r.every
	for _, b := range seen.lanes {
		for n := range slices.Backward(b.pages) {
			if len(b.pages[n]) > 0 {
				need = max(need, n+1)
			}
		}
	}
	if f.Env.DueShards == 0 || need <= max(r.known, 1) {
		return nil
	}
	if need > r.every {
		f.Log.WarnContext(ctx, "looks were found in shards that no function writes to any more; every sweep reads them now", "shards", need)
	}
	value, err := json.Marshal(need)
	if err != nil {
		return err
	}
	return ignoreConflict(f.Store.SetRecord(ctx, shardsRecord, value, r.kept.Version))
}
