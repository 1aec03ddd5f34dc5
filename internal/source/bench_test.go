package source_test

import (
	"encoding/json"
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
	var order struct {
		Lines []json.RawMessage `json:"line_items"`
	}
	if err := json.Unmarshal(body(b, "shopify/order_450789469_cancelled_refunded.json"), &order); err != nil {
		b.Fatal(err)
	}
	var lines []string
	for i := range 100 {
		lines = append(lines, strings.Replace(string(order.Lines[0]), `"id": 466157049`, fmt.Sprintf(`"id": %d`, i), 1))
	}
	benchmark(b, "shopify", "orders/create", shopOrder(`"line_items": [`+strings.Join(lines, ",")+`]`))
}
