package source_test

import (
	"fmt"
	"strings"
	"testing"
)

func benchmark(b *testing.B, name, topic string, body []byte) {
	s, in, e := lookup(b, name), incoming(name, topic, body), env()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Translate(in, e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGenericOrder(b *testing.B) {
	benchmark(b, "generic", "", body(b, "generic/order.created.json"))
}

func BenchmarkShopifyOrder(b *testing.B) {
	benchmark(b, "shopify", "orders/create", body(b, "shopify/order_450789469_cancelled_refunded.json"))
}

func BenchmarkShopifyLargeOrder(b *testing.B) {
	large := string(body(b, "shopify/order_450789469_cancelled_refunded.json"))
	_, line, _ := strings.Cut(large, `"line_items": [`)
	line, _, _ = strings.Cut(line, `], "payment_terms"`)
	var lines []string
	for i := range 100 {
		lines = append(lines, strings.Replace(line[:strings.Index(line, `}, {"id": 518995019`)+1], `"id": 466157049`, fmt.Sprintf(`"id": %d`, i), 1))
	}
	large = shopOrderWith(strings.Join(lines, ","))
	benchmark(b, "shopify", "orders/create", []byte(large))
}

func shopOrderWith(lines string) string {
	return `{"id": 1, "updated_at": "2026-03-02T09:15:00+01:00", "currency": "USD", "line_items": [` + lines + `]}`
}
