package sqlite_test

import (
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/racing"
	"aftersales/internal/sqlite"
)

func open(t testing.TB, dir string, opts sqlite.Options) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStore(t *testing.T) {
	storetest.RunHarness(t, storetest.Harness{
		Open:  func(t *testing.T) followup.Store { return open(t, t.TempDir(), sqlite.Options{NoSync: true}) },
		Large: racing.Fewer(250, 60),
	})
}
