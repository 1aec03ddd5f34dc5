// Package equality_test proves both forms equal with the tables real: the demo's
// three years by the functions' handlers on DynamoDB.
package equality_test

import (
	"context"
	"testing"
	"time"

	"aftersales/awstest/localaws"
	"aftersales/internal/cloud/virtual"
	"aftersales/internal/demo"
	"aftersales/internal/demo/demotest"
	"aftersales/internal/dynamo"
	"aftersales/internal/followup"
)

func TestBothFormsAreEqual(t *testing.T) {
	client := localaws.DynamoDB(t)
	tables := localaws.Tables(t, client)
	// The whole crowd, on tables in memory, is in `make test`; here each request costs milliseconds.
	demotest.Equal(t, demo.Options{Seed: 1, Orders: 80}, func(ctx context.Context, s demo.Start) (demo.Form, error) {
		var d *virtual.Deployment
		now := func() time.Time {
			if d == nil {
				return s.Begin
			}
			return d.Now()
		}
		var err error
		d, err = virtual.Open(ctx, virtual.Options{
			Config: s.Config, Inputs: s.Inputs, Key: s.Key, Begin: s.Begin, NewID: s.NewID, Sent: s.Sent, Log: s.Log,
			Store: dynamo.New(client, tables, dynamo.Config{Shops: []followup.ShopID{"main"}, Clock: now}), Twice: 0.2, Seed: 1,
		})
		return d, err
	})
}
