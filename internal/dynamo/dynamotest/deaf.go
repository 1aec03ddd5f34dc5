package dynamotest

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/dynamo"
)

// Deaf is an API whose client does not hear the answer to the first attempt of
// each write, as when a connection breaks or a server stalls. It goes beneath a
// [Limits], which then is not told what was done. It is safe for concurrent use.
type Deaf struct {
	dynamo.API
	Mute bool // the client answers that it timed out; false: it repeats the write itself, as the SDK does

	mu    sync.Mutex
	heard map[string]bool // writes by name and token
}

// first reports whether this is the first attempt of a write.
func (d *Deaf) first(table *string, it, values attributes) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.heard == nil {
		d.heard = map[string]bool{}
	}
	id := name(table, it) + "\n" + text(it["w"]) + text(values[":w"])
	again := d.heard[id]
	d.heard[id] = true
	return !again
}

func unheard[T any](d *Deaf, first bool, do func() (*T, error)) (*T, error) {
	if !first {
		return do()
	}
	if _, err := do(); err != nil && !isCondition(err) {
		return nil, err
	}
	if d.Mute {
		return nil, errTimeout{"a write"}
	}
	return do()
}

// PutItem is dynamo.API's.
func (d *Deaf) PutItem(ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return unheard(d, d.first(in.TableName, in.Item, nil), func() (*dynamodb.PutItemOutput, error) { return d.API.PutItem(ctx, in, opts...) })
}

// UpdateItem is dynamo.API's.
func (d *Deaf) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return unheard(d, d.first(in.TableName, in.Key, in.ExpressionAttributeValues), func() (*dynamodb.UpdateItemOutput, error) {
		return d.API.UpdateItem(ctx, in, opts...)
	})
}
