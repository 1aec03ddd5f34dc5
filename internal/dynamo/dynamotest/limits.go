package dynamotest

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/dynamo"
)

// Limits is an API that behaves as AWS may at its worst. Time in it is its own
// and stands still but for [Limits.Wait], [Limits.Settle] and a millisecond per
// request. The tables must be empty when it begins: it answers index reads from
// what it saw written, and where the server left a write unanswered, from what
// it reads there. Set the fields before the first request; the methods are safe
// for concurrent use.
type Limits struct {
	API dynamo.API

	Seed   uint64        // decides what happens to which request, whatever the order in which parallel ones come
	Rate   float64       // share of requests that meet another [Fate] than Fine
	Script map[int]Fate  // fates of some requests by number, from 0, whatever Rate says
	Lag    time.Duration // an index shows a write after 0 to Lag
	WRU    float64       // written to one key a second, of a table or an index; 0: no limit
	Page   int           // bytes that one page of a query holds at most; 0: 1 MB
	Never  int           // faults in a row of one request at most; 0: 2

	mu      sync.Mutex
	now     time.Duration
	rolled  map[string]uint64 // dice thrown, by what for
	bucket  map[string]*bucket
	row     map[string]int    // faults in a row, by request
	late    map[string]func() // requests that have yet to reach the server
	shadow  map[string]*shadow
	doubts  map[string]doubt
	stripes [64]sync.Mutex // of items, so that the shadow is written in the order of the server
	seen    Seen
}

// Seen counts what a Limits did.
type Seen struct {
	Requests  int
	Fates     [Fates]int // requests by fate
	Throttled int        // by fate or by the limit of a key
	Unread    int        // keys of a batch that came back unread
	Pages     int        // queries that were cut
	Hidden    int        // index entries that lagged when they were asked for
	Eventual  int        // reads of a table, not of an index, that were not consistent; scans aside
}

// Add adds what another Limits did.
func (s *Seen) Add(o Seen) {
	s.Requests += o.Requests
	for i := range s.Fates {
		s.Fates[i] += o.Fates[i]
	}
	s.Throttled += o.Throttled
	s.Unread += o.Unread
	s.Pages += o.Pages
	s.Hidden += o.Hidden
	s.Eventual += o.Eventual
}

// Fate is what happens to one request.
type Fate int

// The fates.
const (
	Fine     Fate = iota
	Before        // fails before anything was done
	Throttle      // is refused
	TimedOut      // is done, and answered as if not
	Unheard       // is done, and repeated by the client, which answers what the second says
	Late          // is answered as if not done; reaches the server behind the next attempt, or never
	Fates         // how many there are
)

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

// dice are those of the next throw for something. The same throw is the same
// whatever was thrown for other things; l.mu is held.
func (l *Limits) dice(what string) *rand.Rand {
	if l.rolled == nil {
		l.rolled = map[string]uint64{}
	}
	h := fnv.New64a()
	_, _ = h.Write(strconv.AppendUint([]byte(what), l.rolled[what], 10)) // never fails
	l.rolled[what]++
	return rand.New(rand.NewPCG(l.Seed, h.Sum64()))
}

// begin decides about one request on one item or range.
func (l *Limits) begin(request string) (f Fate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.row == nil {
		l.row, l.late = map[string]int{}, map[string]func(){}
	}
	number := l.seen.Requests
	l.seen.Requests++
	l.now += time.Millisecond
	defer func() {
		l.seen.Fates[f]++
		if f == Throttle {
			l.seen.Throttled++
		}
	}()
	if f, scripted := l.Script[number]; scripted {
		return f
	}
	never := l.Never
	if never == 0 {
		never = 2
	}
	dice := l.dice(request)
	if dice.Float64() >= l.Rate || l.row[request] >= never {
		l.row[request] = 0
		return Fine
	}
	l.row[request]++
	return Fate(1 + dice.IntN(int(Fates)-1))
}

// run makes a request as fate wills.
func run[T any](ctx context.Context, l *Limits, request string, do func(context.Context) (*T, error)) (*T, error) {
	f := l.begin(request)
	switch f {
	case Before:
		return nil, &types.InternalServerError{Message: aws.String(request)}
	case Throttle:
		return nil, throttled()
	case Late:
		l.postpone(request, func() { _, _ = do(context.WithoutCancel(ctx)) }) // nobody waits for the answer
		return nil, errTimeout{request}
	default:
	}
	defer l.arrive(request)
	out, err := do(ctx)
	if f == Fine || err != nil && !isCondition(err) {
		return out, err
	}
	if f == TimedOut {
		return nil, errTimeout{request}
	}
	return do(ctx)
}

// postpone keeps a request until the next attempt has passed it.
func (l *Limits) postpone(request string, do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late[request] = do
}

// arrive makes the request that was postponed, if there is one.
func (l *Limits) arrive(request string) {
	l.mu.Lock()
	do := l.late[request]
	delete(l.late, request)
	l.mu.Unlock()
	if do != nil {
		do()
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
	if l.bucket == nil {
		l.bucket = map[string]*bucket{}
	}
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
