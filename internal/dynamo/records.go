package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"aftersales/internal/followup"
)

const recordPrefix = "CTL#"

func recordKey(key string) item { return item{attrPK: text(recordPrefix + key)} }

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

// ReadRecords returns several records, by one request.
func (s *Store) ReadRecords(ctx context.Context, keys []string) ([]followup.Record, error) {
	if err := alive(ctx, "read records"); err != nil {
		return nil, err
	}
	ask := make([]item, len(keys))
	for i, key := range keys {
		ask[i] = recordKey(key)
	}
	items, err := s.batchGet(ctx, s.t.Inbox, ask)
	if err != nil {
		return nil, fmt.Errorf("read %d records: %w", len(keys), err)
	}
	out := make([]followup.Record, len(keys))
	for _, it := range items {
		key := strings.TrimPrefix(it.text(attrPK), recordPrefix)
		if i := slices.Index(keys, key); i >= 0 {
			out[i] = followup.Record{Value: it.body(), Version: it.number(attrVersion)}
		}
	}
	return out, nil
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
