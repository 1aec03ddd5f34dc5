package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/followup"
)

// ContactIDs pages through every contact that was ever written, in an order of
// the table's own.
func (s *Store) ContactIDs(ctx context.Context, after followup.Cursor, limit int) ([]followup.ContactID, followup.Cursor, error) {
	if err := alive(ctx, "list contacts"); err != nil {
		return nil, "", err
	}
	var ids []followup.ContactID
	next, err := s.scan(ctx, &dynamodb.ScanInput{
		TableName: &s.t.Contacts, ProjectionExpression: new("pk, sk"),
		FilterExpression: new("sk = :s"), ExpressionAttributeValues: item{":s": text(sortGate)},
	}, after, limit, func(it item) error {
		ids = append(ids, followup.ContactID(it.text(attrPK)))
		return nil
	}, func(pk string) item { return key(pk, sortGate) })
	if err != nil {
		return nil, "", fmt.Errorf("list contacts: %w", err)
	}
	return ids, next, nil
}

// Bodies pages through the inbox, in an order of the table's own. What waits is
// not known here: Done is false unless a reason was noted.
func (s *Store) Bodies(ctx context.Context, after followup.Cursor, limit int) ([]followup.Kept, followup.Cursor, error) {
	if err := alive(ctx, "list bodies"); err != nil {
		return nil, "", err
	}
	var out []followup.Kept
	next, err := s.scan(ctx, &dynamodb.ScanInput{
		TableName: &s.t.Inbox, FilterExpression: new("attribute_exists(h)"),
	}, after, limit, func(it item) error {
		in, err := s.incoming(ctx, it)
		if err != nil {
			return fmt.Errorf("body %s: %w", it.text(attrPK), err)
		}
		name := it.text(attrPK)
		if isShort(name) {
			name = it.text(attrID)
		}
		in.InboxKey = splitInboxKey(name)
		reason := it.text(attrDone)
		out = append(out, followup.Kept{Incoming: in, Done: reason != "", Reason: reason})
		return nil
	}, func(pk string) item { return item{attrPK: text(pk)} })
	if err != nil {
		return nil, "", fmt.Errorf("list bodies: %w", err)
	}
	return out, next, nil
}

// scan reads a table behind the item that after names until limit items passed
// its filter, and returns the place of the last.
func (s *Store) scan(
	ctx context.Context, in *dynamodb.ScanInput, after followup.Cursor, limit int, each func(item) error, start func(pk string) item,
) (followup.Cursor, error) {
	limit = max(limit, 1)
	if after != "" {
		in.ExclusiveStartKey = start(string(after))
	}
	found, last := 0, ""
	for {
		out, err := do(ctx, s, func(ctx context.Context) (*dynamodb.ScanOutput, error) { return s.api.Scan(ctx, in) })
		if err != nil {
			return "", err
		}
		for _, it := range out.Items {
			if found == limit {
				return followup.Cursor(last), nil
			}
			if err := each(it); err != nil {
				return "", err
			}
			found, last = found+1, item(it).text(attrPK)
		}
		if len(out.LastEvaluatedKey) == 0 {
			return "", nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
