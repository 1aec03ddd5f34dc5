// Package mailboxtest says what every storage of a mailbox must do.
package mailboxtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
)

// Run tests a storage. New returns an empty one that ends with the test.
func Run(t *testing.T, open func(t *testing.T) mailbox.Storage) {
	t.Helper()
	t.Run("a message comes back whole", func(t *testing.T) { whole(t, open(t)) })
	t.Run("an attempt is kept once", func(t *testing.T) { once(t, open(t)) })
	t.Run("pages", func(t *testing.T) { pages(t, open(t)) })
	t.Run("unknown ids", func(t *testing.T) { unknown(t, open(t)) })
}

var start = time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC)

// Message returns a message with every field set, the n-th.
func Message(n int) followup.Message {
	return followup.Message{
		FollowUp: followup.NewFollowUpID(followup.NewJourneyID("main", fmt.Sprint(1000+n)), "check-in", "", "1"),
		Attempt:  fmt.Sprintf("attempt-%d", n), Shop: "main", Class: followup.Feedback, Language: "en",
		From:    followup.Address{Name: "Shop", Mail: "shop@shop.example"},
		ReplyTo: followup.Address{Name: "Help", Mail: "help@shop.example"},
		To:      followup.Address{Name: "Zoë Ångström", Mail: "zoe@customer.example"},
		Subject: "How is your washing machine?", Preview: "One tap is enough", HTML: "<p>Hello Zoë</p>", Text: "Hello Zoë\n",
		MessageID: fmt.Sprintf("%d.check-in@shop.example", 1000+n),
		Headers: map[string]string{
			"List-Unsubscribe": "<https://shop.example/u/token>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
			"Auto-Submitted": "auto-generated",
		},
		Unsubscribe: "https://shop.example/u/token",
	}
}

func put(t *testing.T, s mailbox.Storage, m followup.Message, at time.Time) string {
	t.Helper()
	id, err := s.PutMail(t.Context(), m, at)
	if err != nil || id == "" {
		t.Fatalf("put %s: id %q, %v", m.Attempt, id, err)
	}
	return id
}

func whole(t *testing.T, s mailbox.Storage) {
	m := Message(1)
	id := put(t, s, m, start)
	want := followup.Stored{ID: id, At: start, Message: m}
	got, ok, err := s.OneMail(t.Context(), id)
	if err != nil || !ok {
		t.Fatalf("one mail: %t, %v", ok, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("one mail (-want +got):\n%s", diff)
	}
	list, next, err := s.Mail(t.Context(), 10, "")
	if err != nil || next != "" {
		t.Fatalf("next %q, %v", next, err)
	}
	if diff := cmp.Diff([]followup.Stored{want}, list); diff != "" {
		t.Errorf("mail (-want +got):\n%s", diff)
	}
}

func once(t *testing.T, s mailbox.Storage) {
	m := Message(1)
	first := put(t, s, m, start)
	m.Subject = "changed"
	if again := put(t, s, m, start.Add(time.Hour)); again != first {
		t.Errorf("second put of an attempt gave id %s, the first %s", again, first)
	}
	if kept, _, err := s.OneMail(t.Context(), first); err != nil || kept.Subject == "changed" || !kept.At.Equal(start) {
		t.Errorf("the second put changed the mail: %v", err)
	}
	found, ok, err := s.FindMail(t.Context(), m.FollowUp, m.Attempt)
	if err != nil || !ok || found != first {
		t.Errorf("found %q, %t, %v; want %s", found, ok, err, first)
	}
	m.Attempt = "another"
	if other := put(t, s, m, start); other == first {
		t.Error("another attempt has the same id")
	}
}

func pages(t *testing.T, s mailbox.Storage) {
	const count = 25 // past 9: ids are not compared as text
	var want []string
	for n := range count {
		want = append(want, put(t, s, Message(n), start)) // of one instant: the order is that of arrival
	}
	slices.Reverse(want)
	for _, limit := range []int{1, 4, 5, 24, 25, 26} {
		var got []string
		before := ""
		for {
			page, next, err := s.Mail(t.Context(), limit, before)
			if err != nil || len(page) > limit {
				t.Fatalf("limit %d: %d messages, %v", limit, len(page), err)
			}
			for _, m := range page {
				got = append(got, m.ID)
			}
			if next == "" || len(got) > count {
				break
			}
			before = next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", limit, diff)
		}
	}
}

func unknown(t *testing.T, s mailbox.Storage) {
	put(t, s, Message(1), start)
	if _, ok, err := s.FindMail(t.Context(), Message(2).FollowUp, Message(1).Attempt); ok || err != nil {
		t.Errorf("found another follow-up's: %t, %v", ok, err)
	}
	if _, ok, err := s.FindMail(t.Context(), Message(1).FollowUp, "never"); ok || err != nil {
		t.Errorf("found another attempt: %t, %v", ok, err)
	}
	for _, id := range []string{"", "no-such-id", "-1", "0", "99999999999999999999999", "1 or 1=1"} {
		if _, ok, err := s.OneMail(t.Context(), id); ok || err != nil {
			t.Errorf("one mail %q: %t, %v", id, ok, err)
		}
		if id == "" {
			continue
		}
		if page, next, err := s.Mail(t.Context(), 10, id); err != nil || len(page) > 0 || next != "" {
			t.Errorf("mail before %q: %d, %q, %v", id, len(page), next, err)
		}
	}
}
