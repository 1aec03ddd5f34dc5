package dynamotest

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// GetItem is dynamo.API's.
func (l *Limits) GetItem(ctx context.Context, in *dynamodb.GetItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	l.eventual(in.ConsistentRead)
	return run(ctx, l, "get "+name(in.TableName, in.Key), func(ctx context.Context) (*dynamodb.GetItemOutput, error) {
		return l.API.GetItem(ctx, in, opts...)
	})
}

// PutItem is dynamo.API's.
func (l *Limits) PutItem(ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if err := wellFormed(in.Item); err != nil {
		return nil, err
	}
	id := name(in.TableName, in.Item)
	return run(ctx, l, "put "+id, func(ctx context.Context) (*dynamodb.PutItemOutput, error) {
		if err := l.take(units(in.Item), hot(in.TableName, in.Item)...); err != nil {
			return nil, err
		}
		defer l.lock(id)()
		out, err := l.API.PutItem(ctx, in, opts...)
		if err != nil {
			return nil, l.doubt(in.TableName, in.Item, err)
		}
		l.wrote(id, in.Item)
		return out, nil
	})
}

// UpdateItem is dynamo.API's.
func (l *Limits) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	if err := wellFormed(in.ExpressionAttributeValues); err != nil {
		return nil, err
	}
	id := name(in.TableName, in.Key)
	return run(ctx, l, "update "+id, func(ctx context.Context) (*dynamodb.UpdateItemOutput, error) {
		if err := l.take(units(in.ExpressionAttributeValues), hot(in.TableName, in.Key)...); err != nil {
			return nil, err
		}
		defer l.lock(id)()
		out, err := l.API.UpdateItem(ctx, in, opts...)
		if l.doubt(in.TableName, in.Key, err) != nil {
			return nil, err
		}
		_ = l.look(ctx, id) // what it has become; else it stays in doubt
		return out, nil
	})
}

// TransactWriteItems is dynamo.API's, for items that no index shows.
func (l *Limits) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, opts ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	request := "transact"
	for _, w := range in.TransactItems {
		if w.Put == nil || len(hot(w.Put.TableName, w.Put.Item)) > 1 {
			return nil, fmt.Errorf("a transaction of another kind than the store makes")
		}
		if err := wellFormed(w.Put.Item); err != nil {
			return nil, err
		}
		request = "transact " + name(w.Put.TableName, w.Put.Item)
	}
	return run(ctx, l, request, func(ctx context.Context) (*dynamodb.TransactWriteItemsOutput, error) {
		for _, w := range in.TransactItems {
			if err := l.take(2*units(w.Put.Item), hot(w.Put.TableName, w.Put.Item)...); err != nil {
				return nil, err
			}
		}
		return l.API.TransactWriteItems(ctx, in, opts...)
	})
}

// BatchGetItem is dynamo.API's: a part of the keys may come back unread.
func (l *Limits) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	unread := map[string]types.KeysAndAttributes{}
	ask := map[string]types.KeysAndAttributes{}
	var asked []string
	for table, k := range in.RequestItems {
		l.eventual(k.ConsistentRead)
		if len(k.Keys) == 0 || len(k.Keys) > 100 {
			return nil, fmt.Errorf("a batch of %d keys", len(k.Keys))
		}
		asked = append(asked, name(&table, k.Keys[0]))
		if n := l.unread(name(&table, k.Keys[0]), len(k.Keys)); n > 0 {
			rest := k
			rest.Keys, k.Keys = k.Keys[len(k.Keys)-n:], k.Keys[:len(k.Keys)-n]
			unread[table] = rest
		}
		ask[table] = k
	}
	return run(ctx, l, "batch "+strings.Join(asked, " "), func(ctx context.Context) (*dynamodb.BatchGetItemOutput, error) {
		cut := *in
		cut.RequestItems = ask
		out, err := l.API.BatchGetItem(ctx, &cut, opts...)
		if err == nil && len(unread) > 0 {
			out.UnprocessedKeys = unread
		}
		return out, err
	})
}

// unread returns how many keys of a batch stay unread: never all.
func (l *Limits) unread(first string, n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	dice := l.dice("unread " + first)
	if n < 2 || dice.Float64() >= l.Rate {
		return 0
	}
	k := 1 + dice.IntN(n-1)
	l.seen.Unread += k
	return k
}

// eventual counts reads of a table that may be stale.
func (l *Limits) eventual(consistent *bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if consistent == nil || !*consistent {
		l.seen.Eventual++
	}
}

func (l *Limits) lock(id string) func() {
	h := uint32(0)
	for i := range len(id) {
		h = h*31 + uint32(id[i])
	}
	m := &l.stripes[h%uint32(len(l.stripes))]
	m.Lock()
	return m.Unlock
}
