package dynamo_test

import (
	"testing"
	"time"

	"aftersales/awstest/localaws"
	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// hardened is the same suite on a server that lags, throttles, fails and answers
// late, in virtual time.
func hardened(t *testing.T, limits func() *dynamotest.Limits) storetest.Harness {
	t.Helper()
	client := localaws.DynamoDB(t)
	var now *dynamotest.Limits // of the store opened last: subtests run one by one
	var sum dynamotest.Seen
	count := func() {
		if now != nil {
			add(&sum, now.Seen())
		}
	}
	t.Cleanup(func() {
		count()
		t.Logf("%+v", sum)
		if sum.Before == 0 || sum.TimedOut == 0 || sum.Throttled == 0 {
			t.Errorf("a hazard was never seen: %+v", sum)
		}
		if sum.Eventual > 0 {
			t.Errorf("%d reads of a table may be stale", sum.Eventual)
		}
	})
	return storetest.Harness{
		Open: func(t *testing.T) followup.Store {
			count()
			now = limits()
			now.API = client
			c := settings()
			c.Wait = now.Wait
			return dynamo.New(now, localaws.Tables(t, client), c)
		},
		Settle:         func() { now.Settle() },
		NoTransactions: true, NoWaiting: true, Unsorted: true, Large: 60,
	}
}

func add(sum *dynamotest.Seen, s dynamotest.Seen) {
	sum.Requests += s.Requests
	sum.Before += s.Before
	sum.TimedOut += s.TimedOut
	sum.Throttled += s.Throttled
	sum.Unread += s.Unread
	sum.Pages += s.Pages
	sum.Hidden += s.Hidden
	sum.Eventual += s.Eventual
}

func worst() *dynamotest.Limits {
	return &dynamotest.Limits{Seed: 1, Rate: 0.15, Lag: 30 * time.Second, WRU: 1000, Page: 8 << 10}
}

func TestStoreUnderLimits(t *testing.T) { storetest.RunHarness(t, hardened(t, worst)) }

func TestSweptUnderLimits(t *testing.T) { storetest.RunSwept(t, hardened(t, worst)) }
