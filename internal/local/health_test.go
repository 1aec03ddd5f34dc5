package local_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"aftersales/internal/local"
)

func TestPulse(t *testing.T) {
	now := time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC)
	beats, fails := 0, error(nil)
	check := local.Pulse(func(ctx context.Context) error {
		beats++
		return errors.Join(fails, ctx.Err())
	}, func() time.Time { return now })
	full := errors.New("disk full")
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	for _, step := range []struct {
		wait  time.Duration
		fails error
		beats int
		want  error
	}{
		{0, nil, 1, nil},
		{9 * time.Second, full, 1, nil}, // the last answer
		{time.Second, full, 2, full},
		{9 * time.Second, nil, 2, full},
		{time.Second, nil, 3, nil},
	} {
		now, fails = now.Add(step.wait), step.fails
		if err := check(gone); !errors.Is(err, step.want) || (err == nil) != (step.want == nil) || beats != step.beats {
			t.Errorf("%s: %v after %d beats, want %v after %d", now, err, beats, step.want, step.beats)
		}
	}
}

// A monitor's question writes, but not each time.
func TestHealthWrites(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		app := open(t, options(dir))
		public := app.Public(app.NewLoop(), local.ServeOptions{Version: "1"})
		ask := func() (written string) {
			t.Helper()
			w := httptest.NewRecorder()
			public.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
			if w.Code != http.StatusOK {
				t.Fatalf("healthz answers %d %s", w.Code, w.Body)
			}
			written, err := app.Store.Meta(t.Context(), local.PulseKey)
			if err != nil {
				t.Fatal(err)
			}
			return written
		}
		first := ask()
		time.Sleep(9 * time.Second)
		again := ask()
		time.Sleep(time.Second)
		if later := ask(); first == "" || again != first || later == first {
			t.Errorf("written %q, 9 s later %q, 10 s later %q", first, again, later)
		}
	})
}
