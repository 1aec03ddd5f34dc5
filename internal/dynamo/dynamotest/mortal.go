package dynamotest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/dynamo"
)

// ErrDead is the answer of every request of a process that died.
var ErrDead = errors.New("the process is dead")

// Mortal is an API whose process dies after some writes of single items: in the
// middle of a Save, between a reservation and its arming. It is safe for
// concurrent use.
type Mortal struct {
	dynamo.API
	After int  // writes that are done; the next request of any kind finds the process dead
	Into  bool // the last of them is done, and never answered

	mu     sync.Mutex
	writes int
}

// begin counts a request; mute says that its answer is never heard.
func (m *Mortal) begin(write bool) (mute bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.writes >= m.After {
		return false, ErrDead
	}
	if write {
		m.writes++
	}
	return m.Into && write && m.writes == m.After, nil
}

func live[T any](m *Mortal, write bool, do func() (*T, error)) (*T, error) {
	mute, err := m.begin(write)
	if err != nil {
		return nil, err
	}
	out, err := do()
	if mute {
		return nil, ErrDead
	}
	return out, err
}

// GetItem is dynamo.API's.
func (m *Mortal) GetItem(ctx context.Context, in *dynamodb.GetItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return live(m, false, func() (*dynamodb.GetItemOutput, error) { return m.API.GetItem(ctx, in, opts...) })
}

// PutItem is dynamo.API's.
func (m *Mortal) PutItem(ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return live(m, true, func() (*dynamodb.PutItemOutput, error) { return m.API.PutItem(ctx, in, opts...) })
}

// UpdateItem is dynamo.API's.
func (m *Mortal) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return live(m, true, func() (*dynamodb.UpdateItemOutput, error) { return m.API.UpdateItem(ctx, in, opts...) })
}

// DeleteItem is dynamo.Deleter's: one write.
func (m *Mortal) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return live(m, true, func() (*dynamodb.DeleteItemOutput, error) {
		d, ok := m.API.(dynamo.Deleter)
		if !ok {
			return nil, fmt.Errorf("%T deletes nothing", m.API)
		}
		return d.DeleteItem(ctx, in, opts...)
	})
}

// TransactWriteItems is dynamo.API's: one write.
func (m *Mortal) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, opts ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	return live(m, true, func() (*dynamodb.TransactWriteItemsOutput, error) { return m.API.TransactWriteItems(ctx, in, opts...) })
}

// Query is dynamo.API's.
func (m *Mortal) Query(ctx context.Context, in *dynamodb.QueryInput, opts ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return live(m, false, func() (*dynamodb.QueryOutput, error) { return m.API.Query(ctx, in, opts...) })
}

// BatchGetItem is dynamo.API's.
func (m *Mortal) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	return live(m, false, func() (*dynamodb.BatchGetItemOutput, error) { return m.API.BatchGetItem(ctx, in, opts...) })
}

// Scan is dynamo.API's.
func (m *Mortal) Scan(ctx context.Context, in *dynamodb.ScanInput, opts ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	return live(m, false, func() (*dynamodb.ScanOutput, error) { return m.API.Scan(ctx, in, opts...) })
}
