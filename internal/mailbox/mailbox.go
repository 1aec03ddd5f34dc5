// Package mailbox is the built-in mail channel: it keeps messages instead of
// sending them, can be asked what became of an attempt, and shows them in the
// browser and as JSON.
package mailbox

import (
	"context"
	"time"

	"aftersales/internal/followup"
)

// Storage keeps the mail of a mailbox. Package mailboxtest says what it must do.
type Storage interface {
	// PutMail keeps m as accepted at that time and returns its id. The same
	// follow-up and attempt again changes nothing and returns the first id. Durable
	// on return; after an error the mail may be kept or not.
	PutMail(ctx context.Context, m followup.Message, at time.Time) (string, error)
	// FindMail returns the id of the mail of a follow-up's attempt; false when there
	// is none.
	FindMail(ctx context.Context, id followup.FollowUpID, attempt string) (string, bool, error)
	// Mail returns at most limit messages, newest first, and the before of the next
	// page, "" after the last. A before of "" starts at the newest, else the page
	// starts below the message with that id. An id nobody gave out is an empty page.
	Mail(ctx context.Context, limit int, before string) ([]followup.Stored, string, error)
	// OneMail returns the message with that id; false when there is none.
	OneMail(ctx context.Context, id string) (followup.Stored, bool, error)
}

// Channel accepts mail into a storage. It implements [followup.Channel] and
// [followup.Finder] and accepts one attempt once, however often it is sent.
type Channel struct {
	storage Storage
	now     func() time.Time
}

var (
	_ followup.Channel = (*Channel)(nil)
	_ followup.Finder  = (*Channel)(nil)
)

// New returns a mailbox that dates what it accepts by now.
func New(storage Storage, now func() time.Time) *Channel {
	return &Channel{storage: storage, now: now}
}

// Send keeps m. It refuses what no mail server would take, so that a plan tried
// on the mailbox behaves the same on SMTP. A storage that fails leaves the
// result unclear; Find tells later.
func (c *Channel) Send(ctx context.Context, m followup.Message) (followup.Receipt, error) {
	m, err := m.Checked()
	if err != nil {
		return followup.Receipt{}, err
	}
	if err := ctx.Err(); err != nil {
		return followup.Receipt{}, &followup.SendError{Failure: followup.NotAccepted, Phase: "start", Err: err}
	}
	id, err := c.storage.PutMail(ctx, m, c.now().UTC())
	if err != nil {
		return followup.Receipt{}, &followup.SendError{Failure: followup.UnclearResult, Phase: "store", Err: err}
	}
	return followup.Receipt{Provider: id}, nil
}

// Find says for certain whether the attempt was kept: when the caller has
// waited out the attempt's deadline, what is not there never will be.
func (c *Channel) Find(ctx context.Context, id followup.FollowUpID, attempt string) (followup.Evidence, error) {
	provider, ok, err := c.storage.FindMail(ctx, id, attempt)
	if err != nil {
		return followup.Evidence{}, err
	}
	return followup.Evidence{Accepted: ok, Conclusive: true, Provider: provider}, nil
}
