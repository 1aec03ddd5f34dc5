package phone_test

import (
	"testing"

	"github.com/nyaruka/phonenumbers"

	"aftersales/internal/phone"
)

// BenchmarkRead reads a number, decides whether it is valid and looks up its zones, beside the library doing the same.
func BenchmarkRead(b *testing.B) {
	for name, in := range map[string]input{
		"e164":      {"+13123456789", "US"},
		"national":  {"(0)30 901820", "DE"},
		"extension": {"020 7946 0958 ext. 12", "GB"},
	} {
		b.Run(name+"/ours", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n, ok := phone.Parse(in.s, in.home)
				if !ok || !n.Valid() || n.E164() == "" || n.Zones() == nil {
					b.Fatal(n)
				}
			}
		})
		b.Run(name+"/library", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n, err := phonenumbers.Parse(in.s, in.home)
				if err != nil || !phonenumbers.IsValidNumber(n) || phonenumbers.Format(n, phonenumbers.E164) == "" {
					b.Fatal(n, err)
				}
				if _, err := phonenumbers.GetTimezonesForNumber(n); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
