package link_test

import (
	"strings"
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/link"
)

func TestContactIDIsStableAndSeparate(t *testing.T) {
	const want = followup.ContactID("r45ygpwc55adhui3lsrlkaddmm") // stored with every contact: it must never change
	got := link.ContactID(newKey, "mail", "ann@example.com")
	if got != want {
		t.Errorf("id %s, want %s", got, want)
	}
	seen := map[followup.ContactID]string{}
	for _, c := range []struct {
		key         []byte
		kind, value string
	}{
		{newKey, "mail", "ann@example.com"},
		{newKey, "mail", "bob@example.com"},
		{newKey, "phone", "ann@example.com"},
		{newKey, "phone", "+4915112345678"},
		{newKey, "order", "main/1001"},
		{oldKey, "mail", "ann@example.com"},
	} {
		id := link.ContactID(c.key, c.kind, c.value)
		if len(id) != 26 || strings.ToLower(string(id)) != string(id) {
			t.Errorf("%s: id %q", c.kind, id)
		}
		if seen[id] != "" {
			t.Errorf("%s has the id of %s", c.value, seen[id])
		}
		seen[id] = c.value
	}
}

func TestContactIDOfNothingIsNone(t *testing.T) {
	if id := link.ContactID(newKey, "phone", ""); id != "" {
		t.Errorf("id %q", id)
	}
}
