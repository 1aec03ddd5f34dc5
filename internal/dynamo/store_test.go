package dynamo_test

import (
	"testing"
	"time"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

var tables = dynamo.Tables{Journeys: "t-journeys", Contacts: "t-contacts", Inbox: "t-inbox"}

// settings know the shops of the suite.
func settings() dynamo.Config {
	return dynamo.Config{
		Shops: []followup.ShopID{"main", "other", "a", "b"},
		Clock: func() time.Time { return storetest.Start().AddDate(100, 0, 0) },
	}
}

func harness() storetest.Harness {
	return storetest.Harness{
		Open:           func(*testing.T) followup.Store { return dynamo.New(&dynamotest.Memory{}, tables, settings()) },
		NoTransactions: true, NoWaiting: true, Unsorted: true,
	}
}

// The same suites run on a server, too: see awstest.
func TestStore(t *testing.T)  { t.Parallel(); storetest.RunHarness(t, harness()) }
func TestSwept(t *testing.T)  { t.Parallel(); storetest.RunSwept(t, harness()) }
func TestCensus(t *testing.T) { t.Parallel(); storetest.RunCensus(t, harness()) }

// hardened is the same on a server at its worst, in virtual time.
func hardened(limits func() *dynamotest.Limits) storetest.Harness {
	var now *dynamotest.Limits // of the store opened last: subtests run one by one
	h := harness()
	h.Open = func(*testing.T) followup.Store {
		now = limits()
		now.API = &dynamotest.Memory{}
		c := settings()
		c.Wait = now.Wait
		return dynamo.New(now, tables, c)
	}
	h.Settle, h.Large = func() { now.Settle() }, 60
	return h
}

func TestStoreUnderLimits(t *testing.T) {
	t.Parallel()
	storetest.RunHarness(t, hardened(func() *dynamotest.Limits {
		return &dynamotest.Limits{Seed: 1, Rate: 0.15, Lag: 30 * time.Second, WRU: 1000, Page: 8 << 10}
	}))
}

// TestStoreUnderSlowKeys lets each key be written ten times slower than AWS does.
func TestStoreUnderSlowKeys(t *testing.T) {
	t.Parallel()
	storetest.RunHarness(t, hardened(func() *dynamotest.Limits {
		return &dynamotest.Limits{Seed: 2, Rate: 0.02, Lag: time.Second, WRU: 100, Page: 1 << 10}
	}))
}

func TestSweptUnderLimits(t *testing.T) {
	t.Parallel()
	storetest.RunSwept(t, hardened(func() *dynamotest.Limits {
		return &dynamotest.Limits{Seed: 3, Rate: 0.15, Lag: 30 * time.Second, WRU: 1000, Page: 8 << 10}
	}))
}
