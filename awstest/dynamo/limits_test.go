package dynamo_test

import (
	"testing"
	"time"

	"aftersales/awstest/localaws"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup/storetest"
)

// hardened is the same suite on a server that lags, throttles, fails and answers
// late, in virtual time.
func hardened(t *testing.T) storetest.Harness {
	t.Helper()
	client := localaws.DynamoDB(t)
	return dynamotest.Hardened(t, func(t *testing.T) dynamotest.Server {
		return dynamotest.Server{API: client, Tables: localaws.Tables(t, client), Config: settings()}
	}, func() *dynamotest.Limits {
		return &dynamotest.Limits{Seed: 1, Rate: 0.15, Lag: 30 * time.Second, WRU: 1000, Page: 8 << 10}
	})
}

func TestStoreUnderLimits(t *testing.T) { storetest.RunHarness(t, hardened(t)) }

func TestSweptUnderLimits(t *testing.T) { storetest.RunSwept(t, hardened(t)) }
