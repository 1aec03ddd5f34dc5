package demo_test

import (
	"testing"
	"time"

	"aftersales/internal/demo"
	"aftersales/internal/demo/demotest"
	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/racing"
)

// A shop that moves to AWS, back, and to the same stack once more goes on as one that stays.
func TestMovedToAWSAndBack(t *testing.T) {
	demotest.Moved(t, demo.Options{Seed: 1, Orders: racing.Fewer(150, 50)}, demotest.Move{
		API: &dynamotest.Memory{}, Tables: dynamo.Tables{Journeys: "j", Contacts: "c", Inbox: "i"},
		There: time.Date(2025, 11, 20, 9, 0, 0, 0, time.UTC), Back: time.Date(2026, 2, 5, 9, 0, 0, 0, time.UTC),
		Again: time.Date(2026, 2, 20, 9, 0, 0, 0, time.UTC),
	})
}
