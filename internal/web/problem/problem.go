// Package problem answers programs: JSON, and errors as RFC 9457 has them.
package problem

import (
	"encoding/json"
	"net/http"
)

// Problem is an error for machines (RFC 9457). It names fields, never values.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Mend   string `json:"mend,omitempty"` // what to do about it, with an example
}

// New makes a problem of a stable kind, such as "signature". mend says what to do
// about it.
func New(status int, kind, detail, mend string) Problem {
	return Problem{
		Type: "urn:problem:aftersales:" + kind, Title: http.StatusText(status), Status: status, Detail: detail, Mend: mend,
	}
}

// Write answers with the problem.
func (p Problem) Write(w http.ResponseWriter) {
	JSON(w, "application/problem+json", p.Status, p)
}

// JSON answers with v, which must be encodable, under the media type kind.
func JSON(w http.ResponseWriter, kind string, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the reader is gone: nobody to tell
}
