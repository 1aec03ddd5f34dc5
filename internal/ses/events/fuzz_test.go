package events_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"aftersales/internal/ses/events"
)

// FuzzRead stands here and not with the other tests of events, which need the client
// of SES: the fuzzer would build all of that once more.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("../testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(`{"source":"aws.ses","detail":` + string(raw) + `}`))
	}
	f.Add([]byte(`{"source":"aws.ses","detail":{"eventType":"Send","mail":{"tags":{"j":["bWFpbi8x"],"f":["cy8tLzE"],"at":["x"]}}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := events.Read(raw, "")
		if err != nil && !errors.Is(err, events.ErrEvent) {
			t.Errorf("%v is no ErrEvent", err)
		}
		for _, r := range got {
			if r.FollowUp.Journey() == "" {
				t.Errorf("report of %q", r.FollowUp)
			}
		}
	})
}
