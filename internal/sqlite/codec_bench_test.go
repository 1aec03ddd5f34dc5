package sqlite

import (
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// BenchmarkCodec reads and writes what one send or one order does.
func BenchmarkCodec(b *testing.B) {
	var p packers
	c := storetest.Order(1, 6)
	head, _ := p.head(c.Journey, 1, c.Head)
	contact, _ := p.contact(&c.Contacts[0])
	packed := p.change(&c)
	var entries []entry
	for i := range packed.rows {
		entries = putEntry(entries, packed.rows[i].entry)
	}
	rows := string(rowsFrom(entries...))
	for name, do := range map[string]func(){
		"change":        func() { p.change(&c) },
		"head/read":     func() { _ = p.undoc("", "", head.body, new(followup.Head)) },
		"head/write":    func() { _, _ = p.head(c.Journey, 1, c.Head) },
		"contact/read":  func() { _ = p.undoc("", "", contact.body, new(followup.Contact)) },
		"contact/write": func() { _, _ = p.contact(&c.Contacts[0]) },
		"rows/read":     func() { _ = p.journey(&followup.Journey{ID: c.Journey}, entries, 0, nil) },
		"rows/entries":  func() { _, _ = decodeRows(nil, rows) },
		"rows/write":    func() { rowsFrom(entries...) },
		"event/write":   func() { _, _ = p.event(c.Journey, &c.Events[0]) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				do()
			}
		})
	}
}
