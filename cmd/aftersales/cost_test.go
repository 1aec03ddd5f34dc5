package main

import (
	"strings"
	"testing"

	"aftersales/internal/cost"
)

func TestCost(t *testing.T) {
	b := decode[cost.Bill](t, cli(t, "cost", "--follow-ups", "6000", "--orders", "1000", "--months", "1", "--json"))
	if b.Query != (cost.Query{FollowUps: 6000, Orders: 1000, Months: 1}) || b.Total <= 0.6 || len(b.Timers) != 4 {
		t.Errorf("%+v", b)
	}
	if out := cli(t, "cost").well(t).out; !strings.HasPrefix(out, "1,000,000 follow-ups of 166,667 orders, kept for 24 months; us-east-1") {
		t.Errorf("%s", out)
	}
	if out := cli(t, "cost", "--markdown").well(t).out; !strings.Contains(out, "| **core** |") {
		t.Errorf("%s", out)
	}
	cli(t, "cost", "--follow-ups", "0").badly(t, exitMisused, "numbers above 0")
	cli(t, "cost", "--orders=-1").badly(t, exitMisused, "numbers above 0")
	cli(t, "cost", "--months", "many").badly(t, exitMisused, "--months")
}
