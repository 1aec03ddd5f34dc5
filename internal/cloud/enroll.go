package cloud

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/followup"
)

// Enroll folds what the queue brings into journeys: bodies of the inbox, events
// of a bus (which enter the inbox first), and journeys to be reconciled. At a stack
// that was moved away it only keeps what came, for the case that it is opened again.
func (f *Form) Enroll(ctx context.Context, e QueueEvent) (events.SQSEventResponse, error) {
	b := f.newBatch(ctx, "enroll", e)
	ctx, cancel := Timely(ctx)
	defer cancel()
	w, err := f.Work(ctx)
	if closed(err) {
		f.leave(ctx, b, e.Records)
		return b.done(ctx), nil
	}
	if err != nil {
		b.failAll(ctx, e.Records, err)
		return b.done(ctx), nil
	}
	ctx = cameBack(ctx, e.Records)
	var bodies []followup.Incoming
	var owners []*QueueMessage
	for i := range e.Records {
		m := &e.Records[i]
		in, again, err := f.enrolment(ctx, w, m.Body)
		switch {
		case err != nil:
			b.fail(ctx, m, err)
		case in != nil:
			bodies, owners = append(bodies, *in), append(owners, m)
		default:
			if err := w.Engine.Again(ctx, f.Now(), again); err != nil {
				b.fail(ctx, m, err)
			}
		}
	}
	if len(bodies) == 0 {
		return b.done(ctx), nil
	}
	errs, err := w.Engine.Receive(ctx, f.Now(), bodies)
	for i, m := range owners {
		if err := errors.Join(at(errs, i), err); err != nil {
			b.fail(ctx, m, err)
		}
	}
	return b.done(ctx), nil
}

// at returns an element's error; a call that failed whole has none.
func at(errs []error, i int) error {
	if i < len(errs) {
		return errs[i]
	}
	return nil
}

// enrolment reads a message: a body to be enrolled, or journeys.
func (f *Form) enrolment(ctx context.Context, w *Work, text string) (*followup.Incoming, []followup.JourneyID, error) {
	m, bus, err := enrolOf(text)
	if err != nil {
		return nil, nil, err
	}
	if bus != nil {
		in, err := f.arrived(ctx, w.Shops, bus)
		return in, nil, err
	}
	if m.Inbox == nil {
		for _, id := range m.Again {
			if shop, order := id.Split(); w.Shops[shop] == nil || order == "" {
				return nil, nil, fmt.Errorf("%w: journey %q is of no shop that is configured", errMalformed, id)
			}
		}
		return nil, m.Again, nil
	}
	in, err := f.Store.Incoming(ctx, *m.Inbox)
	switch {
	case errors.Is(err, followup.ErrNotFound):
		return nil, nil, fmt.Errorf("%w: the inbox holds no such body", errMalformed)
	case err != nil:
		return nil, nil, fmt.Errorf("read inbox: %w", err)
	}
	return &in, nil, nil
}

// arrived stores an event of a bus as a webhook's body would be.
func (f *Form) arrived(ctx context.Context, shops map[followup.ShopID]*followup.Shop, bus *busEvent) (*followup.Incoming, error) {
	in, err := bus.incoming(shops, f.Now())
	if err != nil {
		return nil, err
	}
	verdicts, err := f.Store.Accept(ctx, []followup.Incoming{in})
	switch {
	case err != nil:
		return nil, fmt.Errorf("store event: %w", err)
	case len(verdicts) != 1 || verdicts[0] == followup.Different:
		return nil, fmt.Errorf("%w: this event came before with another body", errMalformed)
	}
	return &in, nil
}
