package cost_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/internal/cost"
)

func compute(t *testing.T, q cost.Query) (*cost.Tables, cost.Bill) {
	t.Helper()
	tables, err := cost.Load()
	if err != nil {
		t.Fatal(err)
	}
	b, err := tables.Compute(q)
	if err != nil {
		t.Fatal(err)
	}
	return tables, b
}

// TestGates are the promises: what the AWS form may cost at most.
func TestGates(t *testing.T) {
	_, b := compute(t, cost.Query{})
	if usd := b.USD(cost.Core); !(usd > 0 && usd <= 12) {
		t.Errorf("core costs %.2f USD a million, want at most 12", usd)
	}
	if usd := b.USD(cost.Idle); !(usd > 0 && usd < 1) {
		t.Errorf("an idle month costs %.2f USD without alarms, want less than 1", usd)
	}
	for _, other := range b.Timers[1:] {
		if !other.Holds && other.USD < b.Timers[0].USD {
			t.Errorf("%s costs %.2f, ours %.2f", other.Name, other.USD, b.Timers[0].USD)
		}
	}
}

func TestSums(t *testing.T) {
	tables, b := compute(t, cost.Query{FollowUps: 6000, Orders: 1000, Months: 1})
	f := map[string]float64{}
	for _, x := range tables.Figures() {
		f[x.ID] = x.Value
	}
	var total float64
	for _, g := range b.Groups {
		var sum float64
		for _, l := range g.Lines {
			sum += l.USD
		}
		if math.Abs(sum-g.USD) > 1e-9 {
			t.Errorf("%s: %f, its lines %f", g.Name, g.USD, sum)
		}
		total += sum
	}
	if math.Abs(total-b.Total) > 1e-9 {
		t.Errorf("all: %f, want %f", b.Total, total)
	}
	lines := map[string]float64{}
	for _, l := range b.Groups[0].Lines {
		lines[l.What] = l.USD
	}
	for what, want := range map[string]float64{ // by hand
		"receive events":                   1000 * 4 * f["receive_wru"] * 0.625e-6,
		"enroll: plan and move follow-ups": 1000 * f["enroll_wru"] * 0.625e-6,
		"reserve, arm, record":             6000 * f["deliver_wru"] * 0.625e-6,
		"read orders and customers":        (4000*f["receive_rru"] + 1000*f["enroll_rru"] + 6000*f["deliver_rru"] + 1200*f["page_rru"]) * 0.125e-6,
		"functions, by time": 0.25 * 1e-3 * 0.0000133334 * (4000*(f["intake_waits"]*6+f["intake_cpu_ms"]/0.1447+f["enroll_waits"]*6+f["enroll_cpu_ms"]/0.1447) +
			6000*((f["deliver_waits"]*6+100)/f["deliver_batch"]+f["deliver_cpu_ms"]/0.1447) + 1200*(f["page_waits"]*6+f["page_cpu_ms"]/0.1447)),
	} {
		if math.Abs(lines[what]-want) > 1e-9 {
			t.Errorf("%s: %.9f, want %.9f", what, lines[what], want)
		}
	}
	if mail := b.USD(cost.Mail); math.Abs(mail-0.6) > 1e-9 {
		t.Errorf("6,000 mails cost %f, want 0.60", mail)
	}
}

// TestScales holds the arithmetic: twice as many cost twice as much, longer
// keeping costs storage alone, more follow-ups an order cost less each.
func TestScales(t *testing.T) {
	_, one := compute(t, cost.Query{FollowUps: 60_000, Orders: 10_000, Months: 12})
	_, two := compute(t, cost.Query{FollowUps: 120_000, Orders: 20_000, Months: 12})
	if math.Abs(two.Total-2*one.Total) > 1e-6 {
		t.Errorf("twice %f is %f", one.Total, two.Total)
	}
	_, long := compute(t, cost.Query{FollowUps: 60_000, Orders: 10_000, Months: 24})
	if math.Abs(long.Total-one.Total-one.USD(cost.Storage)) > 1e-6 {
		t.Errorf("12 months more cost %f, want %f", long.Total-one.Total, one.USD(cost.Storage))
	}
	_, few := compute(t, cost.Query{FollowUps: 60_000, Orders: 60_000, Months: 12})
	if few.USD(cost.Core) <= one.USD(cost.Core) {
		t.Errorf("an order for each follow-up costs %f, six of one %f", few.USD(cost.Core), one.USD(cost.Core))
	}
	if few.Query.Orders != 60_000 || one.Query.Months != 12 {
		t.Errorf("%+v", few.Query)
	}
}

func TestFreeInvocations(t *testing.T) {
	_, b := compute(t, cost.Query{FollowUps: 15_000_000})
	_, less := compute(t, cost.Query{FollowUps: 14_000_000})
	invocations := func(b *cost.Bill) float64 {
		for _, l := range b.Timers[1].Lines {
			if l.Price == "scheduler.invocation" {
				return l.USD
			}
		}
		return math.NaN()
	}
	if got := invocations(&b); math.Abs(got-1) > 1e-9 {
		t.Errorf("15 M invocations cost %f, want 1.00 after 14 M", got)
	}
	if got := invocations(&less); got != 0 {
		t.Errorf("14 M invocations cost %f", got)
	}
}

// TestEverythingIsUsedAndSourced finds a price or figure that no line reads, and
// a line that reads none.
func TestEverythingIsUsedAndSourced(t *testing.T) {
	tables, b := compute(t, cost.Query{})
	used := map[string]bool{"ses.essentials": true, "dashboard": true} // told in the docs, in no sum
	for _, id := range []string{"follow_ups_per_order", "body_bytes"} {
		used[id] = true
	}
	note := func(l cost.Line) {
		used[l.Price] = true
		for _, id := range l.Figures {
			used[id] = true
		}
	}
	for _, g := range append(slices.Clone(b.Groups), b.Month...) {
		for _, l := range g.Lines {
			if note(l); len(l.Figures) == 0 && l.Price != "ses.mail" {
				t.Errorf("%s: %s reads no figure", g.Name, l.What)
			}
		}
	}
	for _, x := range b.Timers {
		if x.Source == "" || x.Limits == "" || x.Longest == "" {
			t.Errorf("%s says no limits, or not from where", x.Name)
		}
		for _, l := range x.Lines {
			note(l)
		}
	}
	kinds := regexp.MustCompile(`^(price list|AWS page|third party|unverified)`)
	for _, p := range tables.Prices() {
		if !used[p.ID] {
			t.Errorf("price %s is in no line", p.ID)
		}
		if !kinds.MatchString(p.Source) {
			t.Errorf("price %s: source %q says not how good it is", p.ID, p.Source)
		}
	}
	for _, f := range tables.Figures() {
		if !used[f.ID] {
			t.Errorf("figure %s is in no line", f.ID)
		}
	}
	for _, l := range b.Month[0].Lines { // the gate must not hang on what nobody read
		for _, p := range tables.Prices() {
			if p.ID == l.Price && strings.HasPrefix(p.Source, "unverified") {
				t.Errorf("the idle month hangs on %s", p.ID)
			}
		}
	}
}

// TestMeasuredIsWhatWasMeasured: figures of people are in one file, those of
// awstest/cost in the other, which says when and on what machine.
func TestMeasuredIsWhatWasMeasured(t *testing.T) {
	var written struct {
		At, Machine string
		Figures     []cost.Figure
	}
	text, err := os.ReadFile("measured.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &written); err != nil {
		t.Fatal(err)
	}
	tables, _ := compute(t, cost.Query{})
	if _, err := time.Parse(time.DateOnly, written.At); err != nil || written.At != tables.At || written.Machine == "" || written.Machine != tables.Machine {
		t.Errorf("measured on %q, %q; the tables say %q, %q", written.At, written.Machine, tables.At, tables.Machine)
	}
	measured := map[string]bool{}
	for _, f := range written.Figures {
		measured[f.ID] = true
	}
	for _, f := range tables.Figures() {
		if (f.Basis == cost.Measured) != measured[f.ID] {
			t.Errorf("figure %s is %s, in measured.json: %t", f.ID, f.Basis, measured[f.ID])
		}
	}
}

// TestAlarmsAreCounted compares the figure with the stack that makes them, by the
// defaults of its parameters: a daily limit, no voice provider.
func TestAlarmsAreCounted(t *testing.T) {
	stack, err := os.ReadFile("../../infra/alarms.yaml")
	if err != nil {
		t.Fatal(err)
	}
	template, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	n, limited := 0, !regexp.MustCompile(`\n  DailyCostLimit:\n    Type: Number\n    Default: 0\n`).Match(template)
	for _, r := range regexp.MustCompile(`(?m)^  \w+:\n`).Split(string(stack), -1) {
		if strings.HasPrefix(r, "    Type: AWS::CloudWatch::Alarm\n") && (!strings.Contains(r, "\n    Condition: ") || limited && strings.Contains(r, "\n    Condition: Limited\n")) {
			n += max(1, strings.Count(r, "MetricStat:")) // one that calculates is billed by its metrics
		}
	}
	tables, _ := compute(t, cost.Query{})
	for _, f := range tables.Figures() {
		if f.ID == "alarms" && int(f.Value) != n {
			t.Errorf("infra/alarms.yaml has %d metrics under alarm, the table counts %g", n, f.Value)
		}
	}
}

func TestWritten(t *testing.T) {
	tables, b := compute(t, cost.Query{})
	var text, md bytes.Buffer
	if err := b.Write(&text); err != nil {
		t.Fatal(err)
	}
	if err := b.Markdown(&md, tables); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1,000,000 follow-ups of 166,667 orders", "EventBridge Scheduler", "longest wait 1 year", "366 days", "A month in which nothing happens", "mail (SES)", " 100.00\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	for _, want := range []string{"| **core** | | **", "| Step Functions Standard |", "price list AmazonSES 2026-07-22", "measured by `scripts/measure-cost` on 20"} {
		if !strings.Contains(md.String(), want) {
			t.Errorf("no %q in\n%s", want, md.String())
		}
	}
}
