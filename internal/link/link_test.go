package link_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"aftersales/internal/link"
)

var (
	purposes = []link.Purpose{link.Answer, link.Unsubscribe, 'p', 'w'}
	now      = time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC)
	oldKey   = []byte(strings.Repeat("o", 32))
	newKey   = []byte(strings.Repeat("n", 32))
)

func signer(t rapid.TB, keys ...[]byte) *link.Signer {
	t.Helper()
	s, err := link.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTokenOpensUntilItExpires(t *testing.T) {
	s := signer(t, newKey)
	token := s.Token(link.Answer, "main/1001/check-in/-/1", now.Add(time.Hour))
	for _, c := range []struct {
		at   time.Time
		want error
	}{
		{now, nil},
		{now.Add(time.Hour - time.Second), nil},
		{now.Add(time.Hour), link.ErrExpired},
		{now.AddDate(40, 0, 0), link.ErrExpired},
	} {
		subject, err := s.Open(link.Answer, token, c.at)
		if !errors.Is(err, c.want) || subject != "main/1001/check-in/-/1" {
			t.Errorf("at %s: %q, %v; want %v", c.at, subject, err, c.want)
		}
	}
	if len(token) > 64 {
		t.Errorf("token has %d characters", len(token))
	}
}

func TestTokenIsTheSameEachTime(t *testing.T) {
	const want = "TTUnAGmpVCB4gjKMfyc8cH5Ux4ZVfqAifA" // held: links in mails that went out must stay good
	got := signer(t, newKey).Token(link.Answer, "x", now)
	if got != signer(t, newKey).Token(link.Answer, "x", now) {
		t.Error("two signers of one key differ")
	}
	if got != want {
		t.Errorf("token %s, want %s", got, want)
	}
}

func TestRetiredKeysOpenButDoNotSign(t *testing.T) {
	before := signer(t, oldKey).Token(link.Answer, "main/1001", now.Add(time.Hour))
	rotated := signer(t, newKey, oldKey)
	if _, err := rotated.Open(link.Answer, before, now); err != nil {
		t.Errorf("token of the retired key: %v", err)
	}
	after := rotated.Token(link.Answer, "main/1001", now.Add(time.Hour))
	if _, err := signer(t, oldKey).Open(link.Answer, after, now); !errors.Is(err, link.ErrInvalid) {
		t.Errorf("the retired key still signs: %v", err)
	}
	if _, err := signer(t, newKey).Open(link.Answer, before, now); !errors.Is(err, link.ErrInvalid) {
		t.Errorf("a forgotten key still opens: %v", err)
	}
}

func TestExpiryOutOfRangeIsExpiredOrFar(t *testing.T) {
	s := signer(t, newKey)
	if _, err := s.Open(link.Answer, s.Token(link.Answer, "x", time.Time{}), now); !errors.Is(err, link.ErrExpired) {
		t.Errorf("zero expiry: %v", err)
	}
	if _, err := s.Open(link.Answer, s.Token(link.Answer, "x", time.Unix(1<<50, 0)), now); err != nil {
		t.Errorf("expiry past the field: %v", err)
	}
}

func TestNewRefusesBadKeys(t *testing.T) {
	for name, keys := range map[string][][]byte{
		"none": {}, "short": {[]byte("secret")}, "short retired": {newKey, nil}, "twice": {newKey, newKey},
	} {
		if _, err := link.New(keys...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestNoTokenOpensForAnotherPurpose(t *testing.T) {
	s := signer(t, newKey, oldKey)
	rapid.Check(t, func(t *rapid.T) {
		subject := rapid.String().Draw(t, "subject")
		made := rapid.SampledFrom(purposes).Draw(t, "made for")
		token := s.Token(made, subject, now.Add(time.Minute))
		for _, p := range purposes {
			got, err := s.Open(p, token, now)
			if ok := err == nil && got == subject; ok != (p == made) {
				t.Fatalf("token for %c opened for %c: %q, %v", made, p, got, err)
			}
		}
	})
}

func TestNoFlippedBitOpens(t *testing.T) {
	s := signer(t, newKey, oldKey)
	token := s.Token(link.Answer, "main/1001/check-in/1~1/1", now.Add(time.Hour))
	for i := range len(token) {
		for bit := range 8 {
			b := []byte(token)
			b[i] ^= 1 << bit
			if got, err := s.Open(link.Answer, string(b), now); !errors.Is(err, link.ErrInvalid) || got != "" {
				t.Fatalf("character %d, bit %d: %q, %v", i, bit, got, err)
			}
		}
	}
}

func TestOtherSpellingsOfATokenAreRefused(t *testing.T) {
	s := signer(t, newKey)
	token := s.Token(link.Answer, "ab", now.Add(time.Hour)) // 26 bytes: two free bits at the end
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, token[len(token)-1])
	spellings := []string{"", "=", token + "=", token + "\n", "\r" + token, token[:9] + "\n" + token[9:], token + "A", token[1:], token[:len(token)-1], " " + token}
	for free := 1; free < 4; free++ {
		spellings = append(spellings, token[:len(token)-1]+string(alphabet[last|free]))
	}
	for _, other := range spellings {
		if other == token {
			continue
		}
		if _, err := s.Open(link.Answer, other, now); !errors.Is(err, link.ErrInvalid) {
			t.Errorf("%q opened: %v", other, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	s := signer(f, newKey, oldKey)
	good := s.Token(link.Answer, "main/1001/check-in/-/1", now.Add(time.Hour))
	f.Add(good)
	f.Add(signer(f, oldKey).Token(link.Answer, "main/1001", now))
	f.Add("")
	f.Add(strings.Repeat("A", 3000))
	f.Fuzz(func(t *testing.T, token string) {
		for _, p := range purposes {
			subject, err := s.Open(p, token, now)
			if errors.Is(err, link.ErrInvalid) {
				if subject != "" {
					t.Fatalf("invalid token gave %q", subject)
				}
				continue
			}
			// What opens was signed by one of our keys: it can be made again.
			if token != good && err == nil {
				t.Fatalf("%q opened for %c: %q", token, p, subject)
			}
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	s := signer(t, newKey)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := range 200 {
				subject := strings.Repeat("x", n)
				if got, err := s.Open(link.Answer, s.Token(link.Answer, subject, now.Add(time.Hour)), now); got != subject || err != nil {
					t.Errorf("%d bytes: %q, %v", n, got, err)
				}
			}
		})
	}
	wg.Wait()
}
