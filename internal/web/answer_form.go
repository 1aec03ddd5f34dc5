package web

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"aftersales/internal/followup"
)

const (
	maxForm = 64 << 10 // bytes of a posted form
	maxText = 4096     // bytes of what a customer writes
)

// answerValues are the answers a customer can choose, in the order shown.
var answerValues = [...]string{"works", "problem", "help", "not-yet"}

// allUnits is the choice of somebody who speaks of everything at once.
const allUnits = "all"

// form is an answer as it was filled in. The zero form is an empty one.
type form struct {
	Lead   string // the answer tapped in the mail: shown first, never chosen for the customer
	Answer string
	Unit   string
	Rating int
	Text   string
	CallMe bool
	Faults []string

	unit followup.UnitKey
}

// readForm reads a posted answer. With faults the status says which kind.
func readForm(w http.ResponseWriter, r *http.Request, a *asked) (f form, status int) {
	values, err := posted(w, r)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return form{Faults: []string{a.t.TooLong}}, http.StatusRequestEntityTooLarge
		}
		return form{Faults: []string{a.t.WrongForm}}, http.StatusBadRequest
	}
	f = form{
		Answer: values.Get("answer"), Unit: values.Get("unit"), Text: cleanText(values.Get("text")),
		CallMe: values.Get("call_me") != "",
	}
	rating, err := strconv.Atoi(values.Get("rating"))
	if err == nil && rating >= 1 && rating <= 5 {
		f.Rating = rating
	} else if values.Get("rating") != "" {
		f.Faults = append(f.Faults, a.t.WrongForm)
	}
	f.check(a, values)
	return f, http.StatusUnprocessableEntity
}

func (f *form) check(a *asked, values url.Values) {
	for _, name := range []string{"answer", "unit", "rating", "text", "call_me"} {
		if len(values[name]) > 1 { // which one was meant?
			f.Faults = append(f.Faults, a.t.WrongForm)
			return
		}
	}
	switch {
	case f.Answer == "" && f.Rating == 0 && f.Text == "" && !f.CallMe:
		f.Faults = append(f.Faults, a.nothing())
	case f.Answer != "" && !slices.Contains(answerValues[:], f.Answer):
		f.Answer = ""
		f.Faults = append(f.Faults, a.t.NoAnswer)
	}
	f.choose(a)
	if over := len(f.Text) - maxText; over > 0 {
		f.Faults = append(f.Faults, a.t.excess(utf8.RuneCountInString(f.Text[maxText:])))
	}
}

// choose finds the unit the answer is about. With one there is no question.
func (f *form) choose(a *asked) {
	switch {
	case f.Unit == allUnits && len(a.units) > 1:
		return
	case f.Unit == "" && len(a.units) == 1:
		f.unit = a.units[0].Key
		return
	case len(a.units) == 0 && f.Unit == "":
		return
	}
	for _, u := range a.units {
		if f.Unit == string(u.Key) {
			f.unit = u.Key
			return
		}
	}
	f.Unit = ""
	f.Faults = append(f.Faults, a.t.NoUnit)
}

// posted reads the body of a form, never the query.
func posted(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		if err := r.ParseMultipartForm(maxForm); err != nil { //nolint:gosec // the body is bounded above
			return nil, err
		}
		return url.Values(r.MultipartForm.Value), nil
	}
	err = r.ParseForm()
	return r.PostForm, err
}

// cleanText makes what a customer wrote storable: valid UTF-8, plain line ends,
// no control characters, nothing that turns the direction of other text.
func cleanText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	return strings.TrimSpace(strip(s, true))
}
