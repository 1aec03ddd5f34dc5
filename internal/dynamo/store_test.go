package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/racing"
)

var tables = dynamo.Tables{Journeys: "t-journeys", Contacts: "t-contacts", Inbox: "t-inbox"}

// settings know the shops of the suite.
func settings() dynamo.Config {
	return dynamo.Config{
		Shops: []followup.ShopID{"main", "other", "a", "b"}, Shards: 4,
		Clock: func() time.Time { return storetest.Start().AddDate(100, 0, 0) },
	}
}

func harness() storetest.Harness {
	return storetest.Harness{
		Open:           func(*testing.T) followup.Store { return dynamo.New(&dynamotest.Memory{}, tables, settings()) },
		NoTransactions: true, NoWaiting: true, Unsorted: true, Large: racing.Fewer(250, 60),
	}
}

// The same suites run on a server, too: see awstest.
func TestStore(t *testing.T)  { t.Parallel(); storetest.RunHarness(t, harness()) }
func TestSwept(t *testing.T)  { t.Parallel(); storetest.RunSwept(t, harness()) }
func TestCensus(t *testing.T) { t.Parallel(); storetest.RunCensus(t, harness()) }

// hardened is the same on a server at its worst.
func hardened(t *testing.T, limits func() *dynamotest.Limits, beneath func(dynamo.API) dynamo.API) storetest.Harness {
	t.Helper()
	return dynamotest.Hardened(t, func(*testing.T) dynamotest.Server {
		return dynamotest.Server{API: beneath(&dynamotest.Memory{}), Tables: tables, Config: settings()}
	}, limits)
}

func worst(seed uint64) func() *dynamotest.Limits {
	return func() *dynamotest.Limits {
		return &dynamotest.Limits{Seed: seed, Rate: 0.15, Lag: 30 * time.Second, WRU: 1000, Page: 8 << 10}
	}
}

func sound(api dynamo.API) dynamo.API { return api }

func TestStoreUnderLimits(t *testing.T) {
	t.Parallel()
	storetest.RunHarness(t, hardened(t, worst(1), sound))
}

// TestStoreUnderSlowKeys lets each key be written ten times slower than AWS does.
func TestStoreUnderSlowKeys(t *testing.T) {
	t.Parallel()
	storetest.RunHarness(t, hardened(t, func() *dynamotest.Limits {
		return &dynamotest.Limits{Seed: 2, Rate: 0.02, Lag: time.Second, WRU: 100, Page: 1 << 10}
	}, sound))
}

// TestStoreOnADeafClient lets the client lose the first answer to every write: it
// repeats the write by itself, or leaves that to the store.
func TestStoreOnADeafClient(t *testing.T) {
	t.Parallel()
	for _, mute := range []bool{true, false}[:racing.Fewer(2, 1)] { // the store repeats in either case
		t.Run(fmt.Sprintf("mute %t", mute), func(t *testing.T) {
			t.Parallel()
			quiet := func() *dynamotest.Limits { return &dynamotest.Limits{Seed: 4, Lag: 30 * time.Second} }
			storetest.RunHarness(t, hardened(t, quiet, func(api dynamo.API) dynamo.API { return &dynamotest.Deaf{API: api, Mute: mute} }))
		})
	}
}

func TestSweptUnderLimits(t *testing.T) {
	t.Parallel()
	storetest.RunSwept(t, hardened(t, worst(3), sound))
}
