package followup_test

import (
	"testing"

	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

func said(when string) followup.Stamp { return followup.Stamp{Time: at(when), Source: "s", ID: when} }

// An erasure is for what was said until then, closes every channel until the
// person orders again, and leaves what they had said no to.
func TestEraseAndRevive(t *testing.T) {
	var c followup.Contact
	anna := followup.Person{Mail: "anna@example.com", FirstName: "Anna"}
	c.State(anna, said("2026-03-01T09:00"))
	c.Suppress(followup.Suppression{Channel: followup.Email, Reason: "complaint", At: at("2026-03-01T09:00")})
	c.Consent(followup.Consent{Purpose: followup.Feedback, Channel: followup.Email, At: at("2026-03-01T09:00")})
	c.Note(followup.Text{Event: "t", At: at("2026-03-01T09:00"), Body: "words"})
	c.Erase(at("2026-03-02T09:00"))
	if len(c.Fields)+len(c.Texts) > 0 || !c.Forgotten() {
		t.Fatalf("erased: %+v", c)
	}
	if c.State(anna, said("2026-03-03T09:00")) || c.Note(followup.Text{Event: "u", At: at("2026-03-03T09:00"), Body: "words"}) {
		t.Error("a forgotten person is spoken of again")
	}
	c.Revive()
	if c.State(anna, said("2026-03-01T10:00")) {
		t.Error("what was said before the erasure is back")
	}
	if !c.State(anna, said("2026-03-03T09:00")) || !c.Note(followup.Text{Event: "u", At: at("2026-03-03T09:00"), Body: "words"}) {
		t.Error("what was said after it is not kept")
	}
	if s, ok := c.SuppressedOn(followup.Email); !ok || s.Reason != "complaint" {
		t.Errorf("mail is closed for %+v", s)
	}
	if _, ok := c.SuppressedOn(followup.Call); ok {
		t.Error("calls are closed")
	}
	if given, ok := c.Consented(followup.Feedback, followup.Email); !ok || given {
		t.Error("the no to feedback is gone")
	}
	c.Erase(at("2026-03-02T09:00"))
	if len(c.Fields) == 0 {
		t.Error("the same erasure again takes the new data")
	}
	c.Erase(at("2026-03-04T09:00"))
	if len(c.Fields) > 0 || !c.Forgotten() || !c.Erased.Equal(at("2026-03-04T09:00")) {
		t.Errorf("a second erasure: %+v", c)
	}
}

// A new address does not bring a forgotten person back, and does not take the
// data of whoever has it already.
func TestInheritFromTheForgotten(t *testing.T) {
	var gone, fresh followup.Contact
	gone.Erase(at("2026-03-02T09:00"))
	if !fresh.Inherit(&gone) || !fresh.Forgotten() || !fresh.Erased.Equal(gone.Erased) {
		t.Errorf("the new address: %+v", fresh)
	}
	live := followup.Contact{Orders: []followup.JourneyID{"main/9"}}
	live.State(followup.Person{Mail: "ben@example.com"}, said("2026-03-01T09:00"))
	if live.Inherit(&gone) || live.Forgotten() || live.Field(followup.FieldMail) == "" {
		t.Errorf("somebody else: %+v", live)
	}
}

func TestPlacedAfter(t *testing.T) {
	for name, c := range map[string]struct {
		at   followup.Moment
		want bool
	}{
		"not known":      {followup.Moment{}, false},
		"before":         {followup.Moment{Time: at("2026-03-02T08:59")}, false},
		"at once":        {followup.Moment{Time: at("2026-03-02T09:00")}, false},
		"later":          {followup.Moment{Time: at("2026-03-02T09:01")}, true},
		"on that day":    {followup.Moment{Date: day(t, "2026-03-02")}, false},
		"on a later day": {followup.Moment{Date: day(t, "2026-03-03")}, true},
	} {
		f := followup.Facts{Ordered: followup.Fact{At: c.at}}
		if got := f.PlacedAfter(at("2026-03-02T09:00")); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func day(t *testing.T, s string) civil.Date {
	t.Helper()
	d, err := civil.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
