package plan_test

import (
	"strings"
	"testing"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
	"aftersales/internal/plan"
)

func money(t testing.TB, amount, currency string) followup.Money {
	t.Helper()
	m, err := followup.ParseMoney(amount, currency)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// scope is an order of a washing machine and two hoses, with a warranty, an
// answer and a closed case.
func scope(t testing.TB) *followup.Scope {
	t.Helper()
	at := time.Date(2026, 3, 2, 9, 15, 0, 0, time.UTC)
	said := followup.Fact{At: followup.Moment{Time: at}, Source: "shop"}
	facts := &followup.Facts{
		Ordered: said,
		Lines: []followup.Line{
			{ID: "l1", SKU: "WM-700", Title: "Washing machine 700", Vendor: "Acme", Quantity: 1, Price: money(t, "599.00", "EUR")},
			{ID: "l2", SKU: "HOSE-2", Title: "Inlet hose", Category: "part", Quantity: 2, Price: money(t, "25.00", "EUR"), Digital: false},
		},
		Units: []followup.Unit{{Key: "l1/1", Serial: "SN-1", Delivered: said, Installed: said}, {Key: "l2/1"}, {Key: "l2/2"}},
		Answers: []followup.Answer{
			{Said: followup.Said{Value: "problem", Step: "check-in-call", By: "phone"}, Unit: "l1/1", At: at},
			{Said: followup.Said{Value: "works", Step: "check-in", By: "page", Rating: 5}, Unit: "l1/1", At: at.Add(time.Hour)},
		},
		Cases: []followup.Case{{Number: 1, Unit: "l1/1", Opened: at, Closed: at.Add(time.Hour), Reason: "problem", Outcome: "repaired"}},
	}
	facts.Number, facts.Currency, facts.Total = "#1001", "EUR", new(money(t, "649.00", "EUR"))
	facts.Tags, facts.Country, facts.Channel, facts.Tier = []string{"web", "b2b"}, "IS", "web", "vip"
	contact := &followup.Contact{}
	contact.State(followup.Person{Language: "is", Country: "NO"}, followup.Stamp{Time: at})
	contact.Consent(followup.Consent{Purpose: followup.Marketing, Channel: followup.Email, Given: true, At: at})
	contact.Consent(followup.Consent{Purpose: followup.Marketing, Channel: followup.Call, Given: false, At: at})
	return &followup.Scope{
		Facts: facts, Contact: contact, Unit: &facts.Units[0], Picked: []followup.UnitKey{"l1/1"},
		Plan:      &followup.Plan{Steps: []followup.Step{{ID: "check-in-call", Otherwise: "check-in"}, {ID: "check-in"}, {ID: "review"}}},
		Catalogue: &followup.Catalogue{Products: []followup.Product{{SKU: "WM-*", Category: "appliance"}}},
		Coverages: []followup.Covered{{
			Name: "warranty", Unit: "l1/1",
			From: civil.Date{Year: 2026, Month: 3, Day: 4}, Until: civil.Date{Year: 2028, Month: 3, Day: 4},
		}},
	}
}

func ask(t *testing.T, kind, src string, s *followup.Scope) (bool, error) {
	t.Helper()
	c, err := plan.Compile(kind, src)
	if err != nil {
		t.Fatalf("%s does not compile: %v", src, err)
	}
	if c.String() != src {
		t.Errorf("written as %q, want %q", c, src)
	}
	return c.Holds(s)
}

func TestConditions(t *testing.T) {
	tests := []struct {
		kind, src string
		want      bool
	}{
		{plan.KindOrder, `any(lines, .category == "appliance")`, true}, // by the catalogue
		{plan.KindOrder, `any(lines, .category == "part")`, true},      // by the line itself
		{plan.KindOrder, `all(lines, .category == "part")`, false},
		{plan.KindOrder, `"b2b" in order.tags and order.channel == "web"`, true},
		{plan.KindOrder, `order.country in ["DK", "IS"] and order.currency == "EUR" and order.number == "#1001"`, true},
		{plan.KindOrder, `order.placed >= "2026-03-02" and order.placed < "2026-03-03"`, true},
		{plan.KindOrder, `count(lines, .quantity > 1) == 1 and sum(lines, .quantity) == 3`, true},
		{plan.KindOrder, `lines[0].price + lines[1].price == money("624.00 EUR")`, true},
		{plan.KindUnit, `.category == "appliance"`, true},
		{plan.KindUnit, `unit.category == "appliance" and .sku startsWith "WM" and .serial != ""`, true},
		{plan.KindUnit, `.installed and .delivered and not .registered and not .replaced`, true},
		{plan.KindUnit, `any(lines, .vendor == "Acme" and .id == unit.line) // the maker's own`, true},
		{plan.KindUnit, `.price > money("599.00 EUR")`, false},
		{plan.KindStep, `order.total >= money("649.00 EUR")`, true},
		{plan.KindStep, `order.total > money("649.00 EUR") or order.total < money("649.00 EUR")`, false},
		{plan.KindStep, `order.total <= money("649 EUR") and order.total == money("649.0 EUR")`, true},
		{plan.KindStep, `order.total != money("649.00 EUR")`, false},
		{plan.KindStep, `order.total + order.total == money("1298.00 EUR")`, true},
		{plan.KindStep, `order.total > money("100 " + order.currency)`, true},
		{plan.KindStep, `contact.tier == "vip" and contact.language == "is" and contact.country == "NO"`, true},
		{plan.KindStep, `consents("marketing", "email")`, true},
		{plan.KindStep, `consents("marketing", "call") or consents("feedback", "email")`, false},
		{plan.KindStep, `len(units) == 1 and units[0].key == "l1/1"`, true}, // the picked ones
		{plan.KindStep, `any(answers, .rating == 5 and .by == "page" and .value == "works" and .step == "check-in")`, true},
		{plan.KindStep, `any(coverages, .name == "warranty" and .until == "2028-03-04" and .from == "2026-03-04")`, true},
		{plan.KindStep, `any(cases, .open)`, false},
		{plan.KindStep, `any(cases, .reason == "problem" and .outcome == "repaired" and .number == 1)`, true},
		{plan.KindUnitStep, `any(answers, .unit == unit.key) and any(cases, .unit == unit.key) and any(coverages, .unit == unit.key)`, true},
	}
	for _, tt := range tests {
		if got, err := ask(t, tt.kind, tt.src, scope(t)); err != nil || got != tt.want {
			t.Errorf("%s: %s: got %v, %v, want %v", tt.kind, tt.src, got, err, tt.want)
		}
	}
}

func TestAnAssumedDeliveryIsNoDelivery(t *testing.T) {
	s := scope(t)
	s.Facts.Units[0].Delivered.Source = "assumed"
	if got, err := ask(t, plan.KindUnit, `.delivered`, s); got || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestConditionFaultsAreErrorsNotAnswers(t *testing.T) {
	unknownTotal := scope(t)
	unknownTotal.Facts.Total = nil
	noUnit := scope(t)
	noUnit.Unit = nil
	tests := []struct {
		kind, src, want string
		scope           *followup.Scope
	}{
		{plan.KindStep, `order.total >= money("150.00 USD")`, "amounts in EUR and USD", scope(t)},
		{plan.KindStep, `order.total == money("649.50 ISK")`, "", nil},
		{plan.KindStep, `order.total != money("649.00 NOK")`, "amounts in EUR and NOK", scope(t)},
		{plan.KindStep, `order.total + money("1 USD") > money("1 USD")`, "amounts in EUR and USD", scope(t)},
		{plan.KindStep, `any(lines, .price == money("1 USD"))`, "amounts in EUR and USD", scope(t)},
		{plan.KindStep, `order.total > money("1 EUR")`, "an amount is not known", unknownTotal},
		{plan.KindStep, `order.total > money(order.number)`, "is not", scope(t)},
		{plan.KindStep, `lines[7].sku == "x"`, "out of range", scope(t)},
		{plan.KindUnitStep, `unit.serial == ""`, "no unit", noUnit},
	}
	for _, tt := range tests {
		if tt.scope == nil { // a currency has its own decimals
			if _, err := plan.Compile(tt.kind, tt.src); err == nil || !strings.Contains(err.Error(), "more than the 0 decimals") {
				t.Errorf("%s: %v", tt.src, err)
			}
			continue
		}
		got, err := ask(t, tt.kind, tt.src, tt.scope)
		if err == nil || got || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, %v, want an error with %q", tt.src, got, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is not one line: %v", tt.src, err)
		}
	}
}

func TestConditionsThatDoNotType(t *testing.T) {
	tests := []struct{ kind, src, want string }{
		{plan.KindOrder, `order.totl == money("1 EUR")`, `did you mean "total"?`},
		{plan.KindOrder, `ordr.total == money("1 EUR")`, `did you mean "order"?`},
		{plan.KindOrder, `answered("works")`, "not known here"},
		{plan.KindOrder, `any(coverages, true)`, "not known here"},
		{plan.KindUnit, `.category == "a") or (true`, "bracket"},
		{plan.KindUnit, `.digital) | any(#`, "bracket"},
		{plan.KindUnit, `units[0].sku == ""`, "not known here"},
		{plan.KindStep, `.category == "a"`, "bare .field"},
		{plan.KindStep, `unit.sku == ""`, "per: unit"},
		{plan.KindStep, `order.total >= 150`, `money("150.00 EUR")`},
		{plan.KindStep, `order.total >= "150.00 EUR"`, `money("150.00 EUR")`},
		{plan.KindStep, `order.total in [money("1 EUR")]`, "only compared with"},
		{plan.KindStep, `[order.total] == [money("1 EUR")]`, "only compared with"},
		{plan.KindStep, `order.total == nil`, "only compared with"},
		{plan.KindStep, `sum(lines, .price) > money("1 EUR")`, "only compared with"},
		{plan.KindStep, `money("1,50 EUR") > money("1 EUR")`, "1,50"},
		{plan.KindStep, `money() > money("1 EUR")`, "money takes one text"},
		{plan.KindStep, `now() > 5`, "no clock"},
		{plan.KindStep, `date("2026-01-01") == nil`, "no clock"},
		{plan.KindStep, `duration("1h") == nil`, "no clock"},
		{plan.KindStep, `followups[0].state == "sent"`, "unknown name"},
		{plan.KindStep, `repeat("x", 1000000000) == ""`, "not part of the language"},
		{plan.KindStep, `len(1..1000000000) > 1`, "not part of the language"},
		{plan.KindStep, `reduce(lines, #acc + #acc, "x") == ""`, "not part of the language"},
		{plan.KindStep, `let x = "a"; x == "b"`, "one question"},
		{plan.KindStep, `any(lines, all(lines, any(lines, true)))`, "too many"},
		{plan.KindStep, `order.total.String() == ""`, "only functions"},
		{plan.KindStep, `order["to" + "tal"] == order.total`, "cannot be computed"},
		{plan.KindStep, `$env == nil`, "unknown name"},
		{plan.KindStep, `_scope == nil`, "unknown name"},
		{plan.KindStep, `_answered(1, "a", "b")`, "unknown name"},
		{plan.KindStep, `count(lines) > 1`, "len(lines)"},
		{plan.KindStep, `order.number`, "true or false"},
		{plan.KindStep, `answered("wroks")`, `did you mean "works"?`},
		{plan.KindStep, `answered(order.number)`, "quoted words"},
		{plan.KindStep, `answered("a", "works", "c")`, "quoted words"},
		{plan.KindStep, `consents("marketing")`, "quoted words"},
		{plan.KindStep, `consents("sales", "email")`, "not a class"},
		{plan.KindStep, `consents("service", "fax")`, "not a channel"},
		{plan.KindStep, `order.number matches "["`, "missing closing"},
		{plan.KindStep, `true and`, "a comma ends it: put it in quotes"},
		{plan.KindStep, strings.Repeat("true and ", 200) + "true", "exceeds"},
		{"when", `true`, "unknown kind"},
	}
	for _, tt := range tests {
		c, err := plan.Compile(tt.kind, tt.src)
		if err == nil || c != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, %v, want an error with %q", tt.src, c, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "plan.") {
			t.Errorf("%s: the error speaks of Go: %v", tt.src, err)
		}
	}
}

func TestConditionsAreSafeTogether(t *testing.T) {
	c, err := plan.Compile(plan.KindUnit, `.category == "appliance" and any(lines, .id == unit.line)`)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 8)
	for n := range cap(done) {
		s := scope(t)
		s.Unit = &s.Facts.Units[n%3]
		go func() {
			for range 500 {
				if got, err := c.Holds(s); err != nil || got != (n%3 == 0) {
					done <- errorf("unit %s: %v, %v", s.Unit.Key, got, err)
					return
				}
			}
			done <- nil
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkHolds(b *testing.B) {
	for _, tt := range [][2]string{
		{plan.KindOrder, `any(lines, .category == "appliance")`},
		{plan.KindUnit, `.category == "appliance"`},
		{plan.KindStep, `order.total >= money("150.00 EUR") or contact.tier == "vip"`},
		{plan.KindStep, `answered("works") or answered("problem")`},
		{plan.KindStep, `consents("marketing", "email")`},
	} {
		b.Run(tt[1], func(b *testing.B) {
			c, err := plan.Compile(tt[0], tt[1])
			if err != nil {
				b.Fatal(err)
			}
			s := scope(b)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Holds(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
