package compose

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"strings"

	"aftersales/internal/followup"
)

var _ followup.Composer = (*Composer)(nil)

// Compose renders the message of l's step in the customer's language, else the shop's, else English. An error names
// file, line and the value that is missing, and nothing personal: the follow-up is held, never sent half-rendered.
func (c *Composer) Compose(l followup.Letter) (followup.Message, error) {
	if l.Shop == nil || l.Step == nil {
		return followup.Message{}, fmt.Errorf("compose %s: the letter has no shop or no step", l.Row.ID)
	}
	m := c.find(l.Step.Message, languagesOf(&l))
	if m == nil {
		return followup.Message{}, fmt.Errorf("compose %s: message %q does not exist in the customer's language, the shop's or English",
			l.Row.ID, l.Step.Message)
	}
	if l.OpenCase != nil && m.capped != nil {
		m = m.capped
	}
	out, err := c.render(m, &l)
	if err != nil {
		return followup.Message{}, fmt.Errorf("compose %s: %w", l.Row.ID, err)
	}
	return out, nil
}

// languagesOf returns the languages to look for: what the contact stated, the order, the shop.
func languagesOf(l *followup.Letter) []string {
	contact, order := "", ""
	if l.Contact != nil {
		contact = l.Contact.Field(followup.FieldLanguage)
	}
	if l.Facts != nil {
		order = l.Facts.Language
	}
	return candidates(contact, order, l.Shop.Language)
}

func (c *Composer) render(m *message, l *followup.Letter) (followup.Message, error) {
	channel := l.Row.Channel
	if channel == "" {
		channel = l.Step.Channel
	}
	if err := m.fits(channel, l.Row.Class); err != nil {
		return followup.Message{}, err
	}
	r, ok := c.rooms.Get().(*room)
	if !ok {
		r = newRoom()
	}
	defer func() {
		r.view = view{} // the customer's
		c.rooms.Put(r)
	}()
	v := r.newView(c, l, m.texts)
	out := followup.Message{
		FollowUp: l.Row.ID,
		Attempt:  l.Attempt,
		Shop:     l.Shop.ID,
		Class:    l.Row.Class,
		Language: m.lang,
		From:     followup.Address{Name: clean(l.Shop.Name, longestValue), Mail: l.Shop.Sender},
		To:       followup.Address{Name: v.recipient()},
	}
	var err error
	if channel == followup.Call {
		out.To.Mail, out.Phone = v.field(followup.FieldPhone), v.field(followup.FieldPhone)
		if out.Spoken, err = v.spoken(m); err != nil {
			return out, err
		}
		out.Recording = m.record
		out.Text, err = v.plain(m)
		return out, err
	}
	out.To.Mail = v.field(followup.FieldMail)
	if l.Shop.ReplyTo != "" {
		out.ReplyTo = followup.Address{Name: out.From.Name, Mail: l.Shop.ReplyTo}
	}
	return out, v.mail(m, &out)
}

// mail fills what only mails have.
func (v *view) mail(m *message, out *followup.Message) (err error) {
	if v.subject, err = v.line(m.subject); err != nil {
		return err
	}
	if v.preview, err = v.line(m.preview); err != nil {
		return err
	}
	out.Subject, out.Preview = v.subject, v.preview
	v.room.text.Reset()
	if err = run(&v.room.text, m.html, v); err != nil {
		return err
	}
	out.HTML = v.room.text.String()
	if out.Text, err = v.plain(m); err != nil {
		return err
	}
	if out.MessageID, err = messageID(v.letter.Row.ID, v.shop.Sender); err != nil {
		return err
	}
	out.Unsubscribe = unsubscribeLink(v)
	out.Headers, err = headers(out.Unsubscribe, out.Language)
	return err
}

// line runs a subject or preview: one line, not endless.
func (v *view) line(ops []op) (string, error) {
	v.room.text.Reset()
	if err := run(&v.room.text, ops, v); err != nil {
		return "", err
	}
	return clean(v.room.text.String(), longestSubject), nil
}

// longestSpoken is how much Amazon Polly says at once, in characters.
const longestSpoken = 3000

func (v *view) spoken(m *message) (string, error) {
	if m.spoken == nil {
		return "", nil
	}
	v.room.text.Reset()
	if err := run(&v.room.text, m.spoken, v); err != nil {
		return "", err
	}
	return clean(v.room.text.String(), longestSpoken), nil
}

func (v *view) plain(m *message) (string, error) {
	v.room.text.Reset()
	if err := run(&v.room.text, m.text, v); err != nil {
		return "", err
	}
	v.room.lines.Reset()
	return wrap(&v.room.lines, v.room.text.Bytes()), nil
}

// recipient returns the name to put beside the address.
func (v *view) recipient() string {
	name := v.field(followup.FieldName)
	if name == "" || likeAddress(name) {
		return v.firstName()
	}
	return name
}

// canStop reports whether the customer can stop messages of class c.
func canStop(c followup.Class) bool { return c == followup.Feedback || c == followup.Marketing }

// messageID is the same for every attempt of a follow-up, so that a mail that arrives twice is seen as one.
func messageID(id followup.FollowUpID, sender string) (string, error) {
	_, domain, ok := strings.Cut(sender, "@")
	if !ok || domain == "" || strings.ContainsFunc(domain, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune("<>@", r) }) {
		return "", fmt.Errorf("the shop's sender is no mail address, such as service@shop.example")
	}
	sum := sha256.Sum256([]byte("aftersales message " + string(id)))
	return hex.EncodeToString(sum[:16]) + "@" + domain, nil
}

// headers are those of every mail. Auto-Submitted (RFC 3834) keeps vacation notes away, X-Auto-Response-Suppress says
// the same to Exchange; delivery reports still come. List-Unsubscribe-Post is for addresses where a POST is safe.
func headers(unsubscribe, language string) (map[string]string, error) {
	if !safeURL(unsubscribe) || strings.ContainsAny(unsubscribe, "<>,") {
		return nil, fmt.Errorf("the unsubscribe link is no web address; set the shop's public_url")
	}
	h := map[string]string{
		"List-Unsubscribe":         "<" + unsubscribe + ">",
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "OOF, AutoReply",
		"Content-Language":         language,
	}
	if oneClick(unsubscribe) {
		h["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
	}
	return h, nil
}

// oneClick reports whether RFC 8058 allows an address: https, or this machine.
func oneClick(address string) bool {
	if strings.HasPrefix(address, "https://") { // as nearly all are
		return true
	}
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	if u.Scheme == "https" || u.Hostname() == "localhost" {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback()
}
