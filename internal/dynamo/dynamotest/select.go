package dynamotest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/dynamo"
)

// selection is a query or a scan.
type selection struct {
	table, index      *string
	condition, filter *string
	values, start     attributes
	limit             *int32
	backward          bool
}

// read returns the items of a selection that pass its filter, and where its page
// ended: a limit counts what was looked at, as AWS counts, and a page that it
// filled has an end even if nothing follows.
func (m *Memory) read(s selection) (items []map[string]types.AttributeValue, last attributes, err error) {
	ix, hash := dynamo.Index{Sort: "sk"}, ""
	if s.index != nil {
		if ix, err = indexOf(*s.index); err != nil {
			return nil, nil, fmt.Errorf("ValidationException: %w", err)
		}
		hash = ix.Hash
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	found, err := m.selected(s, hash, ix.Sort)
	if err != nil {
		return nil, nil, fmt.Errorf("ValidationException: %w", err)
	}
	items = []map[string]types.AttributeValue{}
	for n, it := range found {
		ok, err := holds(s.filter, s.values, it)
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("ValidationException: %w", err)
		case ok && s.index != nil:
			items = append(items, keysOf(it, hash, ix.Sort))
		case ok:
			items = append(items, clone(it))
		}
		if s.limit != nil && n+1 == int(*s.limit) {
			return items, keysOf(it, hash, ix.Sort), nil
		}
	}
	return items, nil, nil
}

// selected returns the items of a selection behind its start, in its order; hash
// is "" for a table. m.mu is held.
func (m *Memory) selected(s selection, hash, sort string) (found []attributes, err error) {
	pk, want := text(s.values[":p"]), text(s.values[":h"])
	for key, it := range m.table(s.table) {
		if s.condition != nil && (pk != "" && !strings.HasPrefix(key, pk+"\n") || want != "" && text(it[hash]) != want) {
			continue // the expression says the same, but slowly
		}
		ok, err := holds(s.condition, s.values, it)
		if err != nil {
			return nil, err
		}
		if ok && (hash == "" || it[hash] != nil && it[sort] != nil) {
			found = append(found, it)
		}
	}
	at := keyOf
	if hash != "" {
		at = func(it attributes) string { // scans go by hash key, as good an order as any
			return text(it[hash]) + "\n" + text(it[sort]) + "\n" + keyOf(it)
		}
	}
	order := func(a, b attributes) int { return strings.Compare(at(a), at(b)) }
	if s.backward {
		order = func(a, b attributes) int { return strings.Compare(at(b), at(a)) }
	}
	slices.SortFunc(found, order)
	return slices.DeleteFunc(found, func(it attributes) bool { return s.start != nil && order(it, s.start) <= 0 }), nil
}

// keysOf returns the key attributes of an item in its table and an index.
func keysOf(it attributes, index ...string) attributes {
	out := attributes{}
	for _, k := range slices.Concat(index, []string{"pk", "sk"}) {
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
