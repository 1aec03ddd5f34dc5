package smtp_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"regexp"
	"strings"
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/smtp"
)

// sent returns the bytes of one mail as the relay's socket got them, between
// DATA and the final dot, still dot-stuffed; and all that was said before.
func sent(t *testing.T, m followup.Message) (commands, body string) {
	t.Helper()
	s := newScript(t, map[string]string{})
	if _, err := s.channel(t, nil).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	commands, rest, ok := strings.Cut(s.transcript(), "DATA\r\n")
	body, after, ended := strings.Cut(rest, "\r\n.\r\n")
	if !ok || !ended || after != "" {
		t.Fatalf("not one mail: %q", s.transcript())
	}
	return commands, body + "\r\n"
}

func TestWire(t *testing.T) {
	commands, body := sent(t, message())
	if want := "EHLO localhost\r\nMAIL FROM:<shop@shop.example> BODY=8BITMIME\r\nRCPT TO:<zoe@customer.example>\r\n"; commands != want {
		t.Errorf("commands %q", commands)
	}
	boundary := regexp.MustCompile(`boundary=([0-9a-f]{32})\r\n`).FindStringSubmatch(body)
	if boundary == nil {
		t.Fatalf("no boundary:\n%s", body)
	}
	want := strings.ReplaceAll(`Auto-Submitted: auto-generated
Date: Thu, 05 Mar 2026 10:00:00 +0000
List-Unsubscribe: <https://shop.example/u/token>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
MIME-Version: 1.0
Message-ID: <1001.check-in@shop.example>
Subject: How is your washing machine?
From: "Shop" <shop@shop.example>
To: =?utf-8?q?Zo=C3=AB_=C3=85ngstr=C3=B6m?= <zoe@customer.example>
Content-Type: multipart/alternative;
 boundary=B

--B
Content-Transfer-Encoding: quoted-printable
Content-Type: text/plain; charset=UTF-8

Hello Zo=C3=AB

--B
Content-Transfer-Encoding: quoted-printable
Content-Type: text/html; charset=UTF-8

<p>Hello Zo=C3=AB</p>

--B--
`, "\n", "\r\n")
	if got := strings.ReplaceAll(body, boundary[1], "B"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, again := sent(t, message()); again != body {
		t.Error("the same message has other bytes the second time")
	}
}

func TestBodyIsCanonicalAndStuffed(t *testing.T) {
	m := message()
	m.Text = ".\n..two\nbare\rreturn\r\n.\r\nQUIT\r\n" + strings.Repeat("long ", 300) + "\n\x00nul"
	m.HTML = "<p>\n.\n</p>"
	_, body := sent(t, m)
	for i := range len(body) {
		if body[i] == '\n' && (i == 0 || body[i-1] != '\r') || body[i] == '\r' && (i+1 == len(body) || body[i+1] != '\n') {
			t.Fatalf("a bare line end at %d: %q", i, body[max(0, i-20):min(len(body), i+20)])
		}
		if body[i] >= 0x80 || body[i] == 0 {
			t.Fatalf("byte %#x at %d", body[i], i)
		}
	}
	for line := range strings.SplitSeq(body, "\r\n") {
		if line == "." || len(line) > 998 {
			t.Errorf("line %q", line)
		}
	}
	if !strings.Contains(body, "\r\n..\r\n...two\r\n") {
		t.Errorf("dots are not stuffed:\n%s", body)
	}
	if got := parts(t, unstuffed(body)); got[0] != ".\n..two\nbare\nreturn\n.\nQUIT\n"+strings.Repeat("long ", 300)+"\n\x00nul" || got[1] != m.HTML {
		t.Errorf("read back as %q", got)
	}
}

func unstuffed(s string) string { return strings.ReplaceAll(s, "\r\n.", "\r\n") }

// parts reads the decoded parts of a mail, with \n for line ends.
func parts(t *testing.T, raw string) []string {
	t.Helper()
	m := parse(t, raw)
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	var all []string
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
	}
}

func TestNoHostileAddressReachesTheRelay(t *testing.T) {
	for _, address := range []string{
		`"a> ORCPT=x@y"@z`, "zoe@customer.example>\r\nRCPT TO:<evil@evil.example", "zoe@customer.example\nDATA", "zoe@customer.example SIZE=1",
		"<zoe@customer.example>", "zoe@\u202Ecustomer.example", "zoe@customer.example,evil@evil.example", "\r\nzoe@customer.example",
	} {
		for field, spoil := range map[string]func(*followup.Message){
			"to":       func(m *followup.Message) { m.To.Mail = address },
			"from":     func(m *followup.Message) { m.From.Mail = address },
			"reply-to": func(m *followup.Message) { m.ReplyTo.Mail = address },
			"id":       func(m *followup.Message) { m.MessageID = address },
		} {
			s := newScript(t, map[string]string{})
			m := message()
			spoil(&m)
			if _, err := s.channel(t, nil).Send(t.Context(), m); err == nil {
				t.Errorf("%s %q was sent", field, address)
			}
			if heard := s.transcript(); heard != "" {
				t.Errorf("%s %q: the relay heard %q", field, address, heard)
			}
		}
	}
}

func TestHostileNamesStayInTheirHeader(t *testing.T) {
	m := message()
	evil := "Zoë\r\nBcc: evil@evil.example\r\n\r\n.\r\nMAIL FROM:<evil@evil.example>"
	m.To.Name, m.From.Name, m.Subject, m.Headers["List-Unsubscribe"] = evil, evil, evil, evil
	_, body := sent(t, m)
	head, _, _ := strings.Cut(body, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if strings.HasPrefix(line, "Bcc") || strings.HasPrefix(line, "MAIL") || strings.HasPrefix(line, ".") || line == "" {
			t.Errorf("line %q", line)
		}
	}
	if got := parts(t, unstuffed(body)); len(got) != 2 {
		t.Errorf("%d parts", len(got))
	}
}

func TestSubjectBeyondASCIIIsEncoded(t *testing.T) {
	m := message()
	m.Subject = strings.Repeat("Wie läuft Ihre Waschmaschine? ", 5) + "ماشین"
	_, body := sent(t, m)
	if got := decoded(t, parse(t, body))["Subject"][0]; got != m.Subject {
		t.Errorf("subject read back as %q", got)
	}
	head, _, _ := strings.Cut(body, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if len(line) > 78 { // RFC 5322 2.1.1
			t.Errorf("header line of %d: %q", len(line), line)
		}
	}
}

func TestReplyToAndTextOnly(t *testing.T) {
	m := message()
	m.ReplyTo, m.HTML = followup.Address{Name: "Help", Mail: "help@shop.example"}, ""
	_, body := sent(t, m)
	mail := parse(t, body)
	if got := mail.Header.Get("Reply-To"); got != `"Help" <help@shop.example>` {
		t.Errorf("reply-to %q", got)
	}
	if got := mail.Header.Get("Content-Type"); got != "text/plain; charset=UTF-8" {
		t.Errorf("content type %q", got)
	}
}

func TestAddressesBeyondASCII(t *testing.T) {
	m := message()
	m.To.Mail = "jürgen@müller.example"
	r := newRelay(t, func(r *relay) { r.EnableSMTPUTF8 = true })
	if _, err := r.channel(t, nil).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if _, e := r.got(t); e.to != m.To.Mail || !e.utf8 {
		t.Errorf("envelope %+v", e)
	}
	plain := newRelay(t, func(r *relay) { r.EnableSMTPUTF8 = true })
	if _, err := plain.channel(t, nil).Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	if _, e := plain.got(t); e.utf8 {
		t.Error("SMTPUTF8 is asked for without need") // not every next relay has it
	}
	s := newScript(t, map[string]string{})
	if _, err := s.channel(t, nil).Send(t.Context(), m); followup.Classify(err) != never {
		t.Errorf("relay without SMTPUTF8: %v", err)
	}
}

func TestReceiptIsTheRelaysOwnName(t *testing.T) {
	for reply, want := range map[string]string{
		"250 2.0.0 Ok: queued as 4XyZ12345678":                                "4XyZ12345678",
		"250 OK id=1kXyZ9-0004Ab-7Q":                                          "1kXyZ9-0004Ab-7Q",
		"250 Ok 0102018f2b3c4d5e-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-000000": "0102018f2b3c4d5e-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-000000",
		"250 thank you": "1001.check-in@shop.example",
	} {
		s := newScript(t, map[string]string{"end": reply})
		r, err := s.channel(t, func(c *smtp.Config) { c.Hello = "shop.example" }).Send(t.Context(), message())
		if err != nil || r.Provider != want {
			t.Errorf("%q: %+v, %v; want %q", reply, r, err, want)
		}
		if !strings.HasPrefix(s.transcript(), "EHLO shop.example\r\n") {
			t.Errorf("said %q", s.transcript()[:30])
		}
	}
}
