package transfer_test

import (
	"testing"
	"time"

	"aftersales/awstest/localaws"
	"aftersales/internal/demo"
	"aftersales/internal/demo/demotest"
)

// The demo's shop moves to tables, back, and there again on its way. A larger crowd, on tables
// in memory, is in `make test`; here each request costs milliseconds.
func TestTheDemoMovesThereAndBack(t *testing.T) {
	client := localaws.DynamoDB(t)
	demotest.Moved(t, demo.Options{Seed: 1, Orders: 60}, demotest.Move{
		API: client, Tables: localaws.Tables(t, client),
		There: time.Date(2025, 11, 20, 9, 0, 0, 0, time.UTC), Back: time.Date(2025, 12, 10, 9, 0, 0, 0, time.UTC),
		Again: time.Date(2025, 12, 14, 9, 0, 0, 0, time.UTC),
	})
}
