package memory_test

import (
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/memory"
)

func TestCensus(t *testing.T) {
	storetest.RunCensus(t, storetest.Harness{Open: func(*testing.T) followup.Store { return memory.New() }})
}
