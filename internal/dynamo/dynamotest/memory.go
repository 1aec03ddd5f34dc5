package dynamotest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Memory is as much of DynamoDB as the store uses, in memory: for tests without
// a server. It is as strict as [Limits] about values, and its indexes never lag.
// The zero value is empty and ready; a table is there when it is named. It is
// safe for concurrent use. What it says is held to the truth by running the same
// suites on a real server.
type Memory struct {
	mu     sync.Mutex
	tables map[string]map[string]attributes
	tokens map[string]bool // of transactions that were done
	writes int
}

// Writes returns how many requests wrote.
func (m *Memory) Writes() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.writes
}

// Items returns a copy of every item of every table, in no order.
func (m *Memory) Items() (out []map[string]types.AttributeValue) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, table := range m.tables {
		for _, it := range table {
			out = append(out, clone(it))
		}
	}
	return out
}

// table returns the items of a table by key.
func (m *Memory) table(name *string) map[string]attributes {
	if m.tables == nil {
		m.tables = map[string]map[string]attributes{}
	}
	if m.tables[*name] == nil {
		m.tables[*name] = map[string]attributes{}
	}
	return m.tables[*name]
}

// clone copies an item with its bytes, so that callers share nothing with it.
func clone(it attributes) attributes {
	out := maps.Clone(it)
	for name, v := range out {
		if b, ok := v.(*types.AttributeValueMemberB); ok {
			out[name] = &types.AttributeValueMemberB{Value: slices.Clone(b.Value)}
		}
	}
	return out
}

func keyOf(it attributes) string { return text(it["pk"]) + "\n" + text(it["sk"]) }

// check refuses a write whose condition does not hold.
func check(condition *string, values, old attributes) error {
	ok, err := holds(condition, values, old)
	if err != nil {
		return fmt.Errorf("ValidationException: %w", err)
	}
	if !ok {
		return &types.ConditionalCheckFailedException{Message: new("the condition does not hold"), Item: clone(old)}
	}
	return nil
}

// GetItem is dynamo.API's.
func (m *Memory) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return &dynamodb.GetItemOutput{Item: clone(m.table(in.TableName)[keyOf(in.Key)])}, nil
}

// PutItem is dynamo.API's.
func (m *Memory) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := wellFormed(in.Item); err != nil {
		return nil, fmt.Errorf("ValidationException: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	table := m.table(in.TableName)
	if err := check(in.ConditionExpression, in.ExpressionAttributeValues, table[keyOf(in.Item)]); err != nil {
		return nil, err
	}
	m.writes++
	table[keyOf(in.Item)] = clone(in.Item)
	return &dynamodb.PutItemOutput{}, nil
}

// UpdateItem is dynamo.API's.
func (m *Memory) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	table := m.table(in.TableName)
	old := table[keyOf(in.Key)]
	if err := check(in.ConditionExpression, in.ExpressionAttributeValues, old); err != nil {
		return nil, err
	}
	now := maps.Clone(in.Key)
	maps.Copy(now, old)
	if err := change(*in.UpdateExpression, in.ExpressionAttributeValues, now); err != nil {
		return nil, fmt.Errorf("ValidationException: %w", err)
	}
	if err := wellFormed(now); err != nil {
		return nil, fmt.Errorf("ValidationException: %w", err)
	}
	m.writes++
	table[keyOf(in.Key)] = now
	return &dynamodb.UpdateItemOutput{}, nil
}

// DeleteItem is dynamo.Deleter's, without conditions.
func (m *Memory) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes++
	delete(m.table(in.TableName), keyOf(in.Key))
	return &dynamodb.DeleteItemOutput{}, nil
}

// TransactWriteItems is dynamo.API's, for puts. A token that was used is done.
func (m *Memory) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tokens[*in.ClientRequestToken] {
		return &dynamodb.TransactWriteItemsOutput{}, nil
	}
	reasons, failed := make([]types.CancellationReason, len(in.TransactItems)), false
	for i, w := range in.TransactItems {
		if err := wellFormed(w.Put.Item); err != nil {
			return nil, fmt.Errorf("ValidationException: %w", err)
		}
		reasons[i].Code = new("None")
		err := check(w.Put.ConditionExpression, w.Put.ExpressionAttributeValues, m.table(w.Put.TableName)[keyOf(w.Put.Item)])
		if c, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
			reasons[i] = types.CancellationReason{Code: new("ConditionalCheckFailed"), Item: c.Item}
			failed = true
		} else if err != nil {
			return nil, err
		}
	}
	if failed {
		return nil, &types.TransactionCanceledException{CancellationReasons: reasons}
	}
	if m.tokens == nil {
		m.tokens = map[string]bool{}
	}
	m.tokens[*in.ClientRequestToken] = true
	for _, w := range in.TransactItems {
		m.table(w.Put.TableName)[keyOf(w.Put.Item)] = clone(w.Put.Item)
	}
	m.writes++
	return &dynamodb.TransactWriteItemsOutput{}, nil
}

// BatchGetItem is dynamo.API's.
func (m *Memory) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]map[string]types.AttributeValue{}}
	for table, ask := range in.RequestItems {
		if len(ask.Keys) == 0 || len(ask.Keys) > 100 {
			return nil, fmt.Errorf("ValidationException: a batch of %d keys", len(ask.Keys))
		}
		for _, k := range ask.Keys {
			if it := m.table(&table)[keyOf(k)]; it != nil {
				out.Responses[table] = append(out.Responses[table], clone(it))
			}
		}
	}
	return out, nil
}
