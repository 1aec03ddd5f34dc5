package local_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/events"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/local"
)

// stand is an App whose clock a test moves, with its public handler.
type stand struct {
	*local.App
	t      *testing.T
	loop   *local.Loop
	public http.Handler
}

func newStand(t *testing.T, now string) *stand {
	t.Helper()
	o := options(t.TempDir())
	o.Store.NoSync = true
	o.Clock = local.NewClock(time.Now, utc(now), 0)
	s := &stand{App: open(t, o), t: t}
	s.loop = s.NewLoop()
	s.public = s.Public(s.loop, local.ServeOptions{})
	return s
}

// until lives on to a moment, in UTC.
func (s *stand) until(at string) {
	s.t.Helper()
	if err := s.loop.Travel(s.t.Context(), utc(at), nil); err != nil {
		s.t.Fatal(err)
	}
}

// tell posts events and enrolls them.
func (s *stand) tell(bodies ...[]byte) {
	s.t.Helper()
	must(s.t, s.public, bodies...)
	drain(s.t, s.loop)
}

func (s *stand) story(order string) *engine.Story {
	s.t.Helper()
	story, err := s.Engine.Story(s.t.Context(), s.Clock.Now(), followup.NewJourneyID("main", order))
	if err != nil {
		s.t.Fatal(err)
	}
	return story
}

// calendar writes the follow-ups of an order as "step due state".
func (s *stand) calendar(order string) []string {
	s.t.Helper()
	var out []string
	for _, f := range s.story(order).FollowUps {
		out = append(out, f.Step+" "+strings.TrimSuffix(f.DueLocal, ":00")+" "+f.State)
	}
	return out
}

func (s *stand) want(order string, want ...string) {
	s.t.Helper()
	if got := s.calendar(order); !slices.Equal(got, want) {
		s.t.Errorf("follow-ups at %s\n  %s\nwant\n  %s", s.Clock.Now().Format(time.RFC3339), strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// shopify posts a body as Shopify does.
func (s *stand) shopify(topic, event string, text []byte, signed []byte) int {
	r := httptest.NewRequest(http.MethodPost, "/hooks/shopify/main", bytes.NewReader(text))
	mac := hmac.New(sha256.New, []byte(shopifyKey))
	mac.Write(signed)
	r.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	r.Header.Set("X-Shopify-Topic", topic)
	r.Header.Set("X-Shopify-Event-Id", event)
	w := httptest.NewRecorder()
	s.public.ServeHTTP(w, r)
	if w.Code >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
		s.t.Errorf("%d is answered as %s", w.Code, w.Header().Get("Content-Type"))
	}
	return w.Code
}

func TestShopifyBodyIsTakenOnceAndTold(t *testing.T) {
	text, err := events.Files.ReadFile("shopify/order_1073459981_discount_code_phone.json")
	if err != nil {
		t.Fatal(err)
	}
	s := newStand(t, "2025-07-02T16:32")
	altered := bytes.Replace(text, []byte("jane@"), []byte("joan@"), 1)
	for _, c := range []struct {
		what         string
		text, signed []byte
		want         int
	}{
		{"the first time", text, text, http.StatusAccepted},
		{"again", text, text, http.StatusOK},
		{"altered", altered, text, http.StatusUnauthorized},
		{"the same event with another body", altered, altered, http.StatusConflict},
	} {
		if got := s.shopify("orders/create", "event-1", c.text, c.signed); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
	drain(t, s.loop)
	sent := []byte(`{"id":1,"order_id":1073459981,"status":"success","created_at":"2025-07-03T10:00:00-05:00","updated_at":"2025-07-03T10:00:00-05:00",` +
		`"shipment_status":null,"line_items":[{"id":1071823193,"quantity":1}]}`)
	s.Clock.AdvanceTo(utc("2025-07-03T15:00"))
	if got := s.shopify("fulfillments/create", "event-2", sent, sent); got != http.StatusAccepted {
		t.Fatalf("fulfillment: %d", got)
	}
	drain(t, s.loop)
	s.want("1073459981",
		"check-in 2025-07-13T10:00 planned", "return-window 2025-07-19T10:00 planned", "review 2025-07-29T18:00 planned")
	for _, f := range s.story("1073459981").FollowUps {
		if f.Zone != "America/Toronto" || f.ZoneSource != "address" {
			t.Errorf("%s is in %s (%s), want America/Toronto by address", f.Step, f.Zone, f.ZoneSource)
		}
	}
	if got := s.story("1073459981").FollowUps[0].DueUTC; got != "2025-07-13T14:00:00Z" {
		t.Errorf("ten in Toronto is %s", got)
	}
	s.until("2025-08-01T00:00")
	for _, m := range once(t, mails(t, s.Store)) {
		if m.To.Mail != "jane@example.com" {
			t.Errorf("%s went to somebody else", m.FollowUp)
		}
	}
	if n := len(mails(t, s.Store)); n != 3 {
		t.Errorf("%d mails, want 3", n)
	}
}

// A cancelled order gets nothing; reinstated it gets what is wanted then, from
// the new dates, and nothing that went out again.
func TestCancelledAndReinstated(t *testing.T) {
	s := newStand(t, "2026-03-02T09:00")
	s.tell(bought("1", utc("2026-03-02T09:00"), "MUG-1", "1", "DE", "Europe/Berlin", nil),
		happened("order.delivered", "1", "delivered", utc("2026-03-03T12:00"), nil))
	s.until("2026-03-09T08:00")
	s.want("1", "check-in 2026-03-08T10:00 sent", "return-window 2026-03-14T10:00 planned", "review 2026-03-24T18:00 planned")

	s.tell(happened("order.cancelled", "1", "cancelled", utc("2026-03-09T08:00"), nil))
	s.want("1", "check-in 2026-03-08T10:00 sent", "return-window 2026-03-14T10:00 voided", "review 2026-03-24T18:00 voided")
	for _, f := range s.story("1").FollowUps[1:] {
		if f.Rule != "exit" && f.Rule != "cancelled" {
			t.Errorf("%s was voided by rule %q: %s", f.Step, f.Rule, f.Reason)
		}
	}
	s.until("2026-03-20T08:00")
	if n := len(mails(t, s.Store)); n != 1 {
		t.Errorf("%d mails, want the one of before it was cancelled", n)
	}

	// It comes to life again and is delivered anew.
	s.tell(happened("order.reinstated", "1", "reinstated", utc("2026-03-20T08:00"), nil),
		happened("order.delivered", "1", "delivered-again", utc("2026-03-25T12:00"), nil))
	s.want("1", "check-in 2026-03-08T10:00 sent", "return-window 2026-04-05T10:00 planned", "review 2026-04-15T18:00 planned")
	s.until("2026-06-01T08:00")
	s.want("1", "check-in 2026-03-08T10:00 sent", "return-window 2026-04-05T10:00 sent", "review 2026-04-15T18:00 sent")
	if n := len(once(t, mails(t, s.Store))); n != 3 {
		t.Errorf("%d mails, want 3", n)
	}
}

// moves counts the decisions that moved each follow-up.
func (s *stand) moves(order string) map[string]int {
	out := map[string]int{}
	for _, f := range s.story(order).FollowUps {
		for _, d := range f.Decisions {
			if d.Result == string(followup.ResultMove) && d.Rule == "moved" && d.Reason != "" {
				out[f.Step]++
			}
		}
	}
	return out
}

// A later event that changes the delivered date, the address or the zone moves
// what is pending, once, and says so; told again it moves nothing.
func TestLaterEventsMoveWhatIsPending(t *testing.T) {
	change := func(data object) []byte {
		return body("order.updated", "1", "updated", utc("2026-03-09T08:00"), object{"order": data})
	}
	for name, c := range map[string]struct {
		told []byte
		want []string
	}{
		"delivered date": {
			happened("order.delivered", "1", "corrected", utc("2026-03-09T08:00"), object{"at": "2026-03-05T12:00:00Z"}),
			[]string{"return-window 2026-03-16T10:00 planned", "review 2026-03-26T18:00 planned"},
		},
		"zone": {
			change(object{"id": "1", "customer": object{"zone": "America/New_York"}}),
			[]string{"return-window 2026-03-14T10:00 planned", "review 2026-03-24T18:00 planned"},
		},
		"address": { // of a customer who never said a zone
			change(object{"id": "1", "address": object{"country": "JP", "city": "Osaka"}}),
			[]string{"return-window 2026-03-14T10:00 planned", "review 2026-03-24T18:00 planned"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, "2026-03-02T09:00")
			zone := "Europe/Berlin"
			if name == "address" {
				zone = ""
			}
			s.tell(bought("1", utc("2026-03-02T09:00"), "MUG-1", "1", "DE", zone, nil),
				happened("order.delivered", "1", "delivered", utc("2026-03-03T12:00"), nil))
			s.until("2026-03-09T08:00")
			before := s.story("1")
			s.tell(c.told)
			s.want("1", append([]string{"check-in 2026-03-08T10:00 sent"}, c.want...)...)
			after := s.story("1")
			for i, f := range after.FollowUps {
				if moved := f.DueUTC != before.FollowUps[i].DueUTC; moved == (f.State == "sent") {
					t.Errorf("%s (%s) was due %s, is due %s", f.Step, f.State, before.FollowUps[i].DueUTC, f.DueUTC)
				}
			}
			if w := post(s.public, c.told); w.Code != http.StatusOK {
				t.Errorf("told again: %d", w.Code)
			}
			drain(t, s.loop)
			if moves := s.moves("1"); len(moves) != 2 || moves["return-window"] != 1 || moves["review"] != 1 {
				t.Errorf("decisions that moved: %v, want one of each that is pending", moves)
			}
			s.until("2026-05-01T08:00")
			if n := len(once(t, mails(t, s.Store))); n != 3 {
				t.Errorf("%d mails, want 3", n)
			}
		})
	}
}
