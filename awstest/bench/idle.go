package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/setup"
)

// sweeps is how many idle minutes are summed.
const sweeps = 60

// idle measures what an hour of sweeps costs in an empty shop, on the
// DynamoDB-compatible server that AFTERSALES_DYNAMODB_ENDPOINT names.
func idle(ctx context.Context, endpoint string) error {
	client := dynamodb.New(dynamodb.Options{
		BaseEndpoint: &endpoint, Region: "us-east-1", Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("test", "test", "")),
	})
	tables := dynamo.Tables{Journeys: "idle" + rand.Text() + "-journeys", Contacts: "idle" + rand.Text() + "-contacts", Inbox: "idle" + rand.Text() + "-inbox"}
	if err := dynamo.CreateTables(ctx, client, tables); err != nil {
		return err
	}
	w := &world{rate: 14, now: minute}
	meter := dynamotest.Metered(client)
	shop := config.Default("main")
	shop.Sender, shop.PublicURL, shop.Zone = "care@shop.example", "https://shop.example", "UTC"
	settings := &config.Config{Business: "bench", Shops: []followup.Shop{shop}}
	files := setup.Source{Config: settings, Inputs: setup.Inputs{Plans: fstest.MapFS{"rush.yaml": {Data: []byte(rushPlan)}}}}
	form := cloud.New(cloud.Parts{
		Env:    &config.Cloud{Function: config.Sweep, Stack: "bench", DueShards: 1, Voice: config.Voice{Provider: config.NoVoice}},
		Config: settings,
		Files:  files.Files,
		Store:  dynamo.New(meter, tables, dynamo.Config{Shops: []followup.ShopID{"main"}, Clock: w.clock}), Secrets: w, Account: w,
		DeliverQueue: dropped{}, EnrollQueue: dropped{}, Now: w.clock, NewID: rand.Text, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Metrics: io.Discard, Version: "bench",
	})
	for n := range sweeps + 1 {
		if n == 1 {
			meter.Take() // the first finds the settings new
		}
		if err := form.Sweep(ctx, nil); err != nil {
			return err
		}
		w.now = w.now.Add(time.Minute)
	}
	parts := meter.TakeParts()
	var sum dynamotest.Units
	for _, u := range parts {
		sum.Read, sum.Write = sum.Read+u.Read, sum.Write+u.Write
	}
	fmt.Printf("\nAn idle sweep: %.2f WRU, %.2f RRU, of an hour of them\n%s\n", sum.Write/sweeps, sum.Read/sweeps, strings.TrimSpace(dynamotest.String(parts)))
	return nil
}
