package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"aftersales/internal/followup"
)

// archived wants a body as it was accepted.
func (u suite) archived(want followup.Incoming) {
	u.Helper()
	got, err := u.swept().Incoming(u.Context(), want.InboxKey)
	u.ok("read body", err)
	if !bytes.Equal(got.Body, want.Body) {
		u.Errorf("the body of %.60q has %d bytes, or others; want %d", want.Key, len(got.Body), len(want.Body))
	}
	got.Body, want.Body = nil, nil
	u.same("body", got, want)
}

var archivePromises = []promise{
	{"an unknown body is not found", func(u suite) {
		if _, err := u.swept().Incoming(u.Context(), webhook(1, "a").InboxKey); !errors.Is(err, followup.ErrNotFound) {
			u.Errorf("error %v, want ErrNotFound", err)
		}
	}},
	{"a body comes back as it was first accepted, done or not", func(u suite) {
		in := webhook(1, "Grüße \x00\xff aus Zürich")
		in.At = in.At.Add(123_456_789)
		u.accept(followup.Accepted, in)
		u.archived(in)
		other := webhook(1, "b")
		other.At = other.At.Add(time.Hour)
		u.accept(followup.Different, other)
		again := in
		again.At = again.At.Add(time.Hour)
		u.accept(followup.Seen, again)
		u.ok("done", u.s.Done(u.Context(), []followup.InboxKey{in.InboxKey}, "nothing to do"))
		u.archived(in)
	}},
	{"empty and large bodies, also those that cannot be packed", func(u suite) {
		random := rand.NewChaCha8([32]byte{1})
		for n, size := range []int{0, 1, 300 << 10, 400 << 10, 1 << 20} {
			in := webhook(n, "x")
			in.Body, in.Topic = make([]byte, size), ""
			random.Read(in.Body) // never fails
			in.Hash = fmt.Sprintf("%064x", n)
			u.accept(followup.Accepted, in)
			u.archived(in)
			u.accept(followup.Seen, in)
			in.Hash = "other"
			u.accept(followup.Different, in)
		}
	}},
	{"odd keys stay apart", func(u suite) {
		long := strings.Repeat("注", 800)
		var all []followup.Incoming
		for n, k := range []followup.InboxKey{
			{Shop: "main", Source: "a", Key: "b#c"},
			{Shop: "main", Source: "a#b", Key: "c"},
			{Shop: "main", Source: "a%23b", Key: "c"},
			{Shop: "main", Source: "a", Key: "b"},
			{Shop: "main", Source: "a", Key: long},
			{Shop: "main", Source: "a", Key: long + "1"},
			{Shop: "main", Source: "https://example.org/#x", Key: `"';\ ` + "\n\x00"},
		} {
			in := webhook(n, fmt.Sprint("body ", n))
			in.InboxKey = k
			all = append(all, in)
		}
		u.accept(followup.Accepted, all...)
		for _, in := range all {
			u.archived(in)
		}
	}},
}
