package mailbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strconv"
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
		problem(w, http.StatusBadRequest, "the query cannot be read")
		return
	}
	limit, ok := pageSize(q.Get("limit"))
	if !ok {
		problem(w, http.StatusBadRequest, "limit has to be a number from 1 to "+strconv.Itoa(longestPage)+", such as limit=100")
		return
	}
	mail, next, err := h.storage.Mail(r.Context(), limit, q.Get("before"))
	if err != nil {
		h.log.ErrorContext(r.Context(), "mailbox not readable", "error", err)
		problem(w, http.StatusServiceUnavailable, "the mailbox cannot be read just now")
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

// problem answers as RFC 9457 says.
func problem(w http.ResponseWriter, status int, detail string) {
	answer(w, status, "application/problem+json", struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{http.StatusText(status), status, detail})
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
