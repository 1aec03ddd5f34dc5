package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"aftersales/awstest/localaws"
)

// TestWhatIsWrittenDownStillHolds lets two orders live: what they consume of the
// tables may not be more than internal/cost says. What is read once a minute they
// share with nobody, so reads may be half as much again.
func TestWhatIsWrittenDownStillHolds(t *testing.T) {
	text, err := os.ReadFile("../../internal/cost/measured.json")
	if err != nil {
		t.Fatal(err)
	}
	var kept table
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	written := map[string]float64{}
	for _, f := range kept.Figures {
		written[f.ID] = f.Value
	}
	const orders = 4 // share what is read once a minute, which is little only among many
	_, p, err := live(context.Background(), localaws.Endpoint(t), orders, orders)
	if err != nil {
		t.Fatal(err)
	}
	var now ledger
	now.capacities(orders, p)
	for _, f := range now {
		most := written[f.ID]
		switch {
		case strings.HasPrefix(f.ID, "page_") || f.ID == "receive_rru":
			continue // not lived here; nothing but what is read once a minute
		case strings.HasSuffix(f.ID, "_wru"):
			most = most*1.1 + 0.01
		case strings.HasSuffix(f.ID, "_rru"):
			most *= 1.5
		default:
			continue
		}
		if !(f.Value > 0 && f.Value <= most) {
			t.Errorf("%s is %g now, measured.json says %g: mend it, or run scripts/measure-cost", f.ID, f.Value, written[f.ID])
		}
	}
}
