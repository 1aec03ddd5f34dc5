package sqlite_test

import (
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/sqlite"
)

func TestCensus(t *testing.T) {
	storetest.RunCensus(t, storetest.Harness{Open: func(t *testing.T) followup.Store {
		return open(t, t.TempDir(), sqlite.Options{NoSync: true})
	}})
}
