package followup_test

import (
	"strings"
	"testing"
	"unicode"

	"aftersales/internal/followup"
)

func TestHeaderTextIsOneCleanLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                               "",
		"How is your washing machine?":   "How is your washing machine?",
		"  a \t b  ":                     "a b",
		"Ann\r\nBcc: all@example.com":    "Ann Bcc: all@example.com",
		"Ann\x00\x1b[31m\u0085\u2028Bob": "Ann [31m Bob",
		"\u202emoc.knab\u202c":           "moc.knab",
		"a\u2066b\u2069c":                "abc",
		"=?utf-8?q?=0D=0ABcc:?=":         "= ?utf-8?q?=0D=0ABcc:?=",
		"bad \xff\xfe bytes":             "bad bytes",
		"می\u200cخواهم":                  "می\u200cخواهم", // the joiner belongs to Persian
		"Ann O'Neill <ann> \"x\"":        "Ann O'Neill <ann> \"x\"",
	} {
		if got := followup.HeaderText(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestValidMail(t *testing.T) {
	long := strings.Repeat("a", 64)
	for in, want := range map[string]bool{
		"ann@example.com":                    true,
		"ann.o'neill+shop=1@mail.shop.co":    true,
		"root@localhost":                     true,
		long + "@example.com":                true,
		"jürgen@müller.example":              true,
		"":                                   false,
		"ann":                                false,
		"@example.com":                       false,
		"ann@":                               false,
		"ann@@example.com":                   false,
		".ann@example.com":                   false,
		"ann..b@example.com":                 false,
		"ann@example..com":                   false,
		"ann@-example.com":                   false,
		"ann@example-.com":                   false,
		"a" + long + "@example.com":          false,
		"a@" + long + ".com":                 false,
		"a@" + strings.Repeat("ab.", 90):     false,
		`"a> ORCPT=x@y"@z`:                   false,
		`"ann"@example.com`:                  false,
		"ann@[127.0.0.1]":                    false,
		"ann b@example.com":                  false,
		"ann@example.com\r\nRCPT TO:<b@c.d>": false,
		"ann\x00@example.com":                false,
		"ann@exam\u202eple.com":              false,
		"Ann <ann@example.com>":              false,
		"ann@example.com>":                   false,
		"ann@example.com SIZE=1":             false,
		"ann@exam\xffple.com":                false,
		"ann@example.com.":                   false,
		"ann@exa_mple.com":                   false,
	} {
		if got := followup.ValidMail(in); got != want {
			t.Errorf("%q: %t, want %t", in, got, want)
		}
	}
}

func mail() followup.Message {
	return followup.Message{
		From: followup.Address{Name: "Shop", Mail: "shop@example.com"}, To: followup.Address{Name: "Ann", Mail: "ann@example.com"},
		Subject: "Hello", MessageID: "1.2@example.com", Headers: map[string]string{"Auto-Submitted": "auto-generated"},
	}
}

func TestCheckedCleansWithoutTouchingTheOriginal(t *testing.T) {
	m := mail()
	m.To.Name, m.Subject = "Ann\r\nBcc: x@y.z", "a\nb"
	m.Headers["Auto-Submitted"] = "x\r\ny"
	got, err := m.Checked()
	if err != nil {
		t.Fatal(err)
	}
	if got.To.Name != "Ann Bcc: x@y.z" || got.Subject != "a b" || got.Headers["Auto-Submitted"] != "x y" {
		t.Errorf("got %+v", got)
	}
	if m.Headers["Auto-Submitted"] != "x\r\ny" {
		t.Error("the caller's headers were changed")
	}
}

func TestCheckedClassesWhatCannotBeWritten(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*followup.Message)
		want  followup.Failure
	}{
		"to":          {func(m *followup.Message) { m.To.Mail = `"a> ORCPT=x@y"@z` }, followup.Refused},
		"no to":       {func(m *followup.Message) { m.To.Mail = "" }, followup.Refused},
		"from":        {func(m *followup.Message) { m.From.Mail = "shop" }, followup.Account},
		"reply-to":    {func(m *followup.Message) { m.ReplyTo.Mail = "a b@c" }, followup.Account},
		"id":          {func(m *followup.Message) { m.MessageID = "a> b@c" }, followup.Refused},
		"header name": {func(m *followup.Message) { m.Headers["X: y\r\nBcc"] = "z" }, followup.Refused},
		"own header":  {func(m *followup.Message) { m.Headers["BCC"] = "x@y.z" }, followup.Refused},
	} {
		m := mail()
		c.spoil(&m)
		_, err := m.Checked()
		if err == nil || followup.Classify(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func FuzzHeaderText(f *testing.F) {
	f.Add("Ann\r\nBcc: x")
	f.Add("\u202e=?utf-8?q?x?=")
	f.Fuzz(func(t *testing.T, s string) {
		got := followup.HeaderText(s)
		bad := func(r rune) bool {
			return unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
		}
		if strings.ContainsFunc(got, bad) || strings.Contains(got, "=?") {
			t.Errorf("%q became %q", s, got)
		}
		if again := followup.HeaderText(got); again != got {
			t.Errorf("%q became %q, then %q", s, got, again)
		}
	})
}
