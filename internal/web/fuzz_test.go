package web_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"aftersales/internal/followup"
	"aftersales/internal/memory"
)

// FuzzForms: whatever is posted to a customer's pages, it is taken whole or refused, and nothing of it
// is kept or shown that hides or turns around what stands there.
func FuzzForms(f *testing.F) {
	const plain = "application/x-www-form-urlencoded"
	for _, form := range []string{
		"answer=problem&unit=l1%2F1&rating=2&text=It+leaks%0D%0A%00%E2%80%AE&call_me=on", "answer=works&unit=all", "rating=5", "answer=a&answer=b", "unit=%zz",
		"List-Unsubscribe=One-Click", "undo=1", "text=%ff%fe%3Cscript%3E", "answer=help;unit=all",
	} {
		f.Add(plain, form)
	}
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"answer\"\r\n\r\nworks\r\n--x--\r\n")
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"text\"; filename=\"a\"\r\n\r\nx\r\n--x--\r\n")
	codes := []int{200, 303, 400, 413, 422}
	w := newTown(f)
	f.Fuzz(func(t *testing.T, kind, form string) {
		w.t, w.now, w.store.Store = t, start, memory.New()
		id := w.sell("1001", 2)
		for _, path := range []string{w.answerPath(id), w.stopPath(id, followup.Feedback)} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form))
			r.Header.Set("Content-Type", kind)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			rec := w.do(w.public, r)
			if !slices.Contains(codes, rec.Code) {
				t.Errorf("%s answers %d", path[:3], rec.Code)
			}
			said := len(w.journey(id).Head.Facts.Answers)
			if rec.Code == http.StatusSeeOther && said == 0 || rec.Code != http.StatusSeeOther && strings.HasPrefix(path, "/a/") && said > 0 {
				t.Errorf("%d, and %d answers are kept", rec.Code, said)
			}
			for _, page := range []string{rec.Body.String(), w.get(w.public, path).Body.String()} {
				if strings.ContainsFunc(page, hides) || strings.Contains(body(page), "<script") {
					t.Errorf("the page shows\n%q", body(page))
				}
			}
		}
		for _, text := range w.contact(id).Texts {
			if strings.ContainsFunc(text.Body, hides) || len(text.Body) > 4096 {
				t.Errorf("kept is %q", text.Body)
			}
		}
		w.pass(4 * 24 * time.Hour) // what was said leaves nothing that cannot be decided
		for _, row := range w.journey(id).Rows {
			if row.State == followup.Parked || row.HeldFor == "fault" {
				t.Errorf("%s is %s", row.ID, row.State)
			}
		}
	})
}

// hides tells what is no text: controls, and what turns the direction of other text.
func hides(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}
