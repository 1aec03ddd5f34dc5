package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"aftersales/internal/config"
	"aftersales/internal/followup"
)

// tableRecord keeps the table of journeys that the epoch is of. It lies in the inbox
// table, which is never restored, and so tells a restored table from that one.
const tableRecord = "epoch#journeys"

// inUse is a table of journeys and the epoch that began with it.
type inUse struct {
	Journeys string `json:"journeys"`
	Epoch    int    `json:"epoch"`
}

// ErrRestored is a table of journeys that the epoch is not of: it may have forgotten
// what was sent, so nothing is sent from it.
var ErrRestored = errors.New("the epoch was not raised since another table of journeys came into use, which may have forgotten what was sent")

// guarded reports whether the form sends: only that can do harm with a restored table.
func (f *Form) guarded() bool { return f.Env.Function == config.Deliver }

// epochOf returns the epoch to work with, which is at least the one that the table in
// use began with, or ErrRestored. Where no table is on record, ours becomes it: of
// two that find none, the second is judged by what the first wrote.
func (f *Form) epochOf(ctx context.Context, kept followup.Record, epoch int) (int, error) {
	if kept.Version == 0 {
		err := f.noteTable(ctx, 0)
		if err != nil {
			return 0, err
		}
		if kept.Value, kept.Version, err = f.Store.Record(ctx, tableRecord); err != nil {
			return 0, err
		}
	}
	used, err := f.ours(kept)
	return max(epoch, used.Epoch), err
}

// ours reads the record of the table in use, ErrRestored when that is not ours.
func (f *Form) ours(kept followup.Record) (used inUse, err error) {
	if kept.Version == 0 {
		return used, nil // nothing was ever sent
	}
	if err := json.Unmarshal(kept.Value, &used); err != nil {
		return used, fmt.Errorf("read which table of journeys is in use: %w", err)
	}
	if used.Journeys != f.Env.Journeys {
		return used, fmt.Errorf("%w: it is of %s, in use is %s; say `aftersales stack epoch --raise --stack %s`", ErrRestored, used.Journeys, f.Env.Journeys, f.Env.Stack)
	}
	return used, nil
}

// noteTable keeps that the table in use is of an epoch: 0 unless another is on
// record. It never lowers one.
func (f *Form) noteTable(ctx context.Context, epoch int) error {
	return f.untilKept(ctx, func() error {
		value, version, err := f.Store.Record(ctx, tableRecord)
		if err != nil {
			return err
		}
		var used inUse
		if version > 0 {
			if epoch == 0 {
				return nil // somebody else noted theirs
			}
			if err := json.Unmarshal(value, &used); err != nil {
				return fmt.Errorf("read which table of journeys is in use: %w", err)
			}
		}
		if value, err = json.Marshal(inUse{f.Env.Journeys, max(used.Epoch, epoch)}); err != nil {
			return err
		}
		return f.Store.SetRecord(ctx, tableRecord, value, version)
	})
}

// Restored returns an error, ErrRestored, when the table of journeys in use is not the
// one that the epoch is of.
func (s *Stack) Restored(ctx context.Context) error {
	value, version, err := s.Store.Record(ctx, tableRecord)
	if err == nil {
		_, err = s.ours(followup.Record{Value: value, Version: version})
	}
	return err
}
