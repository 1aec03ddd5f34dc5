package followup

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What Checked finds wrong with a message. The texts name no value: they are personal.
var (
	errTo        = errors.New("the address of the customer cannot stand in a mail")
	errFrom      = errors.New("the address of the sender cannot stand in a mail")
	errReplyTo   = errors.New("the reply-to address cannot stand in a mail")
	errMessageID = errors.New("the message id cannot stand in a mail")
	errHeader    = errors.New("a header cannot stand in a mail")
)

// Checked returns m fit for a mail: names, subject and header values are one
// line each, without control and direction characters, whatever customers or
// stores wrote into them. A *[SendError] of class Refused says that an address,
// the message id or the name of a header cannot be written at all; a sender's
// fault is of class Account.
func (m Message) Checked() (Message, error) {
	fault := func(f Failure, err error) (Message, error) {
		return Message{}, &SendError{Failure: f, Phase: "check", Err: err}
	}
	switch {
	case !ValidMail(m.From.Mail):
		return fault(Account, errFrom)
	case m.ReplyTo.Mail != "" && !ValidMail(m.ReplyTo.Mail):
		return fault(Account, errReplyTo)
	case !ValidMail(m.To.Mail):
		return fault(Refused, errTo)
	case len(m.MessageID) > maxMessageID || !plainAddress(m.MessageID):
		return fault(Refused, errMessageID)
	}
	m.From.Name, m.ReplyTo.Name, m.To.Name = HeaderText(m.From.Name), HeaderText(m.ReplyTo.Name), HeaderText(m.To.Name)
	m.Subject = HeaderText(m.Subject)
	m.Headers = maps.Clone(m.Headers)
	for name, value := range m.Headers {
		if !validHeader(name) {
			return fault(Refused, errHeader)
		}
		m.Headers[name] = HeaderText(value)
	}
	return m, nil
}

// HeaderText returns s as one line that is safe in a header and in a list:
// control characters, line ends and what changes the direction of text become a
// space or nothing, and nothing in it reads as an encoded word (RFC 2047).
func HeaderText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case turnsText(r), r == utf8.RuneError:
			return -1
		case unicode.IsControl(r), unicode.IsSpace(r):
			return ' '
		default:
			return r
		}
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	return strings.ReplaceAll(s, "=?", "= ?")
}

// turnsText reports whether r is a bidirectional embedding, override or isolate:
// with them moc.knab reads as bank.com.
func turnsText(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

const (
	maxMail  = 254 // RFC 5321 4.5.3.1.3, without the angle brackets
	maxLocal = 64  // RFC 5321 4.5.3.1.1
	maxLabel = 63  // RFC 1035 2.3.4

	maxMessageID = 900 // a header line has at most 998 characters, RFC 5322 2.1.1
)

// ValidMail reports whether s is a plain mail address: dot-atoms on both sides
// of one @, letters beyond ASCII allowed (RFC 6531). Quoted local parts, address
// literals and comments are refused: nobody has them, and they are how commands
// are smuggled ("a> ORCPT=x@y"@z passes net/mail).
func ValidMail(s string) bool {
	return len(s) <= maxMail && strings.IndexByte(s, '@') <= maxLocal && plainAddress(s)
}

func plainAddress(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	if !found || !utf8.ValidString(s) {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, notAtext) {
			return false
		}
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, notLabel) {
			return false
		}
	}
	return true
}

func notAtext(r rune) bool {
	return notLabel(r) && !strings.ContainsRune("!#$%&'*+/=?^_`{|}~", r)
}

func notLabel(r rune) bool {
	if r < utf8.RuneSelf {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
	}
	return !unicode.In(r, unicode.L, unicode.M, unicode.N)
}

// ownHeaders are written from the fields of a message; a header of that name
// beside them would be a second, contradicting one.
var ownHeaders = []string{
	"bcc", "cc", "content-transfer-encoding", "content-type", "date", "from", "message-id", "mime-version",
	"reply-to", "return-path", "sender", "subject", "to",
}

func validHeader(name string) bool {
	if name == "" || len(name) > 76 || slices.Contains(ownHeaders, strings.ToLower(name)) {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf || notLabel(r) })
}
