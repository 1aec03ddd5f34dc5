package source_test

import (
	"encoding/json"
	"strings"
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/source"
)

const paid = `{"specversion":"1.0","id":"e1","source":"s","type":"order.paid","time":"2026-03-05T11:42:00Z","data":{"order":{"id":"1"}}`

func TestBodiesThatAreNoJSON(t *testing.T) {
	for _, b := range []string{
		"", " ", "{", "}", "nul", "{]", `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`, `{a:1}`, `{'a':1}`, `{"a":01}`, `{"a":+1}`, `{"a":.5}`,
		`{"a":1.}`, `{"a":1e}`, `{"a":-}`, `{"a":NaN}`, `{"a":tru}`, `{"a":"x}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a":"\u12`, "{\"a\":\"\n\"}", `{"a":[1,]}`,
		`{"a":[1 2]}`, paid, paid + "}}", paid + "} {}", paid + "}x", paid + "}\x00", "\ufeff" + paid + "}", "a=b&c=d", "<xml/>",
		paid + `,"z":"\`, paid + `,"z":[`, paid + `,"z":{"y":`,
	} {
		for _, name := range []string{"generic", "shopify"} {
			f := refuse(t, name, map[string]string{"shopify": "orders/create"}[name], []byte(b))
			if f.Status != 422 || f.Kind != "malformed" {
				t.Errorf("%s %q: %+v", name, b, f)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	deep := func(n int) string { return paid + `,"z":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}" }
	if _, err := lookup(t, "generic").Translate(incoming("generic", "", []byte(deep(63))), env()); err != nil {
		t.Errorf("64 levels: %v", err)
	}
	if f := refuse(t, "generic", "", []byte(deep(64))); !strings.Contains(f.Detail, "deeper than 64") {
		t.Errorf("65 levels: %v", f)
	}
	refuse(t, "generic", "", []byte(paid+`,"z":`+strings.Repeat(`{"a":`, 200_000)))
	refuse(t, "shopify", "orders/create", []byte(strings.Repeat("[", 500_000)))
	if f := refuse(t, "generic", "", []byte(paid+`,"z":"`+strings.Repeat("x", 1<<20)+`"}`)); f.Status != 413 || f.Kind != "too-large" {
		t.Errorf("over a megabyte: %v", f)
	}
	if f := refuse(t, "generic", "", []byte(paid+`,"z":"`+"\xff"+`"}`)); !strings.Contains(f.Detail, "UTF-8") {
		t.Errorf("not UTF-8: %v", f)
	}
	lines := func(n int) []byte {
		return cloud("order.created", `{"order":{"id":"1","lines":[`+strings.TrimSuffix(strings.Repeat(`{"id":"X","quantity":1},`, n), ",")+`]}}`)
	}
	if f := refuse(t, "generic", "", lines(1001)); f.Detail != "data.order.lines has more than 1000 elements" {
		t.Errorf("1001 lines: %v", f)
	}
	if f := refuse(t, "generic", "", lines(1000)); f.Detail != "data.order.lines[1].id stands twice" {
		t.Errorf("1000 lines: %v", f)
	}
}

// A repeated name counts the last time, whole: nothing of the first stays.
func TestRepeatedNames(t *testing.T) {
	e := generic(t, "order.created", `{"order":{"id":"1","customer":{"id":"7","name":"Anna"},"customer":{"id":"8"},"lines":[{"id":"a","quantity":1}],"lines":[{"id":"b","quantity":2}]}}`)
	if e.Facts.CustomerRef != "8" || e.Person != nil || len(e.Lines) != 1 || e.Lines[0].ID != "b" {
		t.Errorf("got %+v %+v", e.Facts, e.Lines)
	}
	if e := generic(t, "order.created", `{"order":{"id":"1","ID":"2","number":"a","number":null}}`); e.Order != "1" || e.Facts.Number != "" {
		t.Errorf("names are exact, null takes back: %+v", e)
	}
}

func TestTextIsCleaned(t *testing.T) {
	name := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		e := generic(t, "order.updated", `{"order":{"id":"1","customer":{"name":`+string(b)+`}}}`)
		if e.Person == nil {
			return ""
		}
		return e.Person.Name
	}
	for in, want := range map[string]string{
		"Anna": "Anna", " Anna\tB\nC ": "Anna B C", "An\x00na\x7f": "Anna", "\u202eannA\u202c": "annA", "\u2066x\u2069": "x", "\u202ax": "x", "x\u2068y": "xy", "\x00": "",
		"Zoë 🎉 家": "Zoë 🎉 家", "\ufeffx": "x", "a***": "", "\u0085x": "x", "<b>": "<b>",
	} {
		if got := name(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	if got := name(strings.Repeat("é", 600)); len(got) != 1000 || !strings.HasSuffix(got, "é") {
		t.Errorf("a long name has %d bytes", len(got))
	}
}

func TestEscapes(t *testing.T) {
	for in, want := range map[string]string{
		`A\u006ea`: "Ana", `\"\\\/`: `"\/`, `\ud83c\udf89`: "🎉", `\ud83c`: "\ufffd", `\ud83cx`: "\ufffdx", `\udf89\ud83c`: "\ufffd\ufffd",
		`\ud83c\u0041`: "\ufffdA", `\b\f\n\r\tx`: "x", `\u00E9\u00e9`: "éé",
	} {
		e := generic(t, "order.updated", `{"order":{"id":"1","number":"`+in+`"}}`)
		if e.Facts.Number != want {
			t.Errorf("%s is %q, want %q", in, e.Facts.Number, want)
		}
	}
	if e := generic(t, "order.updated", `{"ord\u0065r":{"id":"1","number":"2"}}`); e.Facts.Number != "2" {
		t.Error("an escaped name is another name")
	}
}

// Absent, null and "" mean the same, and so do empty objects and arrays; null is no
// array, though.
func TestNothingIsNothing(t *testing.T) {
	for _, nothing := range []string{`null`, `""`} {
		var fields []string
		for _, f := range []string{"number", "currency", "total", "test", "channel", "customer", "address", "tags", "lines"} {
			if nothing != `null` || f != "tags" && f != "lines" {
				fields = append(fields, `"`+f+`":`+nothing)
			}
		}
		e := generic(t, "order.updated", `{"at":`+nothing+`,"order":{"id":"1",`+strings.Join(fields, ",")+`}}`)
		if e.Person != nil || e.Lines != nil || e.Facts.Number != "" || e.Facts.Total != nil || e.Facts.Test != nil || e.Facts.Tags != nil || !e.At.IsZero() {
			t.Errorf("%s states %+v", nothing, e.Facts)
		}
	}
	e := generic(t, "order.updated", `{"order":{"id":"1","customer":[],"lines":{},"address":[ ],"tags":{ }}}`)
	if e.Person != nil || e.Lines != nil {
		t.Errorf("empty ones state %+v", e)
	}
	for _, u := range []string{`null`, `""`, `[]`, `{}`} {
		refuse(t, "generic", "", cloud("unit.installed", `{"order":{"id":"1"},"unit":`+u+`}`))
	}
	e = generic(t, "unit.installed", `{"unit":{"order":"1","line":"l1","index":""}}`)
	if *e.Unit != (followup.UnitRef{Line: "l1"}) {
		t.Errorf("no index: %+v", e.Unit)
	}
}

// null where a list belongs is refused, and named, wherever a list stands: nobody
// knows what was in it. Shopify's own bodies hold such lists.
func TestNullIsNoList(t *testing.T) {
	for where, data := range map[string]string{
		"data.lines":                   `{"order":{"id":"1"},"lines":null}`,
		"data.lines[0].serials":        `{"order":{"id":"1"},"lines":[{"id":"l1","serials": null}]}`,
		"data.order.lines":             `{"order":{"id":"1","lines":null}}`,
		"data.order.lines[1].serials":  `{"order":{"id":"1","lines":[{"id":"a","quantity":1},{"id":"b","quantity":1,"serials":null}]}}`,
		"data.order.tags":              `{"order":{"id":"1","tags":null}}`,
		"data.order.customer.consents": `{"order":{"id":"1","customer":{"email":"a@example.com","consents":null}}}`,
	} {
		for _, typ := range []string{"order.created", "order.updated", "order.delivered"} {
			f := refuse(t, "generic", "", cloud(typ, data))
			if f.Kind != source.FaultType || f.Detail != where+" is null" || !strings.Contains(f.Mend, "an array") {
				t.Errorf("%s %s: %+v", typ, data, f)
			}
		}
	}
	if e := statement(t, `"line_items": null, "note_attributes": null, "tags": null`); len(e.Lines)+len(e.Facts.Tags) > 0 {
		t.Errorf("of Shopify: %+v", e)
	}
}

// Faults name fields, never what stands in them.
func TestFaultsHoldNothingPersonal(t *testing.T) {
	for _, data := range []string{
		`{"order":{"id":"1","customer":{"zone":"secret","email":"secret@example.com"}}}`,
		`{"order":{"id":"1","customer":{"language":"secret secret"}}}`,
		`{"order":{"id":"1","total":"secret"}}`, `{"order":{"id":"1","test":"secret"}}`, `{"order":{"id":"1","lines":[{"id":"a","quantity":"secret"}]}}`,
		`{"at":"secret","order":{"id":"1"}}`, `{"order":{"id":"1","customer":{"consents":[{"purpose":"secret"}]}}}`, `{"order":{"id":"1","address":{"country":"secret"}}}`,
	} {
		if f := refuse(t, "generic", "", cloud("order.updated", data)); strings.Contains(f.Error(), "secret") {
			t.Errorf("%s: %v", data, f)
		}
	}
}
