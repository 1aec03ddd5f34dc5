package smtp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	netmail "net/mail"
	"regexp"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"aftersales/internal/followup"
)

var errCompose = errors.New("the message cannot be written as a mail")

// mail is a message as it goes over the wire.
type mail struct {
	from, to string // envelope, bare
	utf8     bool   // an address is beyond ASCII (RFC 6531)
	bytes    []byte // header and body, CRLF
}

// compose writes m as a mail. The same message gives the same bytes but for Date.
func (c *Channel) compose(m followup.Message) (mail, error) {
	m, err := m.Checked()
	if err != nil {
		return mail{}, err
	}
	id := sha256.Sum256([]byte(m.MessageID))
	out := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary(hex.EncodeToString(id[:16])))
	out.FromMailAddress(address(m.From))
	out.ToMailAddress(address(m.To))
	if m.ReplyTo.Mail != "" {
		out.ReplyToMailAddress(address(m.ReplyTo))
	}
	for name, value := range m.Headers {
		out.SetGenHeader(gomail.Header(name), value)
	}
	out.Subject(m.Subject)
	out.SetMessageIDWithValue(m.MessageID)
	out.SetDateWithValue(c.config.Now().UTC())
	setBody(out, m)
	var b bytes.Buffer
	if _, err := out.WriteTo(&b); err != nil {
		return mail{}, &followup.SendError{Failure: followup.Refused, Phase: string(phaseCheck), Err: errCompose}
	}
	return mail{from: m.From.Mail, to: m.To.Mail, utf8: !ascii(m.From.Mail) || !ascii(m.To.Mail), bytes: b.Bytes()}, nil
}

// setBody writes text and HTML as alternatives, the better one last (RFC 2046 5.1.4).
func setBody(out *gomail.Msg, m followup.Message) {
	out.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		out.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
}

func address(a followup.Address) *netmail.Address {
	return &netmail.Address{Name: a.Name, Address: a.Mail}
}

func ascii(s string) bool {
	for _, c := range []byte(s) {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// How relays name what they accepted: Postfix, Exim, Amazon SES.
var queueID = regexp.MustCompile(`(?i)(?:queued as |\bid=|^ok )([0-9a-z-]{8,80})`)

// providerID returns the relay's own name for the mail, else its Message-ID.
func providerID(reply string, m followup.Message) string {
	if found := queueID.FindStringSubmatch(reply); found != nil {
		return found[1]
	}
	return m.MessageID
}
