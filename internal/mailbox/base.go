package mailbox

import "strings"

// withBase puts a base element where the browser reads it first: inside the
// head, after the doctype, so that the page keeps its standards mode.
func withBase(html string) string {
	const base = `<base target="_blank">`
	lower := strings.ToLower(html)
	for _, tag := range []string{"<head", "<html", "<!doctype"} {
		start := strings.Index(lower, tag)
		if start < 0 || len(lower) != len(html) {
			continue
		}
		if end := strings.IndexByte(html[start:], '>'); end >= 0 {
			at := start + end + 1
			return html[:at] + base + html[at:]
		}
	}
	return base + html
}
