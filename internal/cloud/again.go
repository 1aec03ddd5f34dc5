package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"aftersales/internal/followup"
	"aftersales/internal/queue"
	"aftersales/internal/ready"
)

const (
	againPage  = 100 // journeys read at once
	againPages = 20  // pages a sweep queues at most
	againGroup = 25  // journeys in a message
)

// settled is how far the journeys were reconciled with the settings.
type settled struct {
	Print string          `json:"print"` // fingerprint of those settings
	After followup.Cursor `json:"after,omitempty"`
	Done  bool            `json:"done,omitempty"`
}

// reconcile queues every journey to be enrolled again when plans, catalogue,
// shops or holidays are not those of the last time, some pages a sweep. kept says
// what the last time was.
func (f *Form) reconcile(ctx context.Context, kept followup.Record) error {
	now, err := f.fingerprint()
	if err != nil {
		return err
	}
	var at settled
	if kept.Version > 0 {
		if err := json.Unmarshal(kept.Value, &at); err != nil {
			return fmt.Errorf("read settings: %w", err)
		}
	}
	switch {
	case at.Print != now:
		at = settled{Print: now}
	case at.Done:
		return nil
	}
	if at, err = f.queueAgain(ctx, at); err != nil {
		return err
	}
	value, err := json.Marshal(at)
	if err != nil {
		return err
	}
	err = f.Store.SetRecord(ctx, settingsRecord, value, kept.Version)
	if errors.Is(err, followup.ErrConflict) { // another sweep queued them too, which is harmless
		return nil
	}
	return err
}

// unsettle has every journey reconciled from the next sweep on.
func (f *Form) unsettle(ctx context.Context) error {
	_, version, err := f.Store.Record(ctx, settingsRecord)
	if err != nil || version == 0 {
		return err
	}
	return ignoreConflict(f.Store.SetRecord(ctx, settingsRecord, []byte("{}"), version))
}

// fingerprint names the settings.
func (f *Form) fingerprint() (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.print()
}

// print is fingerprint, of a form that is locked.
func (f *Form) print() (string, error) {
	digest := f.Digest
	if digest == "" {
		files, err := f.read()
		if err != nil {
			return "", err
		}
		digest = files.Digest()
	}
	return ready.Fingerprint(f.Config, digest), nil
}

// queueAgain queues the next pages of journeys.
func (f *Form) queueAgain(ctx context.Context, at settled) (settled, error) {
	for range againPages {
		ids, next, err := f.Store.Find(ctx, followup.Query{All: true}, at.After, againPage)
		if err != nil {
			return at, fmt.Errorf("find journeys: %w", err)
		}
		var messages []queue.Message
		for len(ids) > 0 {
			n := min(againGroup, len(ids))
			m, err := encode(Enrol{Again: ids[:n]}, 0)
			if err != nil {
				return at, err
			}
			messages, ids = append(messages, m), ids[n:]
		}
		if len(messages) > 0 {
			if err := f.EnrollQueue.Send(ctx, messages); err != nil {
				return at, fmt.Errorf("queue journeys: %w", err)
			}
		}
		if at.After = next; next == "" {
			at.Done = true
			break
		}
	}
	return at, nil
}
