package memory_test

import (
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/memory"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) followup.Store { return memory.New() })
}

func TestSwept(t *testing.T) {
	storetest.RunSwept(t, storetest.Harness{Open: func(*testing.T) followup.Store { return memory.New() }})
}
