package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A link that asks for a review leads to a page that asks for one: stars and
// words first, and no answer about how it goes is demanded.
func TestReviewPage(t *testing.T) {
	w := newTown(t)
	id := w.sell("1001", 1)
	path := w.answerPath(id) + "?ask=review"
	page := w.get(w.public, path).Body.String()
	must(t, page, "<title>Would you write a review?", "Your review", "1 is not at all", `name="rating" value="5"`, `name="text"`, "Send review", `value="problem"`, "How is it working? <small>(optional)")
	mustNot(t, page, "required", " checked", "Choose one.")
	if strings.Index(page, `name="rating"`) > strings.Index(page, `name="answer"`) || len(page) >= 15_000 {
		t.Errorf("what is asked for does not come first, in %d bytes", len(page))
	}
	rec := w.send(w.public, path, url.Values{})
	if rec.Code != http.StatusUnprocessableEntity {
		t.Errorf("nothing at all: %d", rec.Code)
	}
	must(t, rec.Body.String(), "Please choose how satisfied you are, or write a few words.")

	rec = w.send(w.public, path, url.Values{"rating": {"4"}, "text": {"Quiet, but slow."}})
	if to := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || !strings.HasSuffix(to, "?ask=review") {
		t.Fatalf("a review: %d, leads to %q", rec.Code, to)
	}
	must(t, w.get(w.public, path).Body.String(), "Thank you", "4 of 5", "We have your note", "Would you write a review?")
	a := w.journey(id).Head.Facts.Answers
	if len(a) != 1 || a[0].Rating != 4 || a[0].Value != "" || w.contact(id).Texts[0].Body != "Quiet, but slow." {
		t.Errorf("kept %+v", a)
	}
}

// An order of many units fits the page, which stays light.
func TestAnswerOfManyUnits(t *testing.T) {
	for name, units := range map[string]int{"eighty": 80, "a thousand": 1000} {
		w := newTown(t)
		body := strings.Replace(orderBody("1001", "Anna", 1, "Laundry"), `"quantity":1`, fmt.Sprintf(`"quantity":%d`, units), 1)
		w.post(body)
		w.post(deliveredBody("1001"))
		w.enroll()
		path := w.answerPath("main/1001")
		page := w.get(w.public, path).Body.String()
		must(t, page, `<select id="unit" name="unit" required`, `<option value="l1/1">`, fmt.Sprintf("washing machine (1 of %d)", units), `<option value="all">All of them`)
		mustNot(t, page, "selected")
		if len(page) >= 15_000 {
			t.Errorf("%s: %d bytes", name, len(page))
		}
		if more := strings.Contains(page, "one that is not in the list"); more != (units == 1000) {
			t.Errorf("%s: says that some are missing: %v", name, more)
		}
		must(t, w.follow(path, url.Values{"answer": {"works"}, "unit": {"l1/7"}}), fmt.Sprintf("washing machine (7 of %d)", units), "It works well")
	}
}
