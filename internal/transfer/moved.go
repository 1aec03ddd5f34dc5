package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"aftersales/internal/followup"
)

// Moved says that a store is closed: it was moved away, or an import into it has
// begun and is not finished, or both. Nothing may be sent from it, or customers hear
// from both sides. It is the error of whoever tries.
type Moved struct {
	ID string    `json:"id"` // of the export that it was moved away by; "": it was not
	At time.Time `json:"at"` // closed since

	Import string `json:"import,omitempty"` // id of the file whose import is not finished; "": none
	How    string `json:"how,omitempty"`    // its options, each with a space before it
	Run    string `json:"run,omitempty"`    // names the run of it that is the last to have begun
}

// Error says where to go on.
func (m *Moved) Error() string {
	at := m.At.UTC().Format(time.DateTime)
	if m.Import != "" {
		return fmt.Sprintf("the import of export %s began here on %s and is not finished, so that what is here is a part of it; finish it with the same file: %s", m.Import, at, m.Finish())
	}
	return fmt.Sprintf("all that is here was moved away on %s by export %s; work where it was imported, or say `aftersales export --reopen` if that never happened",
		at, m.ID)
}

// Finish is the command that finishes the import, without the name of the place.
func (m *Moved) Finish() string { return "aftersales import --state FILE" + m.How }

// ReadMoved returns the note of a store that was moved away; nil: it was not.
func ReadMoved(ctx context.Context, s Settings) (*Moved, error) {
	text, err := s.Meta(ctx, MovedKey)
	if err != nil {
		return nil, err
	}
	return ParseMoved(text)
}

// ParseMoved returns the note that is kept as MovedKey; "": none.
func ParseMoved(text string) (*Moved, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no note
	}
	var m Moved
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return nil, fmt.Errorf("read the note that the store was moved: %w", err)
	}
	return &m, nil
}

// Here returns an error, a [*Moved], when a store is closed.
func Here(ctx context.Context, s Settings) error {
	m, err := ReadMoved(ctx, s)
	if err != nil || m == nil {
		return err
	}
	return m
}

// Whole returns an error, a [*Moved], when an import into a store has begun and is
// not finished: what is there must not be exported.
func Whole(ctx context.Context, s Settings) error {
	m, err := ReadMoved(ctx, s)
	if err != nil || m == nil || m.Import == "" {
		return err
	}
	return m
}

// Close notes that a store is closed.
func Close(ctx context.Context, s Settings, m Moved) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.SetMeta(ctx, MovedKey, string(text))
}

// Reopen takes the note away: the export was not used, and never will be. Its error
// is the note, a [*Moved], while an import is not finished: what is there is a part.
func Reopen(ctx context.Context, s Settings) error {
	m, err := ReadMoved(ctx, s)
	if err != nil {
		return err
	}
	if m != nil && m.Import != "" {
		mark, err := readMark(ctx, s, m.Import)
		if err != nil {
			return err
		}
		if !mark.Done {
			return m
		}
	}
	return s.SetMeta(ctx, MovedKey, "")
}

// Records makes settings of the records of a store.
func Records(r followup.Records) Settings { return records{r} }

type records struct{ followup.Records }

// Meta returns a value; "" was never set.
func (r records) Meta(ctx context.Context, key string) (string, error) {
	value, _, err := r.Record(ctx, key)
	return string(value), err
}

// SetMeta writes a value over whatever is there.
func (r records) SetMeta(ctx context.Context, key, value string) error {
	for range races {
		_, version, err := r.Record(ctx, key)
		if err != nil {
			return err
		}
		if err := r.SetRecord(ctx, key, []byte(value), version); !errors.Is(err, followup.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("write %s: %w", key, followup.ErrConflict)
}
