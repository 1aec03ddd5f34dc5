package demo_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"aftersales/internal/demo"
)

func run(t *testing.T, seed uint64) (*demo.World, string) {
	t.Helper()
	w, err := demo.Run(t.Context(), demo.Options{Seed: seed, RealNow: time.Now, PublicURL: "http://127.0.0.1:8080"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	var out bytes.Buffer
	if err := w.Result.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	return w, out.String()
}

func TestSameSeedSameBytes(t *testing.T) {
	w, first := run(t, 1)
	_, again := run(t, 1)
	if first != again {
		t.Errorf("two runs differ:\n%s\n%s", first, again)
	}
	r := w.Result
	if r.Orders != 200 || r.Duplicates != 0 || r.OutOfHours != 0 || r.AfterCancel != 0 || r.Sent < 500 {
		t.Errorf("result %+v", r)
	}
	var screen bytes.Buffer
	if err := w.Screen(t.Context(), &screen); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + screen.String() + first)
	if n := strings.Count(screen.String(), "\n"); n > 19 {
		t.Errorf("the screen has %d lines, want at most 19", n)
	}
}
