package dynamo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/followup"
)

// API is what the store calls; what [Client] returns is one. Every write is safe to
// repeat, so its own retries may be on, but then they add to those of the store.
type API interface {
	GetItem(ctx context.Context, in *dynamodb.GetItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, opts ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
	Query(ctx context.Context, in *dynamodb.QueryInput, opts ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	Scan(ctx context.Context, in *dynamodb.ScanInput, opts ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
}

// Tables are the names of the tables.
type Tables struct {
	Journeys string
	Contacts string
	Inbox    string
}

// Config is how a store works. Only Shops is required.
type Config struct {
	Shops    []followup.ShopID                        // whose plans and lists are read
	Clock    func() time.Time                         // bounds the search for armed rows; nil: everything due is searched
	Shards   int                                      // of a lane that rows are written to, 1 to 4; 0: 1. All four are read
	Parallel int                                      // requests at once; 0: 10
	Wait     func(ctx context.Context, try int) error // before try 1, 2, ... of a request; nil: 50 ms, doubled, with jitter
}

// Store is a [followup.SweptStore] on DynamoDB, safe for concurrent use.
type Store struct {
	api    API
	t      Tables
	c      Config
	turns  chan struct{}
	packs  packer
	bodies deflater
}

var (
	_ followup.SweptStore = (*Store)(nil)
	_ followup.Census     = (*Store)(nil)
)

// New returns a store on tables that exist (see [CreateTables]). It makes no request.
func New(api API, t Tables, c Config) *Store {
	if c.Parallel <= 0 {
		c.Parallel = 10
	}
	c.Shards = min(max(c.Shards, 1), shards)
	if c.Wait == nil {
		c.Wait = backOff
	}
	c.Shops = slices.Clone(c.Shops)
	slices.SortFunc(c.Shops, func(a, b followup.ShopID) int { return strings.Compare(string(a)+"/", string(b)+"/") }) // order of ids
	return &Store{
		api: api, t: t, c: c, turns: make(chan struct{}, c.Parallel),
		packs: packer{deflater{dictionary: dictionary1, level: packLevel}}, bodies: deflater{dictionary: dictionary2, level: bodyLevel},
	}
}

// errNoShops is a store that cannot know whose lists to read.
var errNoShops = errors.New("no shops are configured for the store")

// firstWait is the wait before the second attempt of a request.
const firstWait = 50 * time.Millisecond

// errNoTime is a request for whose next attempt its caller has no time left.
var errNoTime = fmt.Errorf("the tables do not answer in time: %w", context.DeadlineExceeded)

// backOff waits before an attempt; errNoTime, at once, when ctx would end before.
func backOff(ctx context.Context, try int) error {
	wait := firstWait<<(try-1) + mrand.N(firstWait)                         //nolint:gosec // jitter is no secret
	if end, limited := ctx.Deadline(); limited && time.Until(end) <= wait { //nolint:forbidigo // a deadline is of the machine's clock
		return errNoTime
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// token names one write.
func token() string { return rand.Text()[:12] }

func alive(ctx context.Context, verb string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}
