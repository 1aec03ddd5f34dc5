package link_test

import (
	"testing"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/link"
)

// BenchmarkLinks makes the two addresses of a mail.
func BenchmarkLinks(b *testing.B) {
	signer, err := link.New(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	l := followup.Letter{
		Shop: &followup.Shop{PublicURL: "https://follow.shop.example"}, Row: followup.FollowUp{ID: "main/5870000000037/check-in/-/1", Class: followup.Service},
		Journey: "main/5870000000037", Contact: &followup.Contact{ID: "m-0123456789abcdef0123456789abcdef"}, Now: time.Unix(1_772_000_000, 0),
	}
	links := link.NewLinks(signer)
	b.ReportAllocs()
	for b.Loop() {
		links.Answer(l)
		links.Unsubscribe(l)
	}
}
