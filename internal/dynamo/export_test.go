package dynamo

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/followup"
)

// Names for tests.
var (
	Waves    = waves
	Short    = short
	RowSort  = rowSort
	RowID    = rowID
	Stamp    = stamp
	LookSort = lookSort
	LookTime = lookTime
)

// InboxName is the key of a body and what a full key spells.
func InboxName(k followup.InboxKey) (key string, back followup.InboxKey) {
	return inboxKey(k), splitInboxKey(plainKey(k))
}

// EventName is the sort key of an event.
func EventName(e followup.Event) string { return eventSort(&e) }

// RowItem is a row as it is kept, and its size.
func (s *Store) RowItem(f followup.FollowUp) (map[string]types.AttributeValue, int, error) {
	it, err := s.rowItem(f)
	return it, it.size(), err
}

// ReadRow reads what RowItem made.
func (s *Store) ReadRow(it map[string]types.AttributeValue) (followup.FollowUp, error) {
	return s.row(it)
}

// Pack packs a value.
func (s *Store) Pack(v any) ([]byte, error) { return s.packs.pack(v) }

// Unpack reads a packed value.
func (s *Store) Unpack(b []byte, v any) error { return s.packs.unpack(b, v) }

// LastStamp is the latest time that sorts.
func LastStamp() time.Time { return lastStamp }

// ItemSize is what an item takes, in bytes.
func ItemSize(it map[string]types.AttributeValue) int { return item(it).size() }

// PackBody packs a body.
func (s *Store) PackBody(b []byte) ([]byte, error) { return s.packBody(b) }

// UnpackBody reads a packed body.
func (s *Store) UnpackBody(b []byte) ([]byte, error) { return s.unpackBody(b) }

// Gzip is how bodies were kept once.
func Gzip(b []byte) ([]byte, error) { return zip(b) }
