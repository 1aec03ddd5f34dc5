package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"aftersales/internal/config"
	"aftersales/internal/followup"
)

// standing reads where a stream stands, and the version to write over.
func (f *Form) standing(ctx context.Context, s stream) (st Stream, version int64, err error) {
	value, version, err := f.Store.Record(ctx, s.record)
	if err != nil {
		return st, version, err
	}
	st, err = streamIn(s, followup.Record{Value: value, Version: version})
	return st, version, err
}

// streamIn reads where a stream stands, from its record.
func streamIn(s stream, r followup.Record) (st Stream, err error) {
	if r.Version == 0 {
		return st, nil
	}
	if err := json.Unmarshal(r.Value, &st); err != nil {
		return st, fmt.Errorf("read %s: %w", s.record, err)
	}
	return st, nil
}

// keep writes where a stream stands; ErrConflict when somebody else did.
func (f *Form) keep(ctx context.Context, s stream, st *Stream, version int64) error {
	value, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("write %s: %w", s.record, err)
	}
	return f.Store.SetRecord(ctx, s.record, value, version)
}

// stopped reports whether the whole stream rests: the account sends nothing, or
// every shop has a fault. Rests that are over are forgotten.
func (s *Stream) stopped(now time.Time, shops []followup.ShopID) bool {
	for shop, p := range s.Rests {
		if p.over(now) {
			delete(s.Rests, shop)
		}
	}
	if s.Limits.Stopped {
		return true
	}
	return len(shops) > 0 && !slices.ContainsFunc(shops, func(id followup.ShopID) bool { return s.Rests[id] == nil })
}

// resting returns why and until when the whole stream rests; nil: it does not.
func (s *Stream) resting(now time.Time, shops []followup.ShopID) *Pause {
	if !s.stopped(now, shops) {
		return nil
	}
	if s.Limits.Stopped {
		return &Pause{At: s.Limits.At, Until: now.Add(limitsFor), Why: "SES has stopped the account, which is asked again"}
	}
	var first *Pause
	for _, id := range shops {
		if p := s.Rests[id]; first == nil || p.Until.Before(first.Until) {
			first = p
		}
	}
	return first
}

// shops returns the shops that send.
func (f *Form) shops() []followup.ShopID {
	var out []followup.ShopID
	for _, s := range f.Config.Shops {
		if !s.Paused {
			out = append(out, s.ID)
		}
	}
	return out
}

// limitsTime bounds the question for limits: the sweep has its minute for what is due.
const limitsTime = 5 * time.Second

// limits reads the account's limits when they are too old. Limits that cannot
// be read stay as they were.
func (f *Form) limits(ctx context.Context, now time.Time, s stream, st *Stream) (changed bool) {
	if s.record != mailStream.record || f.Account == nil || now.Sub(st.Limits.At) < limitsFor {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, limitsTime)
	defer cancel()
	l, err := f.Account.Limits(ctx)
	if err != nil {
		f.Log.ErrorContext(ctx, "read the account's limits; the last ones stay", "err", err)
		return false
	}
	if l.Stopped {
		f.Log.ErrorContext(ctx, "the account is stopped: no mail goes out")
		f.metrics.put(now, metricPaused, "Count", 1)
	}
	l.At = now
	st.Limits, st.Given = l, 0
	return true
}

// budget returns what a stream may give now.
func (f *Form) budget(s stream, st *Stream) Budget {
	switch {
	case s.record == mailStream.record && st.Limits.At.IsZero():
		return Budget{Rate: mailRate, Left: -1}
	case s.record == mailStream.record:
		b := Budget{Rate: ofRate * st.Limits.PerSecond, Left: -1}
		if st.Limits.Left >= 0 {
			b.Left = max(0, int(st.Limits.Left)-st.Given)
		}
		return b
	case s.record == callStream.record && f.Env.Voice.Provider == config.ConnectVoice:
		return Budget{Rate: voiceRate, Left: -1}
	default:
		return Budget{Rate: lookRate, Left: -1}
	}
}

// LaneState is a lane as people see it.
type LaneState struct {
	Lane   followup.Lane
	Place  followup.Place // up to where it was queued; zero: nothing yet
	Paused *Pause         // nil: it runs
}

// LaneStates tells how every lane stands.
func (f *Form) LaneStates(ctx context.Context) ([]LaneState, error) {
	var out []LaneState
	now := f.Now()
	for _, s := range streams() {
		st, _, err := f.standing(ctx, s)
		if err != nil {
			return nil, err
		}
		for _, l := range s.lanes {
			state := LaneState{Lane: l, Place: st.lane(l).Place}
			if p := st.lane(l).Paused; !p.over(now) {
				state.Paused = p
			} else {
				state.Paused = st.resting(now, f.shops())
			}
			out = append(out, state)
		}
	}
	return out, nil
}

// ErrLane is a lane that does not exist.
var ErrLane = fmt.Errorf("there is no such lane: %w", followup.ErrNotFound)

// PauseLane stops a lane until somebody lets it go on. What is queued already,
// two minutes of work at most, still goes out.
func (f *Form) PauseLane(ctx context.Context, l followup.Lane, why string) error {
	return f.changeLane(ctx, l, func(lane *Standing) { lane.Paused = &Pause{At: f.Now(), Why: why} })
}

// GoOn lets a paused lane work again. For a day no amount of work is unusual. It
// begins before all that waits: what became due while it was paused may stand
// before its place, and what was queued already is dropped as done.
func (f *Form) GoOn(ctx context.Context, l followup.Lane) error {
	return f.changeLane(ctx, l, func(lane *Standing) {
		lane.Paused, lane.Free, lane.Place = nil, f.Now().Add(goOn), followup.Place{}
	})
}

func (f *Form) changeLane(ctx context.Context, l followup.Lane, change func(*Standing)) error {
	for _, s := range streams() {
		if slices.Contains(s.lanes, l) {
			return f.change(ctx, s, func(st *Stream) { change(st.lane(l)) })
		}
	}
	return fmt.Errorf("%w: %q", ErrLane, l)
}
