package dynamotest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/dynamo"
)

// Limits is an API that behaves as AWS may at its worst. Time in it is its own
// and stands still but for [Limits.Wait], [Limits.Settle] and a millisecond per
// request. The tables must be empty when it begins: it answers index reads from
// what it saw written. Set the fields before the first request; the methods are
// safe for concurrent use.
type Limits struct {
	API dynamo.API

	Seed  uint64        // decides everything below; the same order of requests, the same faults
	Rate  float64       // share of requests that fail: before, throttled, or done and timed out
	Lag   time.Duration // an index shows a write after 0 to Lag
	WRU   float64       // written to one key a second, of a table or an index; 0: no limit
	Page  int           // bytes that one page of a query holds at most; 0: 1 MB
	Never int           // faults in a row of one request at most; 0: 2

	mu      sync.Mutex
	rand    *rand.Rand
	now     time.Duration
	bucket  map[string]*bucket
	row     map[string]int // faults in a row, by request
	shadow  map[string]*shadow
	stripes [64]sync.Mutex // of items, so that the shadow is written in the order of the server
	seen    Seen
}

// Seen counts what a Limits did.
type Seen struct {
	Requests  int
	Before    int // failed before anything was done
	TimedOut  int // done, and answered as if not
	Throttled int // by the script or by the limit of a key
	Unread    int // keys of a batch that came back unread
	Pages     int // queries that were cut
	Hidden    int // index entries that lagged when they were asked for
	Eventual  int // reads of a table, not of an index, that were not consistent; scans aside
}

// Seen returns the counts so far.
func (l *Limits) Seen() Seen {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen
}

// Settle lets every index catch up.
func (l *Limits) Settle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now += l.Lag
}

// Wait is for [dynamo.Config]: virtual time passes, as much as the store would wait.
func (l *Limits) Wait(ctx context.Context, try int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now += 50 * time.Millisecond << (try - 1)
	return ctx.Err()
}

// errTimeout is the answer to a request that was done, or not: nobody knows.
type errTimeout struct{ request string }

func (e errTimeout) Error() string   { return e.request + ": no answer in time" }
func (e errTimeout) Timeout() bool   { return true }
func (e errTimeout) Temporary() bool { return true }

func isCondition(err error) bool {
	_, failed := errors.AsType[*types.ConditionalCheckFailedException](err)
	_, cancelled := errors.AsType[*types.TransactionCanceledException](err)
	return failed || cancelled
}

func throttled() error {
	return &types.ProvisionedThroughputExceededException{Message: aws.String("the key is written too fast")}
}

// fate is what happens to one request.
type fate int

const (
	fine fate = iota
	before
	throttle
	timedOut
)

// begin decides about one request on one item or range.
func (l *Limits) begin(request string) fate {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rand == nil {
		l.rand = rand.New(rand.NewPCG(l.Seed, 1))
		l.bucket, l.row, l.shadow = map[string]*bucket{}, map[string]int{}, map[string]*shadow{}
	}
	l.seen.Requests++
	l.now += time.Millisecond
	never := l.Never
	if never == 0 {
		never = 2
	}
	if l.rand.Float64() >= l.Rate || l.row[request] >= never {
		l.row[request] = 0
		return fine
	}
	l.row[request]++
	f := fate(1 + l.rand.IntN(3))
	switch f {
	case before:
		l.seen.Before++
	case throttle:
		l.seen.Throttled++
	default:
		l.seen.TimedOut++
	}
	return f
}

// run makes a request as fate wills.
func run[T any](l *Limits, request string, do func() (*T, error)) (*T, error) {
	switch l.begin(request) {
	case before:
		return nil, &types.InternalServerError{Message: aws.String(request)}
	case throttle:
		return nil, throttled()
	case timedOut:
		if _, err := do(); err != nil && !isCondition(err) {
			return nil, err
		}
		return nil, errTimeout{request}
	default:
		return do()
	}
}

// bucket holds the units that one key may still take.
type bucket struct {
	units float64
	at    time.Duration
}

// take takes units for each key, or none when one of them has too few. An item
// that is larger than a second's units goes through a full bucket.
func (l *Limits) take(units float64, keys ...string) error {
	if l.WRU == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		b := l.bucket[k]
		if b == nil {
			b = &bucket{l.WRU, l.now}
			l.bucket[k] = b
		}
		b.units = min(l.WRU, b.units+(l.now-b.at).Seconds()*l.WRU)
		b.at = l.now
		if b.units < min(units, l.WRU) {
			l.seen.Throttled++
			return throttled()
		}
	}
	for _, k := range keys {
		l.bucket[k].units -= units
	}
	return nil
}

// GetItem is dynamo.API's.
func (l *Limits) GetItem(ctx context.Context, in *dynamodb.GetItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	l.eventual(in.ConsistentRead)
	return run(l, "get "+name(in.TableName, in.Key), func() (*dynamodb.GetItemOutput, error) { return l.API.GetItem(ctx, in, opts...) })
}

// PutItem is dynamo.API's.
func (l *Limits) PutItem(ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if err := wellFormed(in.Item); err != nil {
		return nil, err
	}
	id := name(in.TableName, in.Item)
	return run(l, "put "+id, func() (*dynamodb.PutItemOutput, error) {
		if err := l.take(units(in.Item), hot(in.TableName, in.Item)...); err != nil {
			return nil, err
		}
		defer l.lock(id)()
		out, err := l.API.PutItem(ctx, in, opts...)
		if err == nil {
			l.wrote(id, in.Item)
		}
		return out, err
	})
}

// UpdateItem is dynamo.API's.
func (l *Limits) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	if err := wellFormed(in.ExpressionAttributeValues); err != nil {
		return nil, err
	}
	id := name(in.TableName, in.Key)
	return run(l, "update "+id, func() (*dynamodb.UpdateItemOutput, error) {
		if err := l.take(units(in.ExpressionAttributeValues), hot(in.TableName, in.Key)...); err != nil {
			return nil, err
		}
		defer l.lock(id)()
		out, err := l.API.UpdateItem(ctx, in, opts...)
		if err != nil {
			return nil, err
		}
		now, err := l.API.GetItem(ctx, &dynamodb.GetItemInput{TableName: in.TableName, Key: in.Key, ConsistentRead: aws.Bool(true)})
		if err != nil {
			return nil, fmt.Errorf("read what was updated: %w", err)
		}
		l.wrote(id, now.Item)
		return out, nil
	})
}

// DeleteItem is dynamo.API's.
func (l *Limits) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	id := name(in.TableName, in.Key)
	return run(l, "delete "+id, func() (*dynamodb.DeleteItemOutput, error) {
		defer l.lock(id)()
		out, err := l.API.DeleteItem(ctx, in, opts...)
		if err == nil {
			l.wrote(id, nil)
		}
		return out, err
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
	return run(l, request, func() (*dynamodb.TransactWriteItemsOutput, error) {
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
		if n := l.unread(len(k.Keys)); n > 0 {
			rest := k
			rest.Keys, k.Keys = k.Keys[len(k.Keys)-n:], k.Keys[:len(k.Keys)-n]
			unread[table] = rest
		}
		ask[table] = k
	}
	return run(l, "batch "+strings.Join(asked, " "), func() (*dynamodb.BatchGetItemOutput, error) {
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
func (l *Limits) unread(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rand == nil || n < 2 || l.rand.Float64() >= l.Rate {
		return 0
	}
	k := 1 + l.rand.IntN(n-1)
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
