package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/connect/contact"
	"aftersales/internal/followup"
	sesevents "aftersales/internal/ses/events"
)

// Outcome records what the mail provider says of attempts after the call.
// Events of mail that is not ours fail as malformed, and end among the failed messages
// with their reason. Of a stack that was moved away all do, and
// [Stack.Reopen] puts them back.
func (f *Form) Outcome(ctx context.Context, e QueueEvent) (events.SQSEventResponse, error) {
	b := f.newBatch(ctx, "outcome", e)
	ctx, cancel := Timely(ctx)
	defer cancel()
	w, err := f.Work(ctx)
	if err != nil {
		b.failAll(ctx, e.Records, err)
		return b.done(ctx), nil
	}
	var latest time.Time
	for i := range e.Records {
		m := &e.Records[i]
		reports, mail, err := f.reports(ctx, []byte(m.Body))
		if err != nil {
			b.fail(ctx, m, err)
			continue
		}
		for _, r := range reports {
			err = errors.Join(err, w.Engine.Outcome(ctx, f.Now(), r))
			if err == nil && mail && r.Sent.After(latest) {
				latest = r.Sent
			}
		}
		if err != nil {
			b.fail(ctx, m, err)
		}
	}
	if err := f.reach(ctx, latest); err != nil {
		f.Log.WarnContext(ctx, "watermark not kept; the next event tries again", "err", err)
	}
	return b.done(ctx), nil
}

// reports reads an event of a provider: about a mail, or about a call.
func (f *Form) reports(ctx context.Context, event []byte) (all []followup.Report, mail bool, err error) {
	var from struct{ Source string }
	if json.Unmarshal(event, &from) == nil && from.Source == callSource && f.Calls != nil {
		all, err = f.Calls.Read(ctx, event)
		if errors.Is(err, contact.ErrEvent) {
			err = fmt.Errorf("%w: %w", errMalformed, err)
		}
		return all, false, err
	}
	all, err = sesevents.Read(event, f.Env.ConfigurationSet)
	if err != nil {
		err = fmt.Errorf("%w: %w", errMalformed, err)
	}
	return all, true, err
}

// callSource is the source of events about calls.
const callSource = "aws.connect"

// markEvery is how often the watermark is written, by each sandbox.
const markEvery = time.Minute

// reach moves the watermark to when a mail was sent of which an event arrived.
func (f *Form) reach(ctx context.Context, sent time.Time) error {
	f.mu.Lock()
	due := f.Now().Sub(f.marked) >= markEvery
	f.mu.Unlock()
	if sent.IsZero() || !due {
		return nil
	}
	at, version, err := f.readWatermark(ctx)
	if err != nil {
		return err
	}
	if sent.After(at) {
		value, err := json.Marshal(sent)
		if err != nil {
			return err
		}
		if err := f.Store.SetRecord(ctx, watermarkRecord, value, version); err != nil && !errors.Is(err, followup.ErrConflict) {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.marked = f.Now()
	return nil
}
