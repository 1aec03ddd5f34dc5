package cloud_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// An order may be called anything. An HTTP API decodes the path on its way, and
// cuts it at a question mark; the console's links survive that.
func TestOrdersOfAnyNameHaveAPage(t *testing.T) {
	orders := []string{"1001", "2026/1001", "A%41", "100%25", "what?", "#7", "a b", "..", "é+1", "a//b", "x~y"}
	b := newBrowser(t)
	b.login()
	for _, order := range orders {
		b.s.accept(bought(order, b.s.Now()))
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`href="(/console/orders/main[^"]*)"`).FindAllStringSubmatch(b.do("GET", "/console/orders", nil, nil).Body, -1) {
		out := b.do("GET", html.UnescapeString(m[1]), nil, nil)
		title := regexp.MustCompile(`<h1>[^\n]*Order #?(?:<bdi>)?#?([^<]+)`).FindStringSubmatch(out.Body)
		if out.StatusCode != http.StatusOK || title == nil {
			t.Errorf("%s: %d", m[1], out.StatusCode)
			continue
		}
		seen[strings.TrimSpace(html.UnescapeString(title[1]))] = true
	}
	for _, order := range orders {
		if !seen[strings.TrimPrefix(order, "#")] {
			t.Errorf("no link leads to order %q: %v", order, seen)
		}
	}
	// A bookmark of before, and a link that somebody typed.
	if out := b.do("GET", "/console/orders/main/2026%2F1001", nil, nil); out.StatusCode != http.StatusOK {
		t.Errorf("a path with a slash that was decoded: %d", out.StatusCode)
	}
}
