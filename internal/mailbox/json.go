package mailbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/followup"
)

// Pages of messages.
const (
	defaultPage = 100
	longestPage = 1000
)

// message is a mail as machines see it; docs/operations.md documents it.
type message struct {
	ID       string              `json:"id"`
	FollowUp followup.FollowUpID `json:"follow_up"`
	To       string              `json:"to"` // bare address
	Subject  string              `json:"subject"`
	SentAt   time.Time           `json:"sent_at"` // UTC
	Headers  map[string]string   `json:"headers"`
	Text     string              `json:"text"`
	HTML     string              `json:"html"`
}

type messagePage struct {
	Messages []message `json:"messages"` // newest first
	Next     *string   `json:"next"`     // before= of the next page; null after the last
}

func (h *handler) messages(w http.ResponseWriter, r *http.Request) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		problem(w, http.StatusBadRequest, "query", "the query cannot be read", "write it as ?limit=100&before=ID")
		return
	}
	limit, ok := pageSize(q.Get("limit"))
	if !ok {
		problem(w, http.StatusBadRequest, "query", "limit is no number from 1 to "+strconv.Itoa(longestPage), "send limit=100, or leave it out")
		return
	}
	if !pageMark(q.Get("before")) {
		problem(w, http.StatusBadRequest, "query", "before is no id of a message", "send the next of the page before, or leave it out for the newest")
		return
	}
	mail, next, err := h.storage.Mail(r.Context(), limit, q.Get("before"))
	if err != nil {
		h.log.ErrorContext(r.Context(), "mailbox not readable", "error", err)
		problem(w, http.StatusServiceUnavailable, "store", "the mailbox cannot be read just now", "try again in a few seconds")
		return
	}
	page := messagePage{Messages: make([]message, 0, len(mail))}
	for _, m := range mail {
		page.Messages = append(page.Messages, newMessage(m))
	}
	if next != "" {
		page.Next = &next
	}
	answer(w, http.StatusOK, "application/json", page)
}

// pageSize reads a limit; "" is the default.
func pageSize(s string) (int, bool) {
	if s == "" {
		return defaultPage, true
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= longestPage
}

// pageMark reports whether a before could be an id: those are digits. One whose
// message is gone, after 35 days, is still a mark; nothing is left below it.
func pageMark(s string) bool { return strings.Trim(s, "0123456789") == "" && len(s) <= 18 }

func newMessage(m followup.Stored) message {
	return message{
		ID: m.ID, FollowUp: m.FollowUp, To: m.To.Mail, Subject: m.Subject, SentAt: m.At.UTC(),
		Headers: headers(m), Text: m.Text, HTML: m.HTML,
	}
}

// headers are those the mail would have on the wire, decoded.
func headers(m followup.Stored) map[string]string {
	all := maps.Clone(m.Headers)
	if all == nil {
		all = map[string]string{}
	}
	all["From"], all["To"] = addressText(m.From), addressText(m.To)
	if m.ReplyTo.Mail != "" {
		all["Reply-To"] = addressText(m.ReplyTo)
	}
	all["Subject"], all["Message-ID"] = m.Subject, "<"+m.MessageID+">"
	all["Date"] = m.At.UTC().Format(time.RFC1123Z)
	return all
}

func addressText(a followup.Address) string {
	if a.Name == "" {
		return a.Mail
	}
	return a.Name + " <" + a.Mail + ">"
}

// problem answers as RFC 9457 says, with a stable kind as the webhooks have it.
func problem(w http.ResponseWriter, status int, kind, detail, mend string) {
	answer(w, status, "application/problem+json", struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		Mend   string `json:"mend"` // what to do about it
	}{"urn:problem:aftersales:" + kind, http.StatusText(status), status, detail, mend})
}

func answer(w http.ResponseWriter, status int, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil { // no value here can fail to marshal
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the reader is gone: nobody to tell
}
