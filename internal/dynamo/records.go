package dynamo

import (
	"context"
	"fmt"
)

func recordKey(key string) item { return item{attrPK: text("CTL#" + key)} }

// Record returns a value and its version; version 0: there is none.
func (s *Store) Record(ctx context.Context, key string) ([]byte, int64, error) {
	if err := alive(ctx, "read record"); err != nil {
		return nil, 0, err
	}
	it, err := s.get(ctx, s.t.Inbox, recordKey(key))
	if err != nil {
		return nil, 0, fmt.Errorf("read record %s: %w", key, err)
	}
	return it.body(), it.number(attrVersion), nil
}

// SetRecord writes a value over the version that was read (0: must not exist), or
// answers ErrConflict.
func (s *Store) SetRecord(ctx context.Context, key string, value []byte, version int64) error {
	if err := alive(ctx, "write record"); err != nil {
		return err
	}
	it := recordKey(key)
	it[attrBody], it[attrVersion], it[attrWrite] = bytesOf(append([]byte{}, value...)), number(version+1), text(token())
	w, err := s.put(ctx, s.t.Inbox, it, atVersion(version))
	if err == nil {
		err = w.conflict()
	}
	if err != nil {
		return fmt.Errorf("write record %s: %w", key, err)
	}
	return nil
}
