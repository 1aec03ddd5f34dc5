package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Moved says that a store was moved away: nothing may be sent from it, or
// customers hear from both. It is the error of whoever tries.
type Moved struct {
	ID string    `json:"id"` // of the export
	At time.Time `json:"at"`
}

// Error says where to go on.
func (m *Moved) Error() string {
	return fmt.Sprintf("all that is here was moved away on %s by export %s; work where it was imported, or say `aftersales export --reopen` if that never happened",
		m.At.UTC().Format(time.DateTime), m.ID)
}

// ReadMoved returns the note of a store that was moved away; nil: it was not.
func ReadMoved(ctx context.Context, s Settings) (*Moved, error) {
	text, err := s.Meta(ctx, MovedKey)
	if err != nil || text == "" {
		return nil, err
	}
	var m Moved
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return nil, fmt.Errorf("read the note that the store was moved: %w", err)
	}
	return &m, nil
}

// Here returns an error, a [*Moved], when a store was moved away.
func Here(ctx context.Context, s Settings) error {
	m, err := ReadMoved(ctx, s)
	if err != nil || m == nil {
		return err
	}
	return m
}

// Close notes that a store is moved away.
func Close(ctx context.Context, s Settings, m Moved) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.SetMeta(ctx, MovedKey, string(text))
}

// Reopen takes the note away: the export was not used, and never will be.
func Reopen(ctx context.Context, s Settings) error { return s.SetMeta(ctx, MovedKey, "") }
