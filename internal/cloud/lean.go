package cloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// tables are the operations of DynamoDB that the store calls. A client behind
// an interface would bring all of its operations into the binary, since pages are
// made by templates, which may call any method by its name.
type tables struct {
	get    func(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	put    func(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	update func(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	query  func(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	batch  func(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	scan   func(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
	write  func(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// lean returns the operations of a client.
func lean(c *dynamodb.Client) *tables {
	return &tables{c.GetItem, c.PutItem, c.UpdateItem, c.Query, c.BatchGetItem, c.Scan, c.TransactWriteItems}
}

// GetItem passes the call on.
func (t *tables) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return t.get(ctx, in, o...)
}

// PutItem passes the call on.
func (t *tables) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return t.put(ctx, in, o...)
}

// UpdateItem passes the call on.
func (t *tables) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, o ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return t.update(ctx, in, o...)
}

// Query passes the call on.
func (t *tables) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return t.query(ctx, in, o...)
}

// BatchGetItem passes the call on.
func (t *tables) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	return t.batch(ctx, in, o...)
}

// Scan passes the call on.
func (t *tables) Scan(ctx context.Context, in *dynamodb.ScanInput, o ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	return t.scan(ctx, in, o...)
}

// TransactWriteItems passes the call on.
func (t *tables) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	return t.write(ctx, in, o...)
}
