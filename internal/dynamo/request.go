package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"aftersales/internal/followup"
)

const (
	tries       = 7               // attempts of one request
	callTimeout = 5 * time.Second // of one attempt, at most
)

// Client returns a client for a store, which repeats requests by itself: with the
// SDK's own repetitions below, nobody would be told in time that the tables do not
// answer.
func Client(shared aws.Config) *dynamodb.Client {
	return dynamodb.NewFromConfig(shared, func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} })
}

// do makes one request, repeating it after throttling, faults of the service and
// time-outs, as long as ctx has time for it. Only requests that may be done twice
// go through it.
func do[T any](ctx context.Context, s *Store, call func(context.Context) (T, error)) (out T, err error) {
	for try := range tries {
		if try > 0 {
			if werr := s.c.Wait(ctx, try); werr != nil {
				return out, errors.Join(werr, err)
			}
		}
		if out, err = attempt(ctx, s, call); err == nil || ctx.Err() != nil || !passes(err) {
			return out, err
		}
	}
	return out, err
}

// attempt makes the request once, when there is a turn for it.
func attempt[T any](ctx context.Context, s *Store, call func(context.Context) (T, error)) (out T, err error) {
	ctx, done, err := s.once(ctx)
	if err != nil {
		return out, err
	}
	defer done()
	return call(ctx)
}

// passes reports whether an error may be gone at the next attempt.
func passes(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) { // ours: the caller's context is alive
		return true
	}
	if _, ok := errors.AsType[*types.TransactionConflictException](err); ok { // the other one is done in a moment
		return true
	}
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return slices.ContainsFunc(cancelled.CancellationReasons, func(r types.CancellationReason) bool {
			return r.Code != nil && slices.Contains([]string{"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}, *r.Code)
		})
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorFault() == smithy.FaultServer {
		return true
	}
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}

// written is what became of a conditional write.
type written struct {
	done bool
	old  item // when not done: what was there; nil: nothing
}

// put writes an item under a condition. That the condition failed is no error.
func (s *Store) put(ctx context.Context, table string, it item, c condition) (written, error) {
	if err := it.fits(); err != nil {
		return written{}, err
	}
	in := &dynamodb.PutItemInput{
		TableName: &table, Item: it, ConditionExpression: &c.text, ExpressionAttributeValues: c.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	_, err := do(ctx, s, func(ctx context.Context) (*dynamodb.PutItemOutput, error) { return s.api.PutItem(ctx, in) })
	return outcome(err, it.text(attrWrite))
}

// update changes an item under a condition; write is the token that it sets.
func (s *Store) update(ctx context.Context, in *dynamodb.UpdateItemInput, write string) (written, error) {
	in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	_, err := do(ctx, s, func(ctx context.Context) (*dynamodb.UpdateItemOutput, error) { return s.api.UpdateItem(ctx, in) })
	return outcome(err, write)
}

// outcome tells a condition that failed because of an earlier attempt of the same
// write from one that somebody else made fail.
func outcome(err error, write string) (written, error) {
	failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
	switch {
	case err == nil:
		return written{done: true}, nil
	case !ok:
		return written{}, err
	case write != "" && item(failed.Item).text(attrWrite) == write:
		return written{done: true}, nil
	default:
		return written{old: failed.Item}, nil
	}
}

// putBoth writes two items of one table or neither; the second has a condition,
// and its write names both. It costs twice as much as two writes.
func (s *Store) putBoth(ctx context.Context, table string, free, bound item, c condition) (written, error) {
	if err := errors.Join(free.fits(), bound.fits()); err != nil {
		return written{}, err
	}
	in := &dynamodb.TransactWriteItemsInput{
		ClientRequestToken: new(bound.text(attrWrite)), // an attempt whose answer was lost is not done twice
		TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: &table, Item: free}},
			{Put: &types.Put{
				TableName: &table, Item: bound, ConditionExpression: &c.text, ExpressionAttributeValues: c.values,
				ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
			}},
		},
	}
	_, err := do(ctx, s, func(ctx context.Context) (*dynamodb.TransactWriteItemsOutput, error) {
		return s.api.TransactWriteItems(ctx, in)
	})
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		if r := cancelled.CancellationReasons; len(r) == 2 && r[1].Code != nil && *r[1].Code == "ConditionalCheckFailed" {
			err = &types.ConditionalCheckFailedException{Item: r[1].Item}
		}
	}
	return outcome(err, bound.text(attrWrite))
}

// get reads one item consistently; nil when there is none.
func (s *Store) get(ctx context.Context, table string, key item) (item, error) {
	in := &dynamodb.GetItemInput{TableName: &table, Key: key, ConsistentRead: new(true)}
	out, err := do(ctx, s, func(ctx context.Context) (*dynamodb.GetItemOutput, error) { return s.api.GetItem(ctx, in) })
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// query reads pages until each returns false or the last is read.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput, each func(item) (more bool, err error)) error {
	for {
		out, err := do(ctx, s, func(ctx context.Context) (*dynamodb.QueryOutput, error) { return s.api.Query(ctx, in) })
		if err != nil {
			return err
		}
		for _, it := range out.Items {
			if more, err := each(it); err != nil || !more {
				return err
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// between reads the items of one collection whose sort key lies in a range.
func (s *Store) between(table, pk, from, to string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: new("pk = :p AND sk BETWEEN :a AND :b"), ConsistentRead: new(true),
		ExpressionAttributeValues: item{":p": text(pk), ":a": text(from), ":b": text(to)},
	}
}

// batch is how many keys one BatchGetItem takes.
const batch = 100

// batchGet reads items consistently, in no order; missing ones are left out.
func (s *Store) batchGet(ctx context.Context, table string, keys []item) ([]item, error) {
	var out []item
	for len(keys) > 0 {
		n := min(len(keys), batch)
		ask := map[string]types.KeysAndAttributes{table: {Keys: plain(keys[:n]), ConsistentRead: new(true)}}
		keys = keys[n:]
		for try := 0; len(ask) > 0; try++ { // part of a batch may come back unread
			if try >= tries {
				return nil, fmt.Errorf("read %d items: %w", n, errUnread)
			}
			if try > 0 {
				if err := s.c.Wait(ctx, try); err != nil {
					return nil, err
				}
			}
			in := &dynamodb.BatchGetItemInput{RequestItems: ask}
			got, err := do(ctx, s, func(ctx context.Context) (*dynamodb.BatchGetItemOutput, error) { return s.api.BatchGetItem(ctx, in) })
			if err != nil {
				return nil, err
			}
			for _, it := range got.Responses[table] {
				out = append(out, it)
			}
			ask = got.UnprocessedKeys
		}
	}
	return out, nil
}

// errUnread is a batch that the service keeps throttling.
var errUnread = errors.New("the table is read too fast")

func plain(items []item) []map[string]types.AttributeValue {
	out := make([]map[string]types.AttributeValue, len(items))
	for i, it := range items {
		out[i] = it
	}
	return out
}

// conflict is nil for a write that was done and ErrConflict for one that was not.
func (w written) conflict() error {
	if w.done {
		return nil
	}
	return followup.ErrConflict
}
