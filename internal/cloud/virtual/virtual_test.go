package virtual_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"aftersales/internal/cloud/virtual"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
	"aftersales/internal/setup"
	"aftersales/plans"
)

// forgetful is a store whose inbox keeps nothing.
type forgetful struct{ *memory.Store }

func (forgetful) Incoming(context.Context, followup.InboxKey) (followup.Incoming, error) {
	return followup.Incoming{}, followup.ErrNotFound
}

// A message that a function buries is an error here, where every message is ours.
func TestABuriedMessageIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		store followup.SweptStore
		fails bool
	}{"read": {memory.New(), false}, "not there": {forgetful{memory.New()}, true}} {
		shop := config.Default("main")
		shop.Name, shop.Sender, shop.PublicURL = "Nordlight Home", "care@nordlight.example", "https://nordlight.example"
		names := 0
		d, err := virtual.Open(t.Context(), virtual.Options{
			Config: &config.Config{Business: "test", Shops: []followup.Shop{shop}},
			Inputs: setup.Inputs{Plans: plans.Files(), Catalogue: plans.Products()},
			Key:    []byte(strings.Repeat("k", 40)), Begin: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), Store: c.store,
			NewID: func() string { names++; return "id" + strconv.Itoa(names) },
		})
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(map[string]any{
			"specversion": "1.0", "id": "1000-created", "source": "shop/main", "type": "order.created", "time": "2026-03-02T08:00:00Z",
			"data": map[string]any{"order": map[string]any{"id": "1000"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		in := followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "generic", Key: "1000-created"}, Topic: "order.created", Body: body}
		if verdict, err := d.Post(t.Context(), in); err != nil || verdict != followup.Accepted {
			t.Fatalf("posted: %s, %v", verdict, err)
		}
		if _, err := d.Drain(t.Context()); (err != nil) != c.fails {
			t.Errorf("a body that is %s: %v", name, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
