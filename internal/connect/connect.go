// Package connect makes calls by Amazon Connect: a machine says something, and
// the customer answers by a key.
//
// A call is started with a client token made of follow-up and attempt. Connect
// starts one contact for one token, so the SDK may repeat the request, and an
// attempt never rings twice. Each contact carries the attributes f and at
// (follow-up and attempt); the flow hands them to the function callflow with the
// key that was pressed, and events about the contact lead to them by its id.
package connect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/connect"
	"github.com/aws/aws-sdk-go-v2/service/connect/types"

	"aftersales/internal/awscall"
	"aftersales/internal/connect/contact"
	"aftersales/internal/followup"
)

// Config says where calls come from.
type Config struct {
	Instance string        // id or ARN
	Flow     string        // id or ARN of the flow that a call runs
	Number   string        // of the shop, E.164
	Timeout  time.Duration // of one request and its repetitions; 0: 10 s
}

const (
	callTimeout = 10 * time.Second
	ringSeconds = 30 // Connect allows 15 to 60
)

// Channel makes calls. It implements [followup.Voice] and is safe for concurrent
// use.
type Channel struct {
	// The operations themselves: a client in an interface would bring all of its
	// operations into the binary.
	start func(context.Context, *connect.StartOutboundVoiceContactInput, ...func(*connect.Options)) (*connect.StartOutboundVoiceContactOutput, error)
	c     Config
}

var _ followup.Voice = (*Channel)(nil)

// New returns a channel. Region, credentials and endpoint are those of shared. It
// opens no connection yet.
func New(shared aws.Config, c Config) *Channel {
	if c.Timeout <= 0 {
		c.Timeout = callTimeout
	}
	api := connect.NewFromConfig(shared, func(o *connect.Options) { o.Retryer = retry.NewStandard(lostAnswers) })
	return &Channel{start: api.StartOutboundVoiceContact, c: c}
}

// lostAnswers repeats a request whose answer was lost, which its token allows. A
// clear no is for the engine, which knows when to try again.
func lostAnswers(o *retry.StandardOptions) {
	o.MaxAttempts, o.MaxBackoff = 3, 500*time.Millisecond
	o.Retryables = []retry.IsErrorRetryable{
		retry.RetryableConnectionError{}, retry.RetryableHTTPStatusCode{Codes: retry.DefaultRetryableHTTPStatusCodes},
	}
}

var (
	errPhone = errors.New("the phone number cannot be dialled")
	errMute  = errors.New("a machine cannot say it")
	errLong  = errors.New("what is to be said is too long")
	errNoID  = errors.New("the answer has no contact id")
)

// Send starts the call of an attempt. The receipt is the id of the contact: the
// phone rings, and how the call goes is reported later.
func (c *Channel) Send(ctx context.Context, m followup.Message) (followup.Receipt, error) {
	attributes, err := attributes(m)
	if err != nil {
		return followup.Receipt{}, &followup.SendError{Failure: followup.Refused, Phase: awscall.PhaseCheck, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.c.Timeout)
	defer cancel()
	var w awscall.Wire
	out, err := c.start(w.Watch(ctx), &connect.StartOutboundVoiceContactInput{
		InstanceId: &c.c.Instance, ContactFlowId: &c.c.Flow, SourcePhoneNumber: &c.c.Number, DestinationPhoneNumber: &m.Phone,
		ClientToken: new(token(m.FollowUp, m.Attempt)), Attributes: attributes,
		RingTimeoutInSeconds: aws.Int32(ringSeconds), TrafficType: types.TrafficTypeGeneral,
	})
	if err != nil {
		return followup.Receipt{}, w.Classify(answers, err)
	}
	if aws.ToString(out.ContactId) == "" {
		return followup.Receipt{}, &followup.SendError{Failure: followup.UnclearResult, Phase: awscall.PhaseReply, Err: errNoID}
	}
	return followup.Receipt{Provider: *out.ContactId}, nil
}

// token is the same for every request of one attempt, and no other. Connect
// takes 500 characters; an id may be longer.
func token(id followup.FollowUpID, attempt string) string {
	sum := sha256.Sum256([]byte(string(id) + "\x00" + attempt))
	return hex.EncodeToString(sum[:])
}

// Attributes of a contact, as the flow reads them.
const (
	attrLanguage  = "language"
	attrSay       = "say"    // sayText or sayRecording
	attrText      = "text"   // what is said
	attrRecording = "sound"  // or what is played
	attrVoice     = "voice"  // of Amazon Polly
	attrEngine    = "engine" // of that voice
	attrThanks    = "thanks" // said after a key
	attrShop      = "shop"

	sayText      = "text"
	sayRecording = "recording"

	maxAttributes = 32768 // bytes, names and values
)

// attributes tell the flow what to say, and everybody whose call it is.
func attributes(m followup.Message) (map[string]string, error) {
	switch {
	case !dialable(m.Phone):
		return nil, errPhone
	case why(m) != "":
		return nil, errMute
	}
	out := map[string]string{
		contact.FollowUp: string(m.FollowUp), contact.Attempt: m.Attempt, attrLanguage: m.Language, attrShop: m.From.Name,
		attrSay: sayText, attrText: m.Spoken,
	}
	if m.Recording != "" {
		out[attrSay], out[attrRecording] = sayRecording, m.Recording
		delete(out, attrText)
	}
	if v, ok := voiceOf(m.Language); ok {
		out[attrVoice], out[attrEngine], out[attrThanks] = v.name, v.engine, v.thanks
	}
	size := 0
	for name, value := range out {
		size += len(name) + len(value)
	}
	if size > maxAttributes {
		return nil, errLong
	}
	return out, nil
}

// Speaks says why a machine cannot make the call that m is, "" when it can.
func (c *Channel) Speaks(m followup.Message) string { return why(m) }

func why(m followup.Message) string {
	_, spoken := voiceOf(m.Language)
	switch {
	case m.Recording != "":
		return ""
	case m.Spoken == "":
		return "its message has neither spoken words nor a recording"
	case !spoken:
		return "there is no voice for its language, and no recording"
	default:
		return ""
	}
}

// dialable reports whether s is a number of E.164 (ITU-T E.164 6.2).
func dialable(s string) bool {
	if len(s) < 8 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
