package source_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/followup"
)

// shopOrder is a small order body; more replaces or adds fields.
func shopOrder(more string) []byte {
	return []byte(`{"id": 820982911946154508, "created_at": "2026-03-02T09:15:00+01:00", "updated_at": "2026-03-02T09:15:00+01:00",
		"currency": "EUR", "total_price": "649.00", "line_items": [{"id": 1, "quantity": 1}], ` + more + `}`)
}

func statement(t *testing.T, more string) followup.Event {
	t.Helper()
	return one(t, translate(t, "shopify", "orders/create", shopOrder(more)), followup.OrderCreated)
}

func TestTrap1IDs(t *testing.T) {
	for _, id := range []string{`820982911946154508`, `"820982911946154508"`, `"gid://shopify/Order/820982911946154508"`, `"gid://shopify/Order/820982911946154508?a=b"`} {
		if e := statement(t, `"id": `+id); e.Order != "820982911946154508" {
			t.Errorf("%s is %s", id, e.Order)
		}
	}
	if e := statement(t, `"id": null, "admin_graphql_api_id": "gid://shopify/Order/820982911946154508"`); e.Order != "820982911946154508" {
		t.Errorf("the other name of the order is %s", e.Order)
	}
	f := refuse(t, "shopify", "orders/create", shopOrder(`"id": 8.209829119461545e17`))
	if !strings.Contains(f.Detail, "exponent") {
		t.Errorf("a float for an id: %v", f)
	}
}

func TestTrap2Guests(t *testing.T) {
	for _, c := range []struct{ more, mail string }{
		{`"customer": null, "email": "", "contact_email": null`, ""},
		{`"customer": {}, "email": null`, ""},
		{`"customer": []`, ""},
		{`"phone": null`, ""},
		{`"email": "", "contact_email": "Bob@Example.com"`, "Bob@example.com"},
		{`"email": null, "contact_email": "", "customer": {"email": "bob@example.com"}`, "bob@example.com"},
		{`"email": "a@example.com", "contact_email": "b@example.com", "customer": {"email": "c@example.com"}`, "a@example.com"},
		{`"email": "not an address", "contact_email": "b@example.com"`, "b@example.com"},
	} {
		e := statement(t, c.more)
		if c.mail == "" {
			if e.Person != nil || e.Keys != (followup.Keys{Order: contactKey("order", "main/820982911946154508")}) {
				t.Errorf("%s: %+v, %+v", c.more, e.Person, e.Keys)
			}
			continue
		}
		if e.Person == nil || e.Person.Mail != c.mail || e.Keys.Mail != contactKey("mail", strings.ToLower(c.mail)) {
			t.Errorf("%s: %+v", c.more, e.Person)
		}
	}
	for _, name := range []string{"shopify/order_1073459963_three_items_guest.json", "shopify/order_1073459966_guest.json"} {
		if e := one(t, translate(t, "shopify", "orders/create", body(t, name)), followup.OrderCreated); e.Person != nil || e.Keys.ID() != e.Keys.Order {
			t.Errorf("%s: %+v", name, e.Person)
		}
	}
}

// A country that is only named is not that of another address.
func TestCountryWithoutItsCode(t *testing.T) {
	for billing, want := range map[string]string{
		`"country": "United States", "country_code": "US"`: "",
		`"country": "germany", "country_code": "DE"`:       "DE",
	} {
		e := statement(t, `"shipping_address": {"country": "Germany", "city": "Leipzig", "province": "Saxony"}, "billing_address": {"province_code": "CA", `+billing+`}`)
		if e.Facts.Country != want || e.Facts.Region != "Saxony" {
			t.Errorf("billed to %s: %q %q, want %q and the region of the parcel", billing, e.Facts.Country, e.Facts.Region, want)
		}
	}
	if e := statement(t, `"shipping_address": {"first_name": "Anna"}, "billing_address": {"country_code": "JP"}`); e.Facts.Country != "JP" {
		t.Errorf("an address without a country: %q, want that of the bill", e.Facts.Country)
	}
}

func TestTrap3StrippedAndMaskedAddresses(t *testing.T) {
	e := statement(t, `"shipping_address": {"country": "Canada", "country_code": "CA", "province": "Ontario", "province_code": "ON"}`)
	if e.Facts.Country != "CA" || e.Facts.Region != "ON" || e.Person.Address != "" || e.Person.BadPhone {
		t.Errorf("stripped: %+v, %+v", e.Facts, e.Person)
	}
	e = statement(t, `"email": "b***@example.com", "phone": "********", "customer": {"first_name": "***", "last_name": "*****"},
		"billing_address": {"name": "B** ****", "address1": "****", "city": "L****", "zip": "40***", "country_code": "us", "phone": "*** ***"}`)
	if e.Facts.Country != "US" || *e.Person != (followup.Person{Country: "US"}) {
		t.Errorf("masked: %+v, %+v", e.Facts, e.Person)
	}
	if e := statement(t, `"shipping_address": {"country": "Atlantis", "country_code": "XX"}, "billing_address": {"country_code": "JP"}`); e.Facts.Country != "JP" {
		t.Errorf("a country that is none: %+v", e.Facts)
	}
}

// Trap 6: tracking holds anything; nothing of it is read, so nothing of it hurts.
func TestTrap6Tracking(t *testing.T) {
	b := edit(t, body(t, "shopify/fulfillment_created_tracking.json"),
		`"tracking_number": "1Z001985YW99744790"`, `"tracking_number": "📦 1Z\n00;19|85\u0000\u202e,YW"`,
		`"tracking_numbers": ["1Z001985YW99744790"]`, `"tracking_numbers": {"a": [1, null, "📦\r\n"]}`)
	if e := one(t, translate(t, "shopify", "fulfillments/create", b), followup.OrderFulfilled); len(e.Parts) != 1 {
		t.Errorf("got %+v", e)
	}
}

// Trap 7: a refund before its order, and the same delivery twice.
func TestTrap7RefundBeforeOrder(t *testing.T) {
	order := translate(t, "shopify", "orders/create", edit(t, body(t, "shopify/order_450789469_cancelled.json"), `"current_quantity": 0`, `"current_quantity": 1`))
	refund := translate(t, "shopify", "refunds/create", body(t, "shopify/refund_509562969.json"))
	late := followup.Fold(slices.Concat(order.Events, refund.Events))
	early := followup.Fold(slices.Concat(refund.Events, order.Events, refund.Events, order.Events))
	if d := cmp.Diff(late, early); d != "" {
		t.Errorf("the order of arrival matters:\n%s", d)
	}
	gone := 0
	for _, u := range early.Units {
		if !u.Refunded.IsZero() {
			gone++
		}
	}
	if gone != 2 {
		t.Errorf("%d units were paid back, want 2", gone)
	}
}

func TestTrap8Prices(t *testing.T) {
	for _, c := range []struct {
		total, currency string
		want            int64
	}{
		{`"649.00"`, "EUR", 64900},
		{`649`, "EUR", 64900},
		{`649.5`, "EUR", 64950},
		{`"0.00"`, "EUR", 0},
		{`"1000"`, "JPY", 1000},
		{`"1000.00"`, "JPY", 1000},
		{`"1000.50"`, "JPY", 1000},
		{`"12.345"`, "KWD", 12345},
		{`"12.34"`, "KWD", 12340},
		{`"5.00"`, "eur", 500},
	} {
		e := statement(t, fmt.Sprintf(`"total_price": %s, "currency": %q, "presentment_currency": "GBP",
			"total_price_set": {"presentment_money": {"amount": "1.00", "currency_code": "GBP"}}`, c.total, c.currency))
		if want := (followup.Money{Minor: c.want, Currency: strings.ToUpper(c.currency)}); e.Facts.Total == nil || *e.Facts.Total != want {
			t.Errorf("%s %s is %v", c.total, c.currency, e.Facts.Total)
		}
	}
	if e := statement(t, `"currency": ""`); e.Facts.Total != nil {
		t.Errorf("money without a currency: %v", e.Facts.Total)
	}
	e := statement(t, `"line_items": [{"id": 1, "quantity": 3, "price": 19.99}]`)
	if e.Lines[0].Price != (followup.Money{Minor: 1999, Currency: "EUR"}) {
		t.Errorf("a line costs %v", e.Lines[0].Price)
	}
}

func TestTrap9Times(t *testing.T) {
	for s, want := range map[string]string{
		"2026-07-02T16:31:02-00:00": "2026-07-02T16:31:02Z", "2026-07-02T16:31:02+09:00": "2026-07-02T07:31:02Z",
		"2026-07-02 16:31:02": "2026-07-02T14:31:02Z", "2026-07-02T16:31:02": "2026-07-02T14:31:02Z", // the shop is in Berlin
		"2026-07-02 16:31:02 UTC": "2026-07-02T16:31:02Z", "2026-07-02 16:31:02 -0400": "2026-07-02T20:31:02Z",
		"2026-06-30T23:59:60Z":        "2026-06-30T23:59:59Z", // a leap second
		"2026-07-02T16:31:02.123456Z": "2026-07-02T16:31:02.123456Z", "2026-07-02": "2026-07-01T22:00:00Z",
		"2026-03-29 02:30:00": "2026-03-29T01:00:00Z", // a time that Berlin skips
	} {
		if e := statement(t, `"updated_at": "`+s+`"`); !e.Time.Equal(at(want)) {
			t.Errorf("%s is %v, want %s", s, e.Time, want)
		}
	}
	for s, detail := range map[string]string{
		`"1989-12-31T23:59:59Z"`: "is not within the years 1990 and 2200", `"2201-01-01"`: "is not within the years 1990 and 2200",
		`"yesterday"`: "is not a time", `"2026-02-30T00:00:00Z"`: "is not a time", `"2026-07-02T25:00:00Z"`: "is not a time",
		`1772439302`: "is a number", `"2026-07-02T10:00:00+25:00"`: "is not a time", `"2026-07-02T10"`: "is not a time",
	} {
		if f := refuse(t, "shopify", "orders/create", shopOrder(`"updated_at": `+s)); f.Detail != "updated_at "+detail {
			t.Errorf("%s: %v", s, f)
		}
	}
}

func TestTrap10Properties(t *testing.T) {
	for properties, want := range map[string][]string{
		`[]`: nil, `{}`: nil, `null`: nil, `""`: nil, `"x"`: nil, `7`: nil, `[[1], null, {}, {"name": null, "value": {"a": 1}}]`: nil,
		`[{"name": "Serial Number", "value": "SN-1"}]`:                             {"SN-1"},
		`{"_serial": "SN-1, SN-2; SN-3"}`:                                          {"SN-1", "SN-2"},
		`[{"name": "sn", "value": 42}, {"name": "engraving", "value": "For Eve"}]`: {"42"},
		`[{"value": "SN-9", "name": "S/N", "more": [1]}]`:                          {"SN-9"},
	} {
		e := statement(t, `"line_items": [{"id": 1, "quantity": 2, "properties": `+properties+`}]`)
		if !slices.Equal(e.Lines[0].Serials, want) {
			t.Errorf("%s gives %v, want %v", properties, e.Lines[0].Serials, want)
		}
	}
	if e := statement(t, `"line_items": [{"id": 1, "quantity": 2}]`); e.Lines[0].Serials != nil {
		t.Error("no properties, but serials")
	}
}

func TestShopifyLines(t *testing.T) {
	e := statement(t, `"line_items": [
		{"id": 1, "quantity": 2, "current_quantity": 1, "name": "A - b", "title": "A", "sku": 77, "vendor": "V", "product_id": 9007199254740993},
		{"id": 2, "quantity": 1, "requires_shipping": false}, {"id": 3, "quantity": 1, "gift_card": true, "requires_shipping": true},
		{"id": 4, "quantity": 1, "name": "Only a name", "current_quantity": 5, "requires_shipping": true}, {"id": 5, "quantity": 0}]`)
	n := func(n int) *int { return &n }
	want := []followup.Line{
		{ID: "1", Quantity: 2, Current: n(1), Title: "A", SKU: "77", Vendor: "V", ProductID: "9007199254740993"},
		{ID: "2", Quantity: 1, Digital: true},
		{ID: "3", Quantity: 1, Digital: true},
		{ID: "4", Quantity: 1, Title: "Only a name", Current: n(1)},
	}
	if d := cmp.Diff(want, e.Lines); d != "" {
		t.Error(d)
	}
}

func TestShopifyFacts(t *testing.T) {
	e := statement(t, `"test": true, "tags": "gift, B2B ,", "customer_locale": "en_ca", "source_name": "pos", "name": "", "order_number": 1001,
		"customer": {"id": 7, "tags": "Newsletter, VIP"}, "processed_at": "2026-03-01T10:00:00Z"`)
	f := e.Facts
	if !*f.Test || !slices.Equal(f.Tags, []string{"gift", "B2B"}) || f.Language != "en-CA" || e.Person.Language != "en-CA" || f.Channel != "pos" ||
		f.Number != "1001" || f.CustomerRef != "7" || f.Tier != "vip" || f.Zone != "" || !f.Placed.Time.Equal(at("2026-03-01T10:00:00Z")) {
		t.Errorf("got %+v", f)
	}
	if e := statement(t, `"customer_locale": "klingon!"`); e.Facts.Language != "" {
		t.Errorf("a language that is none: %q", e.Facts.Language)
	}
}

func TestShopifyPhones(t *testing.T) {
	for more, want := range map[string]string{
		`"phone": "+3545812345", "customer": {"phone": "+16136120707"}`:                                    "+3545812345",
		`"phone": "555-1212", "customer": {"phone": "+16136120707"}`:                                       "+16136120707",
		`"shipping_address": {"country_code": "DE", "phone": "030 123456"}, "customer": {"phone": "5551"}`: "+4930123456",
		`"phone": "020 7031 3000", "billing_address": {"country_code": "GB", "phone": "1"}`:                "+442070313000",
		`"phone": "312-345-6789"`:                "+13123456789", // of the shop's country
		`"phone": "\u202a+44 7400 123456\u202c"`: "+447400123456",
		`"shipping_address": {"country_code": "IM", "phone": "07400 123456"}, "customer": {"phone": "********"}`: "+447400123456",
	} {
		p := statement(t, more).Person
		if p.Phone != want || p.BadPhone {
			t.Errorf("%s gives %q, bad %v, want %s", more, p.Phone, p.BadPhone, want)
		}
	}
	if p := statement(t, `"email": "nobody", "customer": {"email": "anna@example.com"}`).Person; p.Mail != "anna@example.com" || p.BadMail {
		t.Errorf("the second address: %+v", p)
	}
	e := statement(t, `"phone": "123"`)
	if !e.Person.BadPhone || e.Person.Phone != "" || e.Keys.Phone != "" || e.Facts.PhoneZones != nil {
		t.Errorf("a number that cannot be dialled: %+v", e.Person)
	}
	if e := statement(t, `"phone": "+3545812345"`); !slices.Equal(e.Facts.PhoneZones, []string{"Atlantic/Reykjavik"}) {
		t.Errorf("zones are %v", e.Facts.PhoneZones)
	}
}

func TestShopifyConsents(t *testing.T) {
	consent := func(given bool, at_, how string) []followup.Consent {
		return []followup.Consent{{Purpose: followup.Marketing, Channel: followup.Email, Given: given, At: at(at_), How: how}}
	}
	const placed = "2026-03-02T08:15:00Z"
	for more, want := range map[string][]followup.Consent{
		`"customer": {"email_marketing_consent": {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": "2025-01-01T00:00:00Z"}}`: consent(true, "2025-01-01T00:00:00Z", "Shopify, single opt in"),
		`"customer": {"email_marketing_consent": {"state": "SUBSCRIBED"}}`:                                                                                consent(true, placed, "Shopify"),
		`"customer": {"email_marketing_consent": {"state": "unsubscribed", "consent_updated_at": "2025-01-01T00:00:00Z"}}`:                                consent(false, "2025-01-01T00:00:00Z", "Shopify"),
		`"customer": {"email_marketing_consent": {"state": "redacted"}}`:                                                                                  consent(false, placed, "Shopify"),
		`"buyer_accepts_marketing": true, "customer": {"email_marketing_consent": {"state": "not_subscribed"}}`:                                           nil,
		`"customer": {"email_marketing_consent": {"state": "pending"}}`:                                                                                   nil,
		`"customer": {"email_marketing_consent": {"state": "invalid"}}`:                                                                                   nil,
		`"buyer_accepts_marketing": true`:  consent(true, placed, "Shopify checkout box"),
		`"buyer_accepts_marketing": false`: nil,
		`"customer": {"accepts_marketing": false, "accepts_marketing_updated_at": "2019-01-01T00:00:00Z"}, "buyer_accepts_marketing": true`: consent(false, "2019-01-01T00:00:00Z", "Shopify"),
	} {
		if d := cmp.Diff(want, statement(t, more).Consents); d != "" {
			t.Errorf("%s\n%s", more, d)
		}
	}
}
