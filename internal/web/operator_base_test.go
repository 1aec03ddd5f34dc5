package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"aftersales/internal/web"
)

// Below a base every link, form and redirect of the operators' pages stays
// below it, and is answered there.
func TestOperatorBelowABase(t *testing.T) {
	const base = "/console"
	w := newTown(t, func(_ *town, _ *web.PublicConfig, oc *web.OperatorConfig) { oc.Base, oc.Mailbox = base, nil })
	id := w.sell("1001", 1)
	seen := map[string]bool{base + "/": true}
	for todo := []string{base + "/"}; len(todo) > 0; todo = todo[1:] {
		rec := w.get(w.operator, todo[0])
		if rec.Code != http.StatusOK && rec.Code != http.StatusMethodNotAllowed && rec.Code != http.StatusNotFound {
			t.Errorf("GET %s: %d", todo[0], rec.Code)
		}
		for _, link := range hrefs(rec.Body.String()) {
			if !strings.HasPrefix(link, base+"/") {
				t.Errorf("%s leads to %s", todo[0], link)
			}
			if !seen[link] {
				seen[link] = true
				todo = append(todo, link)
			}
		}
	}
	if !seen[base+"/orders/main/1001"] || !seen[base+"/cases/open"] {
		t.Errorf("seen %v, want the order's story and the form that opens a case", seen)
	}
	rec := w.send(w.operator, base+"/cases/open", url.Values{"order": {string(id)}, "reason": {"broken"}, "text": {"it leaks"}, "by": {"Mia"}, "back": {"/cases"}})
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != base+"/cases?said=opened" {
		t.Errorf("a posted form leads to %d %s", rec.Code, rec.Header().Get("Location"))
	}
	if rec := w.get(w.operator, "/cases"); rec.Code != http.StatusNotFound {
		t.Errorf("GET outside of the base: %d", rec.Code)
	}
}
