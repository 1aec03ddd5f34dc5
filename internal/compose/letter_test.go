package compose_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/compose"
	"aftersales/internal/followup"
	"aftersales/messages"
)

// TestEnvelope fills all that a channel needs.
func TestEnvelope(t *testing.T) {
	m, err := newComposer(t).Compose(letter(t, "check-in"))
	if err != nil {
		t.Fatal(err)
	}
	if m.HTML == "" || m.Text == "" || m.Phone != "" {
		t.Errorf("HTML %d, text %d bytes, phone %q", len(m.HTML), len(m.Text), m.Phone)
	}
	m.HTML, m.Text = "", ""
	want := followup.Message{
		FollowUp:  "main/5001/check-in/-/1",
		Attempt:   "a1",
		Shop:      "main",
		Class:     followup.Feedback,
		Language:  "en",
		From:      followup.Address{Name: "Nordlicht Haushalt", Mail: "service@nordlicht.example"},
		ReplyTo:   followup.Address{Name: "Nordlicht Haushalt", Mail: "hilfe@nordlicht.example"},
		To:        followup.Address{Name: "Anna Berg", Mail: "anna@customer.example"},
		Subject:   "How is your washing machine working?",
		Preview:   "It takes ten seconds. If something is wrong, we will put it right.",
		MessageID: "e4db68c5c5acf1747c577e0a062d26cb@nordlicht.example",
		Headers: map[string]string{
			"List-Unsubscribe":         "<https://shop.example/u/token-of-unsubscribe>",
			"List-Unsubscribe-Post":    "List-Unsubscribe=One-Click",
			"Auto-Submitted":           "auto-generated",
			"X-Auto-Response-Suppress": "OOF, AutoReply",
			"Content-Language":         "en",
		},
		Unsubscribe: "https://shop.example/u/token-of-unsubscribe",
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
}

// TestMessageID is the same for each attempt and later day, and another for another follow-up.
func TestMessageID(t *testing.T) {
	c := newComposer(t)
	id := func(change func(*followup.Letter)) string {
		l := letter(t, "check-in")
		change(&l)
		m, err := c.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		return m.MessageID
	}
	first := id(func(*followup.Letter) {})
	if again := id(func(l *followup.Letter) { l.Attempt, l.Now = "a2", now.AddDate(0, 0, 3) }); again != first {
		t.Errorf("second attempt has %s, first %s", again, first)
	}
	if other := id(func(l *followup.Letter) { l.Row.ID += "0" }); other == first {
		t.Error("two follow-ups have one Message-ID")
	}
	for _, bad := range []string{"", "service", "service@", "a@b@c", "a@b>\r\nBcc: c"} {
		l := letter(t, "check-in")
		l.Shop.Sender = bad
		if _, err := c.Compose(l); err == nil {
			t.Errorf("sender %q goes out", bad)
		}
	}
}

// TestOneClick is offered where RFC 8058 allows it.
func TestOneClick(t *testing.T) {
	for base, want := range map[string]bool{
		"https://shop.example":  true,
		"http://127.0.0.1:8080": true,
		"http://localhost:8080": true,
		"http://[::1]:8080":     true,
		"http://shop.example":   false,
	} {
		c, err := compose.New(compose.Options{Defaults: messages.Files(), Links: testLinks{base}})
		if err != nil {
			t.Fatal(err)
		}
		m, err := c.Compose(letter(t, "set-up"))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := m.Headers["List-Unsubscribe-Post"]; ok != want {
			t.Errorf("%s: one click is %v", base, ok)
		}
		if m.Headers["List-Unsubscribe"] != "<"+base+"/u/token-of-unsubscribe>" {
			t.Errorf("List-Unsubscribe is %s", m.Headers["List-Unsubscribe"])
		}
	}
	for _, base := range []string{"", "shop.example", "javascript:x", "https://x.example/\r\nBcc: y", "https://x.example/>"} {
		c, err := compose.New(compose.Options{Defaults: messages.Files(), Links: testLinks{base}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Compose(letter(t, "set-up")); err == nil {
			t.Errorf("links to %q go out", base)
		}
	}
}

// TestAnswerLinks carry the answer in the HTML, and come once in the text.
func TestAnswerLinks(t *testing.T) {
	l := letter(t, "check-in")
	m, err := newComposer(t).Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []string{"works", "problem", "help", "not-yet"} {
		if n := strings.Count(m.HTML, `href="https://shop.example/a/token-of-answer?answer=`+a+`"`); n != 1 {
			t.Errorf("%d buttons for %s", n, a)
		}
	}
	if n := strings.Count(m.Text, "/a/token-of-answer"); n != 1 || strings.Contains(m.Text, "answer=") {
		t.Errorf("the text has %d links to the answer page:\n%s", n, m.Text)
	}
	c, err := compose.New(compose.Options{Defaults: messages.Files(), Links: queryLinks{}})
	if err != nil {
		t.Fatal(err)
	}
	if m, err = c.Compose(l); err != nil || !strings.Contains(m.HTML, `href="https://x.example/a?t=1&amp;answer=works"`) {
		t.Errorf("address with a query: %v", err)
	}
}

type queryLinks struct{}

func (queryLinks) Answer(followup.Letter) string      { return "https://x.example/a?t=1" }
func (queryLinks) Unsubscribe(followup.Letter) string { return "https://x.example/u?t=1" }

func TestWhatAMachineSays(t *testing.T) {
	m, err := newComposer(t).Compose(letter(t, "check-in-call"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"automatic call", "press 1", "press 2", "press 3"} {
		if !strings.Contains(m.Spoken, want) {
			t.Errorf("spoken %q, want %q in it", m.Spoken, want)
		}
	}
	if strings.Contains(m.Text, "press 1") || strings.Contains(m.Spoken, "{{") || m.Recording != "" {
		t.Errorf("text %q, spoken %q, recording %q", m.Text, m.Spoken, m.Recording)
	}
	l := letter(t, "check-in-call")
	l.OpenCase = &followup.Case{Number: 1}
	if m, err = newComposer(t).Compose(l); err != nil || m.Spoken != "" {
		t.Errorf("while a case is open a person has to call; spoken %q, %v", m.Spoken, err)
	}
	files := fstest.MapFS{"call/en.md": {Data: []byte("---\nrecording: s3://shop/en.wav\n---\nHello\n")}}
	own, err := compose.New(compose.Options{Defaults: messages.Files(), Messages: files, Links: testLinks{"https://shop.example"}})
	if err != nil {
		t.Fatal(err)
	}
	l = letter(t, "call")
	l.Row.Channel = followup.Call
	if m, err = own.Compose(l); err != nil || m.Recording != "s3://shop/en.wav" || m.Spoken != "" {
		t.Errorf("recording %q, spoken %q, %v", m.Recording, m.Spoken, err)
	}
}

// TestCall is a script and a number, with nothing of a mail.
func TestCall(t *testing.T) {
	m, err := newComposer(t).Compose(letter(t, "check-in-call"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Phone != "+491701234567" || m.To.Mail != "+491701234567" || m.To.Name != "Anna Berg" {
		t.Errorf("phone %q, to %v", m.Phone, m.To)
	}
	if m.HTML != "" || m.Subject != "" || m.MessageID != "" || m.Headers != nil || strings.Contains(m.Text, "http") {
		t.Errorf("a call has parts of a mail: %+v", m)
	}
	if !strings.HasPrefix(m.Text, "Hello, this is Nordlicht Haushalt. Am I speaking with Anna?\n") {
		t.Errorf("script %q", m.Text)
	}
}

// TestMisuse is refused by the lint of plans and again when composing.
func TestMisuse(t *testing.T) {
	c := newComposer(t)
	for _, tc := range []struct {
		step followup.Step
		want string
	}{
		{followup.Step{Message: "check-in", Channel: followup.Email, Class: followup.Feedback}, ""},
		{followup.Step{Message: "check-in-call", Channel: followup.Call, Class: followup.Feedback}, ""},
		{followup.Step{
			Message: "contract-offer", Channel: followup.Email, Class: followup.Marketing,
			Anchor: followup.Anchor{Kind: followup.AnchorCoverageEnd, Coverage: "warranty"},
		}, ""},
		{followup.Step{Message: "check-out", Channel: followup.Email}, `message "check-out" does not exist`},
		{followup.Step{Message: "footer", Channel: followup.Email}, `message "footer" does not exist`},
		{followup.Step{Message: "check-in-call", Channel: followup.Email, Class: followup.Feedback}, "has no subject"},
		{followup.Step{Message: "contract-offer", Channel: followup.Email, Class: followup.Service}, "sells something"},
		{followup.Step{Message: "contract-offer", Channel: followup.Email, Class: followup.Feedback}, "sells something"},
	} {
		l := letter(t, tc.step.Message)
		l.Step.Channel, l.Step.Class = tc.step.Channel, tc.step.Class
		l.Row.Channel, l.Row.Class = tc.step.Channel, tc.step.Class
		check := c.Check(tc.step)
		_, composed := c.Compose(l)
		for _, err := range []error{check, composed} {
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%s on %s as %s: %v, want %q", tc.step.Message, tc.step.Channel, tc.step.Class, err, tc.want)
			}
		}
	}
	if _, err := c.Compose(followup.Letter{}); err == nil {
		t.Error("an empty letter goes out")
	}
}

// TestWarrantySellsNothing holds the promise of the ready-made reminder.
func TestWarrantySellsNothing(t *testing.T) {
	m, err := newComposer(t).Compose(letter(t, "warranty-ending"))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"contract", "offer", "price", "buy", "extend", "discount", "upgrade"} {
		if strings.Contains(strings.ToLower(m.Subject+m.Preview+m.Text), word) {
			t.Errorf("the reminder says %q", word)
		}
	}
}

// TestLanguage takes the customer's, else the order's, else the shop's, else English.
func TestLanguage(t *testing.T) {
	own := fstest.MapFS{}
	for _, lang := range []string{"en", "en-GB", "en-AU"} {
		own["own/"+lang+".md"] = &fstest.MapFile{Data: []byte("---\nsubject: s " + lang + "\npreview: p\n---\nx\n")}
	}
	c, err := compose.New(compose.Options{Defaults: messages.Files(), Messages: own, Links: testLinks{"https://shop.example"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ contact, order, shop, want string }{
		{"", "", "", "en"},
		{"en-GB", "", "", "en-GB"},
		{"en_gb", "", "", "en-GB"},
		{"EN-gb-oxendict", "", "", "en-GB"},
		{"en-US", "en-GB", "", "en"},
		{"", "en-AU", "en-GB", "en-AU"},
		{"fa-IR", "", "en-GB", "en-GB"},
		{"fa-IR", "ar", "is", "en"},
		{"../../etc", "", "", "en"},
	} {
		l := letter(t, "own")
		l.Contact.Fields[followup.FieldLanguage] = followup.Stated{Value: tc.contact}
		l.Facts.Language, l.Shop.Language = tc.order, tc.shop
		m, err := c.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		if m.Subject != "s "+tc.want || !strings.EqualFold(m.Language, tc.want) || m.Headers["Content-Language"] != m.Language {
			t.Errorf("%+v: %q in %s", tc, m.Subject, m.Language)
		}
	}
}

// TestOwnMessages win over the ready-made ones, file by file, and so do their texts for open cases.
func TestOwnMessages(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	subject := func(own fstest.MapFS, name string, open bool) (string, string) {
		t.Helper()
		c, err := compose.New(compose.Options{Defaults: messages.Files(), Messages: own, Links: testLinks{"https://shop.example"}})
		if err != nil {
			t.Fatal(err)
		}
		l := letter(t, name)
		if open {
			l.OpenCase = &followup.Case{Number: 3, Opened: now}
		}
		m, err := c.Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		return m.Subject, m.Text
	}
	plain := file("---\nsubject: own\npreview: p\n---\n{{greeting .Contact}}\n\nOwn words.\n")
	special := file("---\nsubject: own open\npreview: p\n---\nOwn words.\n")
	if s, _ := subject(fstest.MapFS{"check-in/en.md": plain}, "check-in", false); s != "own" {
		t.Errorf("own check-in has subject %q", s)
	}
	if s, _ := subject(fstest.MapFS{"check-in/en.md": plain}, "set-up", false); s == "own" {
		t.Error("own check-in is sent as set-up")
	}
	s, text := subject(fstest.MapFS{"review-request/en.md": plain}, "review-request", true)
	if s != "own" || !strings.Contains(text, "Hello Anna,\n\nWe have not forgotten your report 1001-3;") {
		t.Errorf("own review with an open case: %q\n%s", s, text)
	}
	if s, _ := subject(fstest.MapFS{"review-request/en.md": plain, "review-request/en.case.md": special}, "review-request", true); s != "own open" {
		t.Errorf("own review with own text for open cases: %q", s)
	}
	if s, _ := subject(fstest.MapFS{"review-request/en.case.md": special}, "review-request", true); s != "own open" {
		t.Errorf("own text for open cases alone: %q", s)
	}
	_, text = subject(fstest.MapFS{"footer/en.md": file("Own footer of {{.Shop.Name}}\n")}, "set-up", false)
	if !strings.HasSuffix(text, "\nOwn footer of Nordlicht Haushalt\n") {
		t.Errorf("own footer:\n%s", text)
	}
}

// TestUnspoken leaves messages in other languages out, and says so.
func TestUnspoken(t *testing.T) {
	fa := &fstest.MapFile{Data: []byte(front + "سلام\n")}
	c, err := compose.New(compose.Options{
		Defaults: messages.Files(), Messages: fstest.MapFS{"check-in/fa.md": fa}, Links: testLinks{"https://shop.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if un := c.Unspoken(); len(un) != 1 || un[0].File != "check-in/fa.md" {
		t.Errorf("unspoken: %v", un)
	}
	l := letter(t, "check-in")
	l.Facts.Language = "fa-IR"
	if m, err := c.Compose(l); err != nil || m.Language != "en" {
		t.Errorf("a Persian reader gets %q: %v", m.Language, err)
	}
}

// TestFaultInThePartNamesIt points at the file that lacks the value, not at the message.
func TestFaultInThePartNamesIt(t *testing.T) {
	l := letter(t, "set-up")
	l.Shop.Name = ""
	_, err := newComposer(t).Compose(l)
	if fault, ok := errors.AsType[compose.Fault](err); !ok || fault.File != "footer/en.md" || fault.Line != 1 {
		t.Errorf("got %v", err)
	}
}
