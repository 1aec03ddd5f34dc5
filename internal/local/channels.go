package local

import (
	"context"
	"sync"
	"time"

	"aftersales/internal/calllist"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/smtp"
)

func (a *App) mailChannel() (followup.Channel, error) {
	if a.Config.Email.Channel != config.SMTP {
		return mailbox.New(a.Store, a.Clock.Now), nil
	}
	s := a.Config.Email.SMTP
	return smtp.New(smtp.Config{
		Host: s.Host, Port: s.Port, Username: s.Username, Password: s.Password.Reveal(), Hello: s.Helo,
		Security: securities[s.TLS], Now: a.Clock.Now,
	})
}

// securities maps the words of the configuration to those of the channel.
var securities = map[string]smtp.Security{"starttls": smtp.StartTLS, "implicit": smtp.ImplicitTLS, "none": smtp.NoTLS}

// channels gives every shop the same mail channel and its call list.
func (a *App) channels() map[followup.ShopID]map[followup.Medium]followup.Channel {
	out := map[followup.ShopID]map[followup.Medium]followup.Channel{}
	for _, s := range a.Config.Shops {
		out[s.ID] = map[followup.Medium]followup.Channel{
			followup.Email: a.mail,
			followup.Call:  calllist.New(claimant{}),
		}
	}
	return out
}

// claimant is the desk of both call lists, page and terminal: whoever claims a
// call reads its sheet in the answer to the claim, so there is nothing to keep.
type claimant struct{}

// Show has nothing to do.
func (claimant) Show(context.Context, followup.Message) error { return nil }

// mailboxParallel is how many mails are put into the mailbox at once: they share
// a commit, and no server has to be spared.
const mailboxParallel = 2 * 250

// parallel returns how many mails are sent at the same time.
func (a *App) parallel() int {
	if a.Config.Email.Channel == config.SMTP {
		return a.Config.Email.Concurrency
	}
	return mailboxParallel
}

// turns gives out turns to send at a rate, one and those of a quarter
// of a second in reserve at most: that is how often the loop looks for one. The zero rate has no limit. It is safe for concurrent use.
type turns struct {
	rate float64 // a second
	now  func() time.Time

	mu   sync.Mutex
	have float64
	at   time.Time // of have
}

func newTurns(rate float64, now func() time.Time) *turns {
	return &turns{rate: rate, now: now, have: reserve(rate), at: now()}
}

func reserve(rate float64) float64 { return 1 + rate*minSleep.Seconds() }

// take takes a turn, if there is one now.
func (t *turns) take() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.any() {
		return false
	}
	if t.rate > 0 {
		t.have--
	}
	return true
}

// ready reports whether there is a turn now.
func (t *turns) ready() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.any()
}

func (t *turns) any() bool {
	if t.rate <= 0 {
		return true
	}
	now := t.now()
	t.have = min(reserve(t.rate), t.have+t.rate*now.Sub(t.at).Seconds())
	t.at = now
	return t.have >= 1
}

// observed tells of each accepted message, one at a time.
type observed struct {
	followup.Channel
	mu   sync.Mutex
	tell func(followup.Message)
}

// Send passes m on.
func (o *observed) Send(ctx context.Context, m followup.Message) (followup.Receipt, error) {
	r, err := o.Channel.Send(ctx, m)
	if err == nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.tell(m)
	}
	return r, err
}

// Close closes the channel behind, where it can be closed.
func (o *observed) Close() {
	if c, ok := o.Channel.(interface{ Close() }); ok {
		c.Close()
	}
}

// Find asks the channel behind, where it can be asked.
func (o *observed) Find(ctx context.Context, id followup.FollowUpID, attempt string) (followup.Evidence, error) {
	if f, ok := o.Channel.(followup.Finder); ok {
		return f.Find(ctx, id, attempt)
	}
	return followup.Evidence{}, nil
}
