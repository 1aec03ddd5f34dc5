// Package dynamotest measures and hardens the DynamoDB of tests. A local server
// is kinder than AWS: its indexes never lag, nothing is throttled, nothing fails.
// [Limits] does all of that to a store, in virtual time; [Meter] counts what a
// store costs.
package dynamotest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/dynamo"
)

// Meter is an API that sums what its requests consume, as the server says. It is
// safe for concurrent use.
type Meter struct {
	dynamo.API
	mu   sync.Mutex
	used map[string]Units
}

// Units are request units of on-demand tables: 1 KB written, 4 KB read
// consistently.
type Units struct{ Write, Read float64 }

// Metered returns a meter that stands at zero.
func Metered(api dynamo.API) *Meter { return &Meter{API: api, used: map[string]Units{}} }

// Take returns what was consumed since the last Take.
func (m *Meter) Take() Units {
	var sum Units
	for _, u := range m.TakeParts() {
		sum.Write += u.Write
		sum.Read += u.Read
	}
	return sum
}

// TakeParts returns the same by request, table and index: "PutItem journeys/due".
// The name of a table is what follows its last hyphen.
func (m *Meter) TakeParts() map[string]Units {
	m.mu.Lock()
	defer m.mu.Unlock()
	used := m.used
	m.used = map[string]Units{}
	return used
}

// String lists parts for people, sorted.
func String(parts map[string]Units) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		fmt.Fprintf(&b, "%-36s %5.1f WRU %5.1f RRU\n", name, parts[name].Write, parts[name].Read)
	}
	return b.String()
}

func (m *Meter) add(request string, write bool, used ...types.ConsumedCapacity) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range used {
		table := ""
		if c.TableName != nil {
			table = local(c.TableName)
		}
		if c.Table == nil && len(c.GlobalSecondaryIndexes) == 0 {
			m.count(request+" "+table, write, c.CapacityUnits)
			continue
		}
		if c.Table != nil {
			m.count(request+" "+table, write, c.Table.CapacityUnits)
		}
		for name, ix := range c.GlobalSecondaryIndexes {
			m.count(request+" "+table+"/"+name, write, ix.CapacityUnits)
		}
	}
}

func (m *Meter) count(name string, write bool, units *float64) {
	if units == nil || *units == 0 {
		return
	}
	u := m.used[name]
	if write {
		u.Write += *units
	} else {
		u.Read += *units
	}
	m.used[name] = u
}

const indexes = types.ReturnConsumedCapacityIndexes

func each(c *types.ConsumedCapacity) []types.ConsumedCapacity {
	if c == nil {
		return nil
	}
	return []types.ConsumedCapacity{*c}
}

// failed counts a condition that failed: AWS bills it as a write, and says
// nothing, so it counts one unit.
func (m *Meter) failed(request string, table *string, err error) {
	if err != nil && isCondition(err) {
		m.add(request+" (condition failed)", true, types.ConsumedCapacity{TableName: table, CapacityUnits: new(1.0)})
	}
}

// GetItem counts and passes on.
func (m *Meter) GetItem(ctx context.Context, in *dynamodb.GetItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	in.ReturnConsumedCapacity = indexes
	out, err := m.API.GetItem(ctx, in, opts...)
	if out != nil {
		m.add("GetItem", false, each(out.ConsumedCapacity)...)
	}
	return out, err
}

// PutItem counts and passes on.
func (m *Meter) PutItem(ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	in.ReturnConsumedCapacity = indexes
	out, err := m.API.PutItem(ctx, in, opts...)
	if m.failed("PutItem", in.TableName, err); out != nil {
		m.add("PutItem", true, each(out.ConsumedCapacity)...)
	}
	return out, err
}

// UpdateItem counts and passes on.
func (m *Meter) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	in.ReturnConsumedCapacity = indexes
	out, err := m.API.UpdateItem(ctx, in, opts...)
	if m.failed("UpdateItem", in.TableName, err); out != nil {
		m.add("UpdateItem", true, each(out.ConsumedCapacity)...)
	}
	return out, err
}

// TransactWriteItems counts and passes on.
func (m *Meter) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, opts ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	in.ReturnConsumedCapacity = indexes
	out, err := m.API.TransactWriteItems(ctx, in, opts...)
	if out != nil {
		m.add("TransactWriteItems", true, out.ConsumedCapacity...)
	}
	return out, err
}

// Query counts and passes on.
func (m *Meter) Query(ctx context.Context, in *dynamodb.QueryInput, opts ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	in.ReturnConsumedCapacity = indexes
	out, err := m.API.Query(ctx, in, opts...)
	if out != nil {
		m.add("Query", false, each(out.ConsumedCapacity)...)
	}
	return out, err
}

// Scan counts and passes on.
func (m *Meter) Scan(ctx context.Context, in *dynamodb.ScanInput, opts ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	in.ReturnConsumedCapacity = indexes
	out, err := m.API.Scan(ctx, in, opts...)
	if out != nil {
		m.add("Scan", false, each(out.ConsumedCapacity)...)
	}
	return out, err
}

// BatchGetItem counts and passes on.
func (m *Meter) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	in.ReturnConsumedCapacity = indexes
	out, err := m.API.BatchGetItem(ctx, in, opts...)
	if out != nil {
		used := out.ConsumedCapacity
		if len(used) == 0 { // MiniStack says nothing of a batch
			used = batchUsed(in, out)
		}
		m.add("BatchGetItem", false, used...)
	}
	return out, err
}

// batchUsed is what AWS bills for a batch: a unit for each 4 KB of an item that was
// begun, and for a key that has none; half of that when it is not read consistently.
func batchUsed(in *dynamodb.BatchGetItemInput, out *dynamodb.BatchGetItemOutput) []types.ConsumedCapacity {
	var used []types.ConsumedCapacity
	for table, asked := range in.RequestItems {
		units := float64(len(asked.Keys) - len(out.UnprocessedKeys[table].Keys) - len(out.Responses[table]))
		for _, it := range out.Responses[table] {
			units += float64((size(it) + 4095) / 4096)
		}
		if asked.ConsistentRead == nil || !*asked.ConsistentRead {
			units /= 2
		}
		used = append(used, types.ConsumedCapacity{TableName: &table, CapacityUnits: &units})
	}
	return used
}
