package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"aftersales/internal/followup"
)

// record wants a record as it is.
func (u suite) record(key, want string, version int64) {
	u.Helper()
	value, v, err := u.swept().Record(u.Context(), key)
	u.ok("read record", err)
	if string(value) != want || v != version {
		u.Errorf("record %s is %q, version %d; want %q, version %d", key, value, v, want, version)
	}
}

func (u suite) setRecord(key, value string, version int64, want error) {
	u.Helper()
	if err := u.swept().SetRecord(u.Context(), key, []byte(value), version); !errors.Is(err, want) {
		u.Errorf("set record %s over version %d: %v, want %v", key, version, err, want)
	}
}

var recordPromises = []promise{
	{"an unknown record has version 0", func(u suite) { u.record("nobody", "", 0) }},
	{"a record is written over the version that was read, or not at all", func(u suite) {
		u.setRecord("sweep#call", "one", 1, followup.ErrConflict)
		u.record("sweep#call", "", 0)
		u.setRecord("sweep#call", "one", 0, nil)
		u.setRecord("sweep#call", "other", 0, followup.ErrConflict)
		u.record("sweep#call", "one", 1)
		u.setRecord("sweep#call", "two \x00\xff", 1, nil)
		u.setRecord("sweep#call", "late", 1, followup.ErrConflict)
		u.record("sweep#call", "two \x00\xff", 2)
		u.setRecord("sweep#call", "", 2, nil)
		u.record("sweep#call", "", 3)
	}},
	{"each key has its own", func(u suite) {
		for _, key := range []string{"a", "a#b", "A", "ä", "a/b"} {
			u.setRecord(key, key, 0, nil)
		}
		for _, key := range []string{"a", "a#b", "A", "ä", "a/b"} {
			u.record(key, key, 1)
		}
	}},
	{"several are read at once, in the order asked for", func(u suite) {
		u.setRecord("a", "one", 0, nil)
		u.setRecord("b", "", 0, nil)
		u.setRecord("a", "two", 1, nil)
		got, err := u.swept().ReadRecords(u.Context(), []string{"nobody", "b", "a", "A"})
		u.ok("read records", err)
		if want := []int64{0, 1, 2, 0}; len(got) != 4 || !slices.Equal(want, []int64{got[0].Version, got[1].Version, got[2].Version, got[3].Version}) || string(got[2].Value) != "two" {
			u.Errorf("records %v, want versions %v", got, want)
		}
		if none, err := u.swept().ReadRecords(u.Context(), nil); err != nil || len(none) != 0 {
			u.Errorf("no records are %v, %v", none, err)
		}
	}},
	{"of concurrent writers of one version exactly one wins", func(u suite) {
		for version := range int64(5) {
			var won atomic.Int32
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					err := u.swept().SetRecord(context.WithoutCancel(u.Context()), "lease", []byte("same"), version)
					if err == nil {
						won.Add(1)
					} else if !errors.Is(err, followup.ErrConflict) {
						u.Errorf("set record: %v", err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				u.Errorf("%d writers won version %d, want 1", won.Load(), version)
			}
		}
	}},
	{"callers share nothing with the store", func(u suite) {
		value := []byte("mine")
		u.ok("set record", u.swept().SetRecord(u.Context(), "a", value, 0))
		value[0] = 'M'
		got, _, err := u.swept().Record(u.Context(), "a")
		u.ok("read record", err)
		got[1] = 'I'
		u.record("a", "mine", 1)
	}},
}
