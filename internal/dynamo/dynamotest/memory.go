package dynamotest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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

// DeleteItem is dynamo.API's.
func (m *Memory) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	table := m.table(in.TableName)
	if err := check(in.ConditionExpression, in.ExpressionAttributeValues, table[keyOf(in.Key)]); err != nil {
		return nil, err
	}
	m.writes++
	delete(table, keyOf(in.Key))
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

// selection is a query or a scan.
type selection struct {
	table, index      *string
	condition, filter *string
	values, start     attributes
	limit             *int32
	backward          bool
}

// read returns the items of a selection that pass its filter, and where its page
// ended: a limit counts what was looked at, as AWS counts.
func (m *Memory) read(s selection) (items []map[string]types.AttributeValue, last attributes, err error) {
	sort := "sk"
	var hash string
	if s.index != nil {
		ix, err := indexOf(*s.index)
		if err != nil {
			return nil, nil, fmt.Errorf("ValidationException: %w", err)
		}
		hash, sort = ix.Hash, ix.Sort
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	pk, want := text(s.values[":p"]), text(s.values[":h"])
	var found []attributes
	for key, it := range m.table(s.table) {
		if s.condition != nil && (pk != "" && !strings.HasPrefix(key, pk+"\n") || want != "" && text(it[hash]) != want) {
			continue // the expression says the same, but slowly
		}
		ok, err := holds(s.condition, s.values, it)
		if err != nil {
			return nil, nil, fmt.Errorf("ValidationException: %w", err)
		}
		if ok && (hash == "" || it[hash] != nil && it[sort] != nil) {
			found = append(found, it)
		}
	}
	at := func(it attributes) string { // scans go by hash key, as good an order as any
		return text(it[hash]) + "\n" + text(it[sort]) + "\n" + keyOf(it)
	}
	if s.index == nil {
		at = keyOf
	}
	order := func(a, b attributes) int { return strings.Compare(at(a), at(b)) }
	if s.backward {
		order = func(a, b attributes) int { return strings.Compare(at(b), at(a)) }
	}
	slices.SortFunc(found, order)
	items = []map[string]types.AttributeValue{}
	for n, it := range slices.DeleteFunc(found, func(it attributes) bool { return s.start != nil && order(it, s.start) <= 0 }) {
		if s.limit != nil && n == int(*s.limit) {
			return items, last, nil
		}
		last = keysOf(it, hash, sort)
		ok, err := holds(s.filter, s.values, it)
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("ValidationException: %w", err)
		case ok && s.index != nil:
			items = append(items, keysOf(it, hash, sort))
		case ok:
			items = append(items, clone(it))
		}
	}
	return items, nil, nil
}

// keysOf returns the key attributes of an item in its table and an index.
func keysOf(it attributes, index ...string) attributes {
	out := attributes{}
	for _, k := range append(index, "pk", "sk") {
		if v, ok := it[k]; ok {
			out[k] = v
		}
	}
	return out
}

// Query is dynamo.API's.
func (m *Memory) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if text(in.ExpressionAttributeValues[":a"]) > text(in.ExpressionAttributeValues[":b"]) {
		return nil, fmt.Errorf("ValidationException: BETWEEN wants its bounds in order")
	}
	items, last, err := m.read(selection{
		table: in.TableName, index: in.IndexName, condition: in.KeyConditionExpression, filter: in.FilterExpression,
		values: in.ExpressionAttributeValues, start: in.ExclusiveStartKey, limit: in.Limit,
		backward: in.ScanIndexForward != nil && !*in.ScanIndexForward,
	})
	return &dynamodb.QueryOutput{Items: items, LastEvaluatedKey: last}, err
}

// Scan is dynamo.API's.
func (m *Memory) Scan(ctx context.Context, in *dynamodb.ScanInput, _ ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	items, last, err := m.read(selection{
		table: in.TableName, index: in.IndexName, filter: in.FilterExpression,
		values: in.ExpressionAttributeValues, start: in.ExclusiveStartKey, limit: in.Limit,
	})
	return &dynamodb.ScanOutput{Items: items, LastEvaluatedKey: last}, err
}
