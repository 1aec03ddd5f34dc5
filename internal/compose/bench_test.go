package compose_test

import "testing"

// BenchmarkCompose renders a whole check-in mail: subject, preview, HTML, text and headers.
func BenchmarkCompose(b *testing.B) {
	c := newComposer(b)
	l := letter(b, "check-in")
	several(&l)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Compose(l); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNew reads and checks all ready-made messages.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newComposer(b)
	}
}
