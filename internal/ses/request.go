package ses

import (
	"errors"
	"maps"
	"mime"
	netmail "net/mail"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"aftersales/internal/awscall"
	"aftersales/internal/followup"
	"aftersales/internal/ses/tag"
)

// Limits of SendEmail. Amazon SES API v2 Reference, Message and MessageHeader;
// the length of an address with its name is what SES answers to a longer one.
const (
	maxHeaders = 15
	maxHeader  = 996 // name and value of one header
	maxValue   = 995
	maxSubject = 900
	maxAddress = 320 // with the name
)

// request writes m as SES takes it. A *[followup.SendError] says what about m SES
// would never take.
func (c *Channel) request(m followup.Message) (*sesv2.SendEmailInput, error) {
	m, err := m.Checked()
	if err != nil {
		return nil, err
	}
	tags, err := tagged(m)
	if err != nil {
		return nil, refuse(err)
	}
	from, err := address(m.From)
	if err != nil {
		return nil, &followup.SendError{Failure: followup.Account, Phase: awscall.PhaseCheck, Err: err}
	}
	to, err := address(m.To)
	if err != nil {
		return nil, refuse(err)
	}
	headers, err := headers(m.Headers)
	if err != nil {
		return nil, refuse(err)
	}
	in := &sesv2.SendEmailInput{
		FromEmailAddress: &from,
		Destination:      &types.Destination{ToAddresses: []string{to}},
		EmailTags:        tags,
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: content(word(m.Subject, maxSubject)), Body: body(m), Headers: headers,
		}},
	}
	if c.set != "" {
		in.ConfigurationSetName = &c.set
	}
	if m.ReplyTo.Mail != "" {
		reply, err := address(m.ReplyTo)
		if err != nil {
			return nil, &followup.SendError{Failure: followup.Account, Phase: awscall.PhaseCheck, Err: err}
		}
		in.ReplyToAddresses = []string{reply}
	}
	return in, nil
}

func refuse(err error) error {
	return &followup.SendError{Failure: followup.Refused, Phase: awscall.PhaseCheck, Err: err}
}

func content(s string) *types.Content { return &types.Content{Data: &s, Charset: aws.String("UTF-8")} }

func body(m followup.Message) *types.Body {
	b := &types.Body{}
	if m.Text != "" || m.HTML == "" {
		b.Text = content(strings.ToValidUTF8(m.Text, "\uFFFD"))
	}
	if m.HTML != "" {
		b.Html = content(strings.ToValidUTF8(m.HTML, "\uFFFD"))
	}
	return b
}

var (
	errLocalPart = errors.New("SES cannot write to a local part beyond ASCII")
	errHeaders   = errors.New("SES takes at most 15 headers")
	errWayOut    = errors.New("the List-Unsubscribe header is too long for SES")
)

// address writes a name and an address, the name cut to what SES takes.
func address(a followup.Address) (string, error) {
	local, domain, _ := strings.Cut(a.Mail, "@")
	if !ascii(local) {
		return "", errLocalPart
	}
	bare := local + "@" + punycoded(domain)
	if a.Name == "" {
		return bare, nil
	}
	for name := []rune(a.Name); len(name) > 0; name = name[:len(name)-1] {
		full := netmail.Address{Name: string(name), Address: bare}
		if s := full.String(); len(s) <= maxAddress {
			return s, nil
		}
	}
	return bare, nil
}

// headers writes headers by name. One that is too long is cut, except the way
// out: a mail whose unsubscribe address is cut off must not go.
func headers(all map[string]string) ([]types.MessageHeader, error) {
	if len(all) > maxHeaders {
		return nil, errHeaders
	}
	var out []types.MessageHeader
	for _, name := range slices.Sorted(maps.Keys(all)) {
		limit := min(maxValue, maxHeader-len(name))
		value := word(all[name], limit)
		if strings.EqualFold(name, "List-Unsubscribe") && value != all[name] {
			return nil, errWayOut
		}
		out = append(out, types.MessageHeader{Name: &name, Value: &value})
	}
	return out, nil
}

// word writes s in ASCII, as encoded words (RFC 2047) where need be, in at most
// limit characters: what is beyond is cut off.
func word(s string, limit int) string {
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "")
	}
	if ascii(s) {
		return s
	}
	for {
		if e := encoded(s); len(e) <= limit {
			return e
		}
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
}

// encoded returns the shorter of the two encodings: Q for Latin letters with a few
// accents, B for everything else.
func encoded(s string) string {
	q, b := mime.QEncoding.Encode("utf-8", s), mime.BEncoding.Encode("utf-8", s)
	if len(b) < len(q) {
		return b
	}
	return q
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// tagged names the attempt in tags of the mail.
func tagged(m followup.Message) ([]types.MessageTag, error) {
	tags, err := tag.Write(m.FollowUp, m.Attempt)
	out := make([]types.MessageTag, len(tags))
	for i := range tags {
		out[i] = types.MessageTag{Name: &tags[i].Name, Value: &tags[i].Value}
	}
	return out, err
}
