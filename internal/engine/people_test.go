package engine_test

import (
	"errors"
	"testing"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/memory"
)

// sold is a shop with the order delivered and its clock standing still.
func sold(t *testing.T) *shop {
	t.Helper()
	s := newShop(t, memory.New(), &mailbox.Memory{}, nil)
	if _, err := play(t.Context(), s, story()[:3], 0); err != nil {
		t.Fatal(err)
	}
	return s
}

// What people do in one instant keeps the order in which they did it.
func TestOneInstantKeepsItsOrder(t *testing.T) {
	s, now := sold(t), at("2026-03-05T09:00")
	do := func(w engine.CaseWord) {
		t.Helper()
		if _, err := s.Case(t.Context(), now, w); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		do(engine.CaseWord{Order: journeyID, Type: followup.CaseOpened, Reason: "staff"})
		f := s.journey(t).Head.Facts
		id := followup.NewCaseID(journeyID, f.Cases[len(f.Cases)-1].Number)
		do(engine.CaseWord{Case: id, Type: followup.CaseClosed, Reason: "explained"})
		do(engine.CaseWord{Case: id, Type: followup.CaseReopened})
		do(engine.CaseWord{Case: id, Type: followup.CaseClosed, Reason: "other"})
		for _, value := range []string{"not-yet", "works", "not-yet"} {
			if _, err := s.Answer(t.Context(), now, engine.Said{Journey: journeyID, Unit: "l1/1", Value: value, By: "page"}); err != nil {
				t.Fatal(err)
			}
			f := s.journey(t).Head.Facts
			if got := f.Answers[len(f.Answers)-1].Value; got != value {
				t.Fatalf("answered %s, the latest is %s", value, got)
			}
		}
		after := s.journey(t).Head.Facts
		if n := after.OpenCase(); n != 0 {
			t.Fatalf("case %d is open after it was closed", n)
		}
	}
}

func TestAnswer(t *testing.T) {
	s, now := sold(t), at("2026-03-05T09:00")
	for name, bad := range map[string]engine.Said{
		"word":   {Journey: journeyID, Value: "meh", By: "page"},
		"rating": {Journey: journeyID, Rating: 6, By: "page"},
		"empty":  {Journey: journeyID, By: "page"},
		"unit":   {Journey: journeyID, Unit: "l9/1", Value: "works", By: "page"},
	} {
		if _, err := s.Answer(t.Context(), now, bad); !errors.Is(err, engine.ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Answer(t.Context(), now, engine.Said{Journey: "main/none", Value: "works", By: "page"}); !errors.Is(err, followup.ErrNotFound) {
		t.Errorf("an order nobody knows: %v", err)
	}
	problem := engine.Said{Journey: journeyID, Unit: "l1/2", Value: "problem", Text: "it leaks", By: "page"}
	first, err := s.Answer(t.Context(), now, problem)
	if err != nil || first.Case != 1 || first.ReplyDue.IsZero() {
		t.Fatalf("problem: %+v %v", first, err)
	}
	problem.Text = "" // the same again: the same case, no second answer of a click
	again, err := s.Answer(t.Context(), now, problem)
	other, err2 := s.Answer(t.Context(), now, engine.Said{Journey: journeyID, Unit: "l1/1", CallMe: true, By: "page"})
	if err != nil || err2 != nil || again.Case != 1 || other.Case != 2 {
		t.Errorf("again %+v %v, another unit %+v %v", again, err, other, err2)
	}
	f := s.journey(t).Head.Facts
	if len(f.Answers) != 2 || len(f.Cases) != 2 {
		t.Errorf("%d answers, %d cases", len(f.Answers), len(f.Cases))
	}
	cs, err := s.store.Contacts(t.Context(), []followup.ContactID{"c"})
	if err != nil || len(cs[0].Texts) != 1 || cs[0].Texts[0].Body != "it leaks" {
		t.Errorf("what was written: %+v %v", cs[0].Texts, err)
	}
}

func TestUnsubscribeStopsWhatIsPlanned(t *testing.T) {
	s := sold(t)
	no := followup.Consent{Purpose: followup.Feedback, Channel: followup.Email, At: at("2026-03-05T09:00"), How: "one-click"}
	for range 2 { // twice is once
		if err := s.Consent(t.Context(), at("2026-03-05T09:00"), "c", []followup.Consent{no}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.run(t.Context(), at("2026-04-30T09:00")); err != nil {
		t.Fatal(err)
	}
	j := s.journey(t)
	if got := j.Row("main/1/review/-/1").State; got != followup.Skipped {
		t.Errorf("the review request is %s", got)
	}
	if got := j.Row("main/1/set-up/-/1").State; got != followup.Sent {
		t.Errorf("the set-up help is %s", got)
	}
}

func TestErasedIsForgottenAndStaysSo(t *testing.T) {
	s := sold(t)
	gone := happened("gone", followup.PersonErased, "2026-03-05T09:00")
	if err := s.tell(t.Context(), at("2026-03-05T09:00"), gone); err != nil {
		t.Fatal(err)
	}
	late := created("2026-03-02T09:00") // an old webhook comes again
	late.ID = "created-again"
	if err := s.tell(t.Context(), at("2026-03-05T10:00"), late); err != nil {
		t.Fatal(err)
	}
	cs, err := s.store.Contacts(t.Context(), []followup.ContactID{"c"})
	if err != nil || cs[0].Field(followup.FieldMail) != "" || cs[0].Erased.IsZero() {
		t.Errorf("contact after erasure: %+v %v", cs[0].Fields, err)
	}
	if err := s.run(t.Context(), at("2028-12-31T09:00")); err != nil {
		t.Fatal(err)
	}
	if n := len(s.accepted(t)); n != 0 {
		t.Errorf("%d mails after the erasure", n)
	}
}

// ordered tells a later order of the same person.
func ordered(t *testing.T, s *shop, order followup.JourneyID, when string) {
	t.Helper()
	c, d := created(when), happened("d", followup.OrderDelivered, when)
	c.Person.FirstName = "Anna again"
	must(t, s.Enroll(t.Context(), at(when), []engine.Group{{Journey: order, Events: []followup.Event{c, d}}})[0])
}

// Who asked to be forgotten and orders again is a customer again, by what came
// with the new order only; the old ones stay silent, and so does what the person
// had said no to.
func TestErasedOrdersAgain(t *testing.T) {
	steps := "steps:\n" + ask("help", "service", "") + ask("ask", "feedback", "")
	erase := []byte("erase")
	s := shopOf(t, steps, memory.New(), nil, func(followup.Incoming) (engine.Reading, error) {
		return engine.Reading{Erase: []followup.ContactID{"c"}}, nil
	}, nil)
	s.bought(t, "main/1")
	must(t, s.Consent(t.Context(), at("2026-03-03T09:00"), "c", []followup.Consent{{Purpose: followup.Feedback, Channel: followup.Email, At: at("2026-03-03T09:00"), How: "one-click"}}))
	redact := followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "shopify", Key: "r"}, Hash: "h", Body: erase, At: at("2026-03-03T10:00")}
	receive := func(now string) {
		t.Helper()
		errs, err := s.Receive(t.Context(), at(now), []followup.Incoming{redact})
		must(t, err)
		must(t, errs[0])
	}
	receive("2026-03-03T10:00")

	late := happened("u", followup.OrderUpdated, "2026-03-03T11:00") // the old order speaks of them once more
	late.Facts, late.Person = &followup.OrderFacts{}, &followup.Person{Mail: "anna@example.com"}
	must(t, s.tell(t.Context(), at("2026-03-03T11:00"), late))
	if c := s.contact(t, "c"); len(c.Fields) > 0 || !c.Forgotten() {
		t.Fatalf("an old order brings back %v", c.Fields)
	}

	ordered(t, s, "main/2", "2026-03-04T09:00")
	receive("2026-03-04T10:00") // the same request again
	if c := s.contact(t, "c"); c.Field(followup.FieldFirst) != "Anna again" || c.Forgotten() || c.Erased.IsZero() {
		t.Fatalf("after the new order: %+v", c)
	}
	must(t, s.run(t.Context(), at("2026-04-10T10:00")))
	sent := s.accepted(t)
	if len(sent) != 1 || sent["main/2/help/-/1"] != 1 {
		t.Errorf("sent %v, want the service mail of the new order alone", sent)
	}
	redact.Key, redact.At = "r2", at("2026-04-11T10:00")
	receive("2026-04-11T10:00")
	if c := s.contact(t, "c"); len(c.Fields) > 0 || !c.Forgotten() {
		t.Errorf("asked a second time, and there is still %v", c.Fields)
	}
}

// The order's own erasure works for a second order as for the first.
func TestErasedOrderByOrder(t *testing.T) {
	s := shopOf(t, "steps:\n"+ask("help", "service", ""), memory.New(), nil, nil, nil)
	s.bought(t, "main/1")
	must(t, s.tell(t.Context(), at("2026-03-03T10:00"), happened("gone", followup.PersonErased, "2026-03-03T10:00")))
	ordered(t, s, "main/2", "2026-03-04T09:00")
	must(t, s.Again(t.Context(), at("2026-03-04T10:00"), []followup.JourneyID{"main/1"})) // does not erase again
	if c := s.contact(t, "c"); c.Field(followup.FieldMail) == "" {
		t.Fatal("the new order's address is gone")
	}
	gone := happened("gone", followup.PersonErased, "2026-03-05T10:00")
	must(t, s.Enroll(t.Context(), at("2026-03-05T10:00"), []engine.Group{{Journey: "main/2", Events: []followup.Event{gone}}})[0])
	if c := s.contact(t, "c"); len(c.Fields) > 0 {
		t.Errorf("the second erasure left %v", c.Fields)
	}
	must(t, s.run(t.Context(), at("2026-04-10T10:00")))
	if sent := s.accepted(t); len(sent) > 0 {
		t.Errorf("sent %v", sent)
	}
}
