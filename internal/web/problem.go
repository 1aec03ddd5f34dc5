package web

import (
	"encoding/json"
	"net/http"
)

// problem is an error for machines (RFC 9457). It names fields, never values.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Mend   string `json:"mend,omitempty"` // what to do about it, with an example
}

// newProblem makes a problem of a stable kind, such as "signature".
func newProblem(status int, kind, detail, mend string) problem {
	return problem{
		Type: "urn:problem:aftersales:" + kind, Title: http.StatusText(status), Status: status, Detail: detail, Mend: mend,
	}
}

func (p problem) write(w http.ResponseWriter) {
	writeJSON(w, "application/problem+json", p.Status, p)
}

// writeJSON answers with v, which must be encodable.
func writeJSON(w http.ResponseWriter, kind string, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the reader is gone: nobody to tell
}
