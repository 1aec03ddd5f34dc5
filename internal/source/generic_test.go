package source_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// cloud is a generic event with that type and data.
func cloud(typ, data string) []byte {
	return fmt.Appendf(nil, `{"specversion":"1.0","id":"e1","source":"shop/main","type":%q,"time":"2026-03-05T11:42:00Z","data":%s}`, typ, data)
}

func generic(t *testing.T, typ, data string) followup.Event {
	t.Helper()
	tr := translate(t, "generic", "", cloud(typ, data))
	if len(tr.Events) != 1 {
		t.Fatalf("%s gives %v", data, typesIn(tr))
	}
	return tr.Events[0]
}

func TestGenericOrderCreated(t *testing.T) {
	e := one(t, translate(t, "generic", "", body(t, "generic/order.created.json")), followup.OrderCreated)
	no, when := false, at("2026-03-02T08:15:00Z")
	want := followup.Event{
		Source: "shop/main", ID: "ord-1001-created", Type: followup.OrderCreated, Shop: "main", Order: "1001", Time: when, Inbox: e.Inbox,
		Facts: &followup.OrderFacts{
			Number: "#1001", Currency: "EUR", Total: &followup.Money{Minor: 64900, Currency: "EUR"}, Test: &no, Tags: []string{"web"},
			Placed: followup.Moment{Time: when}, CustomerRef: "77", Tier: "vip", Language: "is", Zone: "Atlantic/Reykjavik", Country: "IS",
			PhoneZones: []string{"Atlantic/Reykjavik"},
		},
		Lines: []followup.Line{
			{ID: "l1", SKU: "WM-700", Title: "Washing machine 700", Category: "appliance", Quantity: 1, Price: followup.Money{Minor: 59900, Currency: "EUR"}, Serials: []string{"SN-0001"}},
			{ID: "l2", SKU: "HOSE-2", Title: "Inlet hose", Category: "part", Quantity: 2, Price: followup.Money{Minor: 2500, Currency: "EUR"}},
		},
		Keys: followup.Keys{
			Mail: contactKey("mail", "anna@example.com"), Phone: contactKey("phone", "+3545812345"), Order: contactKey("order", "main/1001"),
		},
		Person: &followup.Person{
			Name: "Anna Jónsdóttir", FirstName: "Anna", Mail: "anna@example.com", Phone: "+3545812345", Language: "is", Country: "IS",
			City: "Reykjavík", Address: "101 Reykjavík",
		},
		Consents: []followup.Consent{
			{Purpose: followup.Feedback, Channel: followup.Email, Given: true, At: when, How: "checkout box", Text: "v3"},
			{Purpose: followup.Feedback, Channel: followup.Call, Given: true, At: when, How: "checkout box", Text: "v3"},
		},
	}
	if d := cmp.Diff(want, e); d != "" {
		t.Error(d)
	}
}

func TestConsentToCallsByAMachine(t *testing.T) {
	for words, want := range map[string]bool{
		`"given":true,"machine":true`: true, `"given":true,"machine":false`: false, `"given":true`: false, `"given":false,"machine":true`: false,
	} {
		body := `{"specversion":"1.0","id":"e","source":"s","type":"order.created","time":"2026-03-02T09:00:00Z","data":{"order":{"id":"1","created_at":"2026-03-02T09:00:00Z",` +
			`"customer":{"email":"a@example.com","consents":[{"purpose":"feedback","channel":"call",` + words + `}]},"lines":[{"id":"l1","quantity":1}]}}}`
		tr := translate(t, "generic", "", []byte(body))
		if k := tr.Events[0].Consents; len(k) != 1 || k[0].Machine != want {
			t.Errorf("%s: %+v", words, k)
		}
	}
}

// One file per type, and each is understood as what it is called.
func TestEveryGenericTypeHasABody(t *testing.T) {
	seen := map[followup.EventType]bool{}
	for name, b := range bodies(t, "generic") {
		tr := translate(t, "generic", "", b)
		e := tr.Events[len(tr.Events)-1]
		if !strings.HasPrefix(strings.TrimPrefix(name, "generic/"), string(e.Type)) || e.Order != "1001" {
			t.Errorf("%s is %s of order %s", name, e.Type, e.Order)
		}
		seen[e.Type] = true
	}
	if len(seen) != 14 {
		t.Errorf("%d types have a body, want 14", len(seen))
	}
}

func TestGenericWhen(t *testing.T) {
	if e := generic(t, "order.delivered", `{"order":{"id":1001}}`); !e.At.IsZero() || e.Order != "1001" {
		t.Errorf("at is time unless it is said: %+v", e)
	}
	e := generic(t, "order.delivered", `{"at":"2026-03-04","order":{"id":"1001"}}`)
	if e.At != (followup.Moment{Date: civil.Date{Year: 2026, Month: 3, Day: 4}}) || !e.Time.Equal(at("2026-03-05T11:42:00Z")) {
		t.Errorf("a bare date stays one: %+v", e.At)
	}
	if e := generic(t, "order.delivered", `{"at":"2026-03-04T10:00:00+09:00","order":{"id":"1001"}}`); !e.At.Time.Equal(at("2026-03-04T01:00:00Z")) {
		t.Errorf("at is %+v", e.At)
	}
	if e := generic(t, "order.delivered", `{"at":"2026-03-05T12:42:00+01:00","order":{"id":"1001"}}`); !e.At.IsZero() {
		t.Errorf("at that is time is not kept twice: %+v", e.At)
	}
	created := generic(t, "order.created", `{"at":"2026-03-01","order":{"id":"1001"}}`)
	if created.Facts.Placed != created.At || created.At.Date.Day != 1 {
		t.Errorf("placed is %+v", created.Facts.Placed)
	}
	untimed := strings.Replace(string(cloud("order.paid", `{"order":{"id":"1"}}`)), `"time":"2026-03-05T11:42:00Z"`, `"time":null`, 1)
	if e := translate(t, "generic", "", []byte(untimed)).Events[0]; !e.Time.Equal(received) {
		t.Errorf("without a time the receipt counts: %v", e.Time)
	}
	in := incoming("generic", "", []byte(untimed))
	in.At = time.Time{}
	if _, err := lookup(t, "generic").Translate(in, env()); err == nil || !strings.Contains(err.Error(), "time is missing") {
		t.Errorf("no time at all: %v", err)
	}
}

func TestGenericParts(t *testing.T) {
	for data, want := range map[string][]followup.Part{
		`{"order":{"id":"1"}}`:                                              nil,
		`{"order":{"id":"1"},"lines":[]}`:                                   nil,
		`{"order":{"id":"1"},"lines":[{"id":"l2","quantity":1}]}`:           {{Line: "l2", Quantity: 1}},
		`{"order":{"id":"1","lines":[{"id":2,"quantity":"1"}]}}`:            {{Line: "2", Quantity: 1}},
		`{"order":{"id":"1"},"lines":[{"id":"l1","serials":["a"]}]}`:        {{Line: "l1", Serials: []string{"a"}}},
		`{"order":{"id":"1"},"lines":[{"id":"l1"}],"unit":{"order":"1"}}`:   {{Line: "l1"}},
		`{"order":{"id":"gid://shopify/Order/1"},"unit":null,"amount":"1"}`: nil,
	} {
		for _, typ := range []string{"order.fulfilled", "order.delivered", "order.cancelled", "order.reinstated", "order.refunded", "order.returned", "order.paid"} {
			if e := generic(t, typ, data); e.Order != "1" || string(e.Type) != typ || !cmp.Equal(e.Parts, want) {
				t.Errorf("%s %s: %+v", typ, data, e)
			}
		}
	}
}

// A later event may repeat its order: that is no list of units, and what it
// states is kept.
func TestGenericRepeatedOrder(t *testing.T) {
	b := edit(t, body(t, "generic/order.created.json"), `"order.created"`, `"order.refunded"`, `"data": {`, `"data": {"amount": "50.00",`)
	tr := translate(t, "generic", "", b)
	if got := typesIn(tr); !slices.Equal(got, []string{"order.updated", "order.refunded"}) {
		t.Fatalf("got %v", got)
	}
	o, r := tr.Events[0], tr.Events[1]
	if o.ID != "ord-1001-created#order" || len(o.Lines) != 2 || o.Person == nil || !o.Facts.Placed.IsZero() {
		t.Errorf("the order is %+v", o)
	}
	if r.Parts != nil || *r.Amount != (followup.Money{Minor: 5000, Currency: "EUR"}) || r.Facts != nil {
		t.Errorf("the refund is %+v", r)
	}
}

func TestGenericAmounts(t *testing.T) {
	for data, want := range map[string]*followup.Money{
		`{"order":{"id":"1"}}`:                                          nil,
		`{"order":{"id":"1"},"amount":""}`:                              nil,
		`{"order":{"id":"1"},"amount":"50.00","currency":"eur"}`:        {Minor: 5000, Currency: "EUR"},
		`{"order":{"id":"1"},"amount":5000,"currency":"JPY"}`:           {Minor: 5000, Currency: "JPY"},
		`{"order":{"id":"1"},"amount":"1.234","currency":"KWD"}`:        {Minor: 1234, Currency: "KWD"},
		`{"order":{"id":"1","currency":"KWD"},"amount":"1.2"}`:          {Minor: 1200, Currency: "KWD"},
		`{"order":{"id":"1"},"amount":"50.00"}`:                         {Minor: 500000}, // of the order, see Money.In
		`{"order":{"id":"1"},"amount":"50.00","currency":null,"a":[1]}`: {Minor: 500000},
	} {
		tr := translate(t, "generic", "", cloud("order.refunded", data))
		if e := one(t, tr, followup.OrderRefunded); !cmp.Equal(e.Amount, want) {
			t.Errorf("%s is %v, want %v", data, e.Amount, want)
		}
	}
}

func TestGenericUpdated(t *testing.T) {
	e := generic(t, "order.updated", `{"order":{"id":"1","total":"10.00","address":{"country":"uk"},"customer":{"phone":"020 7031 3000"},
		"lines":[{"id":"l1","serials":["S"]}]}}`)
	if e.Facts.Country != "GB" || e.Person.Phone != "+442070313000" || e.Facts.Currency != "" || *e.Facts.Total != (followup.Money{Minor: 100000}) ||
		!e.Facts.Placed.IsZero() || e.Lines[0].Quantity != 0 || e.Lines[0].Serials[0] != "S" {
		t.Errorf("got %+v %+v", e.Facts, e.Person)
	}
	if e := generic(t, "order.updated", `{"order":{"id":"1","customer":{"phone":"123","email":"x"}}}`); !e.Person.BadPhone || !e.Person.BadMail || e.Person.Mail != "" || e.Keys.Mail != "" {
		t.Errorf("no address, no number: %+v", e.Person)
	}
	for email, bad := range map[string]bool{"": false, " ": false, "b***@example.com": false, "anna@example.com": false, "anna@example": true, "n/a": false} {
		e := generic(t, "order.updated", `{"order":{"id":"1","customer":{"first_name":"Anna","email":"`+email+`"}}}`)
		if e.Person.BadMail != bad {
			t.Errorf("%q is a bad address: %v", email, e.Person.BadMail)
		}
	}
}

func TestGenericUnits(t *testing.T) {
	const unit = `"unit":{"order":"1001","line":"l1","index":2}`
	ref := followup.UnitRef{Line: "l1", Index: 2}
	if e := generic(t, "unit.installed", `{`+unit+`,"at":"2026-03-07"}`); *e.Unit != ref || e.Order != "1001" || e.At.Date.Day != 7 {
		t.Errorf("installed is %+v", e)
	}
	if e := generic(t, "unit.registered", `{"order":{"id":"1001"},"unit":{"serial":"SN-1"}}`); *e.Unit != (followup.UnitRef{Serial: "SN-1"}) || e.Order != "1001" {
		t.Errorf("registered is %+v", e)
	}
	e := generic(t, "unit.covered", `{`+unit+`,"coverage":{"name":"contract","from":"2026-03-06","until":"2029-03-05T23:30:00Z"}}`)
	if *e.Cover != (followup.Cover{Name: "contract", From: civil.Date{Year: 2026, Month: 3, Day: 6}, Until: civil.Date{Year: 2029, Month: 3, Day: 6}}) {
		t.Errorf("covered is %+v: a time is a date in the shop's zone", e.Cover)
	}
	e = generic(t, "unit.repaired", `{`+unit+`,"from":"2026-09-10","until":"2026-09-21"}`)
	if e.From.Day != 10 || e.Until.Day != 21 {
		t.Errorf("repaired is %+v", e)
	}
	if e := generic(t, "unit.replaced", `{`+unit+`,"serial":42}`); e.Serial != "42" {
		t.Errorf("replaced is %+v", e)
	}
}

func TestGenericFaults(t *testing.T) {
	const o, line = `"order":{"id":"1"`, `{"id":"l1","quantity":1}`
	for _, c := range []struct{ typ, data, want string }{
		{"order.paid", `{}`, "data.order.id is missing"},
		{"order.paid", `{"order":{"id":""}}`, "data.order.id is missing"},
		{"order.paid", `{"order":{"id":"1"},"unit":{"order":"2"}}`, "data.unit.order is not data.order.id"},
		{"order.paid", `{"order":{"id":1e21}}`, "data.order.id is a number with a sign, a fraction or an exponent, which has lost digits"},
		{"order.paid", `{"order":{"id":1.5}}`, "data.order.id is a number with a sign, a fraction or an exponent, which has lost digits"},
		{"order.paid", `{"order":{"id":{"a":1}}}`, "data.order.id is an object"},
		{"order.paid", `{"order":{"id":true}}`, "data.order.id is a boolean"},
		{"order.paid", `{"order":{"id":"` + strings.Repeat("x", 201) + `"}}`, "data.order.id is longer than 200 bytes"},
		{"order.paid", `{"order":{"id":"a\u0000b"}}`, "data.order.id holds control characters"},
		{"order.paid", `{"order":{"id":"a\u202eb"}}`, "data.order.id holds control characters"},
		{"order.paid", `{"order":"1001"}`, "data.order is a string"},
		{"order.paid", `{"order":[{"id":1}]}`, "data.order is an array"},
		{"order.paid", `{` + o + `},"lines":{"id":"l1"}}`, "data.lines is an object"},
		{"order.paid", `{` + o + `},"lines":[{"quantity":1}]}`, "data.lines[0].id is missing"},
		{"order.paid", `{` + o + `},"lines":["l1"]}`, "data.lines[0] is a string"},
		{"order.created", `{"unit":{"order":"1"}}`, "data.order is missing"},
		{"order.created", `{` + o + `,"lines":[{"quantity":1}]}}`, "data.order.lines[0].id is missing"},
		{"order.created", `{` + o + `,"lines":[` + line + `,` + line + `]}}`, "data.order.lines[1].id stands twice"},
		{"order.created", `{` + o + `,"lines":[{"id":"l1"}]}}`, "data.order.lines[0].quantity is missing"},
		{"order.refunded", `{"order":{"id":"1","currency":"EUR"},"amount":"-5"}`, "data.amount is less than nothing"},
		{"order.created", `{` + o + `,"lines":[{"id":"l1","quantity":0}]}}`, "data.order.lines[0].quantity is not within 1 and 1000000"},
		{"order.created", `{` + o + `,"lines":[{"id":"l1","quantity":1000001}]}}`, "data.order.lines[0].quantity is not within 1 and 1000000"},
		{"order.created", `{` + o + `,"lines":[{"id":"l1","quantity":1.5}]}}`, "data.order.lines[0].quantity is not a whole number"},
		{"order.created", `{` + o + `,"lines":[{"id":"l1","quantity":99999999999999999999}]}}`, "data.order.lines[0].quantity is not a whole number"},
		{"order.created", `{` + o + `,"lines":[` + line + `,{"id":"l2","quantity":"two"}]}}`, "data.order.lines[1].quantity is a string"},
		{"order.created", `{` + o + `,"lines":[{"id":"l1","quantity":1,"serials":["a","b"]}]}}`, "data.order.lines[0].serials are more than the quantity"},
		{"order.created", `{` + o + `,"lines":[{"id":"l1","quantity":1,"price":"ten"}]}}`, "data.order.lines[0].price is not a decimal number"},
		{"order.created", `{` + o + `,"total":"1.00"}}`, "data.order.currency is missing"},
		{"order.created", `{` + o + `,"lines":[{"id":"l1","quantity":1,"price":"10"}]}}`, "data.order.currency is missing"},
		{"order.created", `{` + o + `,"total":"1.00","currency":"euro"}}`, "data.order.currency is not an ISO 4217 code"},
		{"order.created", `{` + o + `,"total":"1.005","currency":"EUR"}}`, "data.order.total does not fit its currency"},
		{"order.created", `{` + o + `,"total":1e3,"currency":"EUR"}}`, "data.order.total is not a decimal number"},
		{"order.created", `{` + o + `,"total":[1],"currency":"EUR"}}`, "data.order.total is an array"},
		{"order.created", `{` + o + `,"test":"maybe"}}`, "data.order.test is neither true nor false"},
		{"order.created", `{` + o + `,"test":1}}`, "data.order.test is a number"},
		{"order.created", `{` + o + `,"tags":{"a":1}}}`, "data.order.tags is an object"},
		{"order.created", `{` + o + `,"customer":{"email":["a@example.com"]}}}`, "data.order.customer.email is an array"},
		{"order.created", `{` + o + `,"customer":{"zone":"Reykjavik"}}}`, "data.order.customer.zone is not an IANA zone"},
		{"order.created", `{` + o + `,"customer":{"language":"icelandic!"}}}`, "data.order.customer.language is not a BCP 47 tag"},
		{"order.created", `{` + o + `,"address":{"country":"Iceland"}}}`, "data.order.address.country is not an ISO 3166 alpha-2 code"},
		{"order.created", `{` + o + `,"customer":{"consents":[{"purpose":"all","channel":"email","given":true}]}}}`, "data.order.customer.consents[0].purpose is not one there is"},
		{"order.created", `{` + o + `,"customer":{"consents":[{"purpose":"service","channel":"fax","given":true}]}}}`, "data.order.customer.consents[0].channel is not one there is"},
		{"order.created", `{` + o + `,"customer":{"consents":[{"purpose":"service","channel":"email"}]}}}`, "data.order.customer.consents[0].given is missing"},
		{"order.created", `{` + o + `,"customer":{"consents":[{"purpose":"service","channel":"email","given":true,"machine":true}]}}}`, "data.order.customer.consents[0].machine is only for calls"},
		{"order.refunded", `{` + o + `},"amount":"1","currency":"??"}`, "data.currency is not an ISO 4217 code"},
		{"order.refunded", `{` + o + `},"amount":"1.5","currency":"JPY"}`, "data.amount does not fit its currency"},
		{"order.refunded", `{` + o + `},"amount":"1.00001"}`, "data.amount does not fit its currency"},
		{"order.delivered", `{` + o + `},"at":"soon"}`, "data.at is not a time"},
		{"order.delivered", `{` + o + `},"at":1772439302}`, "data.at is a number"},
		{"unit.installed", `{` + o + `}}`, "data.unit is missing"},
		{"unit.installed", `{"unit":{"order":"1"}}`, "data.unit is missing"},
		{"unit.covered", `{"coverage":{"name":"warranty"}}`, "data.unit is missing"},
		{"unit.covered", `{"unit":{"line":"l1"}}`, "data.unit.order is missing"},
		{"unit.installed", `{"unit":{"order":"1","line":"l1","index":0}}`, "data.unit.index is not within 1 and 1000000"},
		{"unit.covered", `{"unit":{"order":"1","line":"l1"}}`, "data.coverage.name is missing"},
		{"unit.covered", `{"unit":{"order":"1","line":"l1"},"coverage":{"name":"w","until":"2026-01-01"}}`, "data.coverage.from is missing"},
		{"unit.covered", `{"unit":{"order":"1","line":"l1"},"coverage":{"name":"w","from":"2026-01-02","until":"2026-01-01"}}`, "data.coverage.until is before from"},
		{"unit.repaired", `{"unit":{"order":"1","line":"l1"},"from":"2026-01-02"}`, "data.until is missing"},
		{"order.exploded", `{` + o + `}}`, "type is not one that is read"},
		{"person.erased", `{` + o + `}}`, "type is not one that is read"},
	} {
		f := refuse(t, "generic", "", cloud(c.typ, c.data))
		if f.Status != 422 || f.Detail != c.want || f.Mend == "" {
			t.Errorf("%s %s: %q, want %q", c.typ, c.data, f.Error(), c.want)
		}
	}
}

func TestGenericEnvelope(t *testing.T) {
	for b, want := range map[string]string{
		`{"id":"1","source":"s","type":"order.paid"}`:                                                  "specversion is missing",
		`{"specversion":"0.3","id":"1","source":"s","type":"order.paid"}`:                              "specversion is not one that is read",
		`{"specversion":"1.0","source":"s","type":"order.paid"}`:                                       "id is missing",
		`{"specversion":1.0,"id":"1","type":"order.paid"}`:                                             "source is missing",
		`{"specversion":"1.0","id":"1","source":"s"}`:                                                  "type is missing",
		`{"specversion":"1.0","id":"1","source":"s","type":"order.paid","datacontenttype":"text/xml"}`: "datacontenttype is not JSON",
		`{"specversion":"1.0","id":"1","source":"s","type":"order.paid","data_base64":"e30="}`:         "data_base64 is not read",
		`{"specversion":"1.0","id":"1","source":"s","type":"order.paid"}`:                              "data.order.id is missing",
		`{"specversion":"1.0","id":"1","source":"s","type":"order.paid","data":[1]}`:                   "data is an array",

		`[{"specversion":"1.0"}]`: "the body is an array",
	} {
		if f := refuse(t, "generic", "", []byte(b)); f.Detail != want {
			t.Errorf("%s: %v, want %q", b, f, want)
		}
	}
}
