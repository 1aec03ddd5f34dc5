package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Deleter deletes items; [dynamodb.Client] is one. Only [Store.Clear] asks for it,
// so that no function has it or needs the right to it.
type Deleter interface {
	DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

// errNoDeleter is a store that was opened by a function.
var errNoDeleter = errors.New("this connection deletes nothing")

// Clear deletes every journey and contact, one request each. Plans, records and
// the inbox stay: a body waits on a queue or not at all. It may be repeated, and
// nobody may use the tables meanwhile.
func (s *Store) Clear(ctx context.Context) error {
	api, ok := s.api.(Deleter)
	if !ok {
		return fmt.Errorf("clear: %w", errNoDeleter)
	}
	for _, table := range []string{s.t.Journeys, s.t.Contacts} {
		if err := s.clear(ctx, api, table); err != nil {
			return fmt.Errorf("clear %s: %w", table, err)
		}
	}
	return nil
}

func (s *Store) clear(ctx context.Context, api Deleter, table string) error {
	in := &dynamodb.ScanInput{TableName: &table, ProjectionExpression: new("pk, sk"), ConsistentRead: new(true)}
	for {
		out, err := do(ctx, s, func(ctx context.Context) (*dynamodb.ScanOutput, error) { return s.api.Scan(ctx, in) })
		if err != nil {
			return err
		}
		err = errors.Join(each(len(out.Items), func(i int) error {
			it := item(out.Items[i])
			if strings.HasPrefix(it.text(attrPK), planKey("")) {
				return nil
			}
			gone := &dynamodb.DeleteItemInput{TableName: &table, Key: key(it.text(attrPK), it.text(attrSK))}
			_, err := do(ctx, s, func(ctx context.Context) (*dynamodb.DeleteItemOutput, error) { return api.DeleteItem(ctx, gone) })
			return err
		})...)
		if err != nil || len(out.LastEvaluatedKey) == 0 {
			return err
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
