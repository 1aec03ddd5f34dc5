// Package dynamo_test holds the store on DynamoDB to what every store promises,
// on a server.
package dynamo_test

import (
	"testing"
	"time"

	"aftersales/awstest/localaws"
	"aftersales/internal/dynamo"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// settings knows the shops of the suite.
func settings() dynamo.Config {
	return dynamo.Config{
		Shops: []followup.ShopID{"main", "other", "a", "b"}, Shards: 4,
		Clock:    func() time.Time { return storetest.Start().AddDate(100, 0, 0) },
		Parallel: 32,
	}
}

func harness(t *testing.T) storetest.Harness {
	client := localaws.DynamoDB(t)
	return storetest.Harness{
		Open: func(t *testing.T) followup.Store {
			return dynamo.New(client, localaws.Tables(t, client), settings())
		},
		NoTransactions: true, NoWaiting: true, Unsorted: true, Large: 60,
	}
}

func TestStore(t *testing.T) { storetest.RunHarness(t, harness(t)) }

func TestCensus(t *testing.T) { storetest.RunCensus(t, harness(t)) }

func TestSwept(t *testing.T) { storetest.RunSwept(t, harness(t)) }
