package source_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"aftersales/events"
	"aftersales/internal/followup"
	"aftersales/internal/source"
)

// received is when the bodies of these tests came in.
var received = time.Date(2026, 3, 2, 8, 15, 3, 0, time.UTC)

func contactKey(kind, value string) followup.ContactID {
	h := hmac.New(sha256.New, []byte("a key of the tests"))
	h.Write([]byte(kind + "\x00" + value))
	return followup.ContactID(kind + ":" + hex.EncodeToString(h.Sum(nil)[:8]))
}

func env() source.Env {
	return source.Env{Shop: &followup.Shop{ID: "main", Zone: "Europe/Berlin", Country: "US"}, ContactKey: contactKey}
}

// bodies returns the files of a folder of events, by name.
func bodies(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	names, err := fs.Glob(events.Files, folder+"/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no bodies in %s: %v", folder, err)
	}
	out := map[string][]byte{}
	for _, name := range names {
		b, err := events.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = b
	}
	return out
}

func body(t testing.TB, name string) []byte {
	t.Helper()
	b, err := events.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func lookup(t testing.TB, name string) source.Source {
	t.Helper()
	s, ok := source.Lookup(name)
	if !ok {
		t.Fatalf("there is no source %s", name)
	}
	return s
}

func incoming(name, topic string, body []byte) followup.Incoming {
	return followup.Incoming{
		InboxKey: followup.InboxKey{Shop: "main", Source: name, Key: "k"}, Topic: topic, Body: body, At: received,
	}
}

// translate reads a body that has to be understood.
func translate(t testing.TB, name, topic string, body []byte) source.Translation {
	t.Helper()
	out, err := lookup(t, name).Translate(incoming(name, topic, body), env())
	if err != nil {
		t.Fatalf("%s %s: %v", name, topic, err)
	}
	return out
}

// refuse reads a body that must not be understood.
func refuse(t testing.TB, name, topic string, body []byte) *source.Fault {
	t.Helper()
	out, err := lookup(t, name).Translate(incoming(name, topic, body), env())
	f, ok := errors.AsType[*source.Fault](err)
	if !ok {
		t.Fatalf("%s %s: got %d events and error %v, want a fault", name, topic, len(out.Events), err)
	}
	if len(out.Events) != 0 {
		t.Errorf("a refused body gave events")
	}
	return f
}

// one returns the only event of a type.
func one(t testing.TB, tr source.Translation, typ followup.EventType) followup.Event {
	t.Helper()
	found := of(tr, typ)
	if len(found) != 1 {
		t.Fatalf("got %d %s, want one: %v", len(found), typ, typesIn(tr))
	}
	return found[0]
}

func of(tr source.Translation, typ followup.EventType) []followup.Event {
	return slices.DeleteFunc(slices.Clone(tr.Events), func(e followup.Event) bool { return e.Type != typ })
}

func typesIn(tr source.Translation) []string {
	var out []string
	for _, e := range tr.Events {
		out = append(out, string(e.Type))
	}
	return out
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func TestLookup(t *testing.T) {
	if got := source.Names(); !slices.Equal(got, []string{"generic", "shopify"}) {
		t.Errorf("names are %v", got)
	}
	for _, n := range source.Names() {
		if s, ok := source.Lookup(n); !ok || s.Name() != n {
			t.Errorf("Lookup(%q) = %v, %v", n, s, ok)
		}
	}
	if _, ok := source.Lookup("amazon"); ok {
		t.Error("a source that nobody wrote was found")
	}
}

// edit replaces one piece of a body, which must be there.
func edit(t testing.TB, body []byte, pairs ...string) []byte {
	t.Helper()
	s := string(body)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(s, pairs[i]) {
			t.Fatalf("the body does not hold %q", pairs[i])
		}
		s = strings.ReplaceAll(s, pairs[i], pairs[i+1])
	}
	return []byte(s)
}
