package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
)

// answered gives the values of the answers so far, with their units and mails.
func answered(t *testing.T, s *shop) (out []string) {
	t.Helper()
	for _, a := range s.journey(t).Head.Facts.Answers {
		out = append(out, fmt.Sprintf("%s %s %s", a.Unit, a.Value, a.FollowUp))
	}
	return out
}

// An answer is a second click only if it says what counts now: another mail,
// another unit or the whole order may have said something since.
func TestAnswerThatCountsAgain(t *testing.T) {
	const a, b = followup.FollowUpID("main/1/set-up/-/1"), followup.FollowUpID("main/1/check-in/-/1")
	type word struct {
		mail        followup.FollowUpID
		unit, value string
	}
	for name, c := range map[string]struct {
		words []word
		kept  int // of the words, from the last that are kept
	}{
		"another mail said otherwise":          {[]word{{a, "l1/1", "works"}, {b, "l1/1", "problem"}, {a, "l1/1", "works"}}, 3},
		"another mail said the same":           {[]word{{a, "l1/1", "works"}, {b, "l1/1", "works"}}, 2},
		"all of them said otherwise":           {[]word{{a, "l1/2", "works"}, {a, "", "not-yet"}, {a, "l1/2", "works"}}, 3},
		"one of them said otherwise":           {[]word{{a, "", "works"}, {a, "l1/2", "not-yet"}, {a, "", "works"}}, 3},
		"a second click":                       {[]word{{a, "l1/2", "works"}, {a, "l1/2", "works"}}, 1},
		"a second click, of another unit, too": {[]word{{a, "l1/2", "works"}, {a, "l1/1", "not-yet"}, {a, "l1/2", "works"}}, 2},
		"a second click of a problem":          {[]word{{a, "l1/2", "problem"}, {a, "l1/2", "problem"}}, 1},
	} {
		s, now := sold(t), at("2026-03-05T09:00")
		for _, w := range c.words {
			now = now.Add(time.Second)
			if _, err := s.Answer(t.Context(), now, engine.Said{Journey: journeyID, FollowUp: w.mail, Unit: followup.UnitKey(w.unit), Value: w.value, By: "page"}); err != nil {
				t.Fatal(err)
			}
		}
		if got := answered(t, s); len(got) != c.kept {
			t.Errorf("%s: kept %q, want %d", name, got, c.kept)
		}
	}
}

// What breaks again after its case was closed is a case of its own, by the same
// link and the same words, and so is it while the case of another thing is open.
func TestProblemAfterItsCaseWasClosed(t *testing.T) {
	s, now := sold(t), at("2026-03-05T09:00")
	problem := engine.Said{Journey: journeyID, FollowUp: "main/1/check-in/-/1", Unit: "l1/1", Value: "problem", By: "page"}
	tell := func(want int) {
		t.Helper()
		heard, err := s.Answer(t.Context(), now, problem)
		must(t, err)
		if n := len(s.journey(t).Head.Facts.Cases); heard.Case != want || n != want {
			t.Fatalf("heard case %d of %d, want %d", heard.Case, n, want)
		}
	}
	tell(1)
	closed := func(id followup.CaseID) {
		t.Helper()
		_, err := s.Case(t.Context(), now, engine.CaseWord{Case: id, Type: followup.CaseClosed, Reason: "repaired"})
		must(t, err)
	}
	now = now.Add(time.Minute)
	closed("main/1-1")
	tell(2) // a minute later
	closed("main/1-2")
	now = now.AddDate(0, 0, 18)
	tell(3)
	now = now.AddDate(0, 0, 1)
	tell(3) // still open: no other case, but it was said again
	if got := answered(t, s); len(got) != 4 {
		t.Errorf("answers %q, want four", got)
	}
}

// A second click of a form with a text keeps one answer and one text; another
// text is another answer.
func TestSecondClickWithText(t *testing.T) {
	s, now := sold(t), at("2026-03-05T09:00")
	for _, text := range []string{"it leaks", "it leaks", "it leaks from below"} {
		now = now.Add(time.Second)
		_, err := s.Answer(t.Context(), now, engine.Said{Journey: journeyID, Unit: "l1/1", Value: "problem", Text: text, By: "page"})
		must(t, err)
	}
	var texts []string
	for _, x := range s.contact(t, "c").Texts {
		texts = append(texts, x.Body)
	}
	if got := answered(t, s); len(got) != 2 || !slices.Equal(texts, []string{"it leaks", "it leaks from below"}) {
		t.Errorf("answers %q with texts %q", got, texts)
	}
}
