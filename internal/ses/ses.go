package ses

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"aftersales/internal/awscall"
	"aftersales/internal/followup"
)

// Config says how mail goes out.
type Config struct {
	ConfigurationSet string        // that publishes our events; "": none, and no evidence
	Timeout          time.Duration // of one call; 0: 10 s
}

// callTimeout leaves a function room to record the result.
const callTimeout = 10 * time.Second

// Channel sends mail. It implements [followup.Channel], and is no Finder: SES
// cannot be asked about an attempt, it reports by events. It is safe for
// concurrent use.
type Channel struct {
	// The operations themselves: a client in an interface would bring all of its
	// operations into the binary, since pages are made by templates.
	send    func(context.Context, *sesv2.SendEmailInput, ...func(*sesv2.Options)) (*sesv2.SendEmailOutput, error)
	account func(context.Context, *sesv2.GetAccountInput, ...func(*sesv2.Options)) (*sesv2.GetAccountOutput, error)
	wire    *http.Transport
	set     string
	timeout time.Duration
}

var _ followup.Channel = (*Channel)(nil)

// New returns a channel with connections of its own. Region, credentials and
// endpoint are those of shared. It opens no connection yet.
func New(shared aws.Config, c Config) *Channel {
	ch := &Channel{wire: transport(shared.HTTPClient), set: c.ConfigurationSet, timeout: c.Timeout}
	if ch.timeout <= 0 {
		ch.timeout = callTimeout
	}
	client := &http.Client{Transport: ch.wire}
	api := sesv2.NewFromConfig(shared, func(o *sesv2.Options) {
		o.HTTPClient = client
		o.Retryer = aws.NopRetryer{} // a repeated SendEmail is a second mail
	})
	ch.send, ch.account = api.SendEmail, api.GetAccount
	return ch
}

// transport returns connections for ten sends at once, with the proxy and
// certificates of the shared client.
func transport(shared aws.HTTPClient) *http.Transport {
	base, ok := shared.(*awshttp.BuildableClient)
	if !ok {
		base = awshttp.NewBuildableClient()
	}
	t := base.GetTransport()
	t.DialContext = (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	t.TLSHandshakeTimeout = 3 * time.Second
	t.MaxIdleConnsPerHost = 10
	return t
}

// CloseIdle closes the connections that no send uses. A function calls it when
// it wakes: a connection that died while the sandbox was frozen would fail in
// the middle of a send.
func (c *Channel) CloseIdle() { c.wire.CloseIdleConnections() }

// Send hands m to SES: one request, never repeated.
func (c *Channel) Send(ctx context.Context, m followup.Message) (followup.Receipt, error) {
	in, err := c.request(m)
	if err != nil {
		return followup.Receipt{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var w awscall.Wire
	out, err := c.send(w.Watch(ctx), in)
	if err != nil {
		return followup.Receipt{}, w.Classify(answers, err)
	}
	if aws.ToString(out.MessageId) == "" {
		return followup.Receipt{}, &followup.SendError{Failure: followup.UnclearResult, Phase: awscall.PhaseReply, Err: errNoID}
	}
	return followup.Receipt{Provider: *out.MessageId}, nil
}

var errNoID = errors.New("SES answered without a message id")

// Quota is what the account may send now.
type Quota struct {
	PerSecond float64 // mails a second
	Left      float64 // mails of the rolling 24 hours; -1: without limit
	Paused    bool    // SES, or somebody, stopped the account
	Sandbox   bool    // only verified addresses can be written to
}

// Quota asks SES for the rate and what is left of the day. Reading may be
// repeated, and is, within the time of one call.
func (c *Channel) Quota(ctx context.Context) (Quota, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	out, err := c.account(ctx, &sesv2.GetAccountInput{}, func(o *sesv2.Options) { o.Retryer = retry.NewStandard() })
	if err != nil {
		return Quota{}, fmt.Errorf("read quota of SES: %w", err)
	}
	q := Quota{Left: -1, Paused: !out.SendingEnabled || aws.ToString(out.EnforcementStatus) == "SHUTDOWN", Sandbox: !out.ProductionAccessEnabled}
	if s := out.SendQuota; s != nil {
		q.PerSecond = s.MaxSendRate
		if s.Max24HourSend >= 0 {
			q.Left = max(0, s.Max24HourSend-s.SentLast24Hours)
		}
	}
	return q, nil
}
