package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/cloud/httpapi"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/queue"
	"aftersales/internal/source"
	"aftersales/internal/web/hooks"
)

// Intake takes webhooks: a body is stored, then its key queued, then its sender
// answered. A secret that is missing answers 503 and rings an alarm: nobody can
// say whether the signature is right.
func (f *Form) Intake(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	ctx, cancel := Timely(ctx)
	defer cancel()
	w, err := f.Work(ctx)
	if err != nil {
		f.Log.ErrorContext(ctx, "webhook not taken", "err", err)
		return unavailable("the service is not ready", "send it again in a few seconds"), nil
	}
	name, shop, known := doorOf(e.RawPath, w.Shops)
	if !known {
		return f.take(ctx, w, nil, e), nil
	}
	secrets, err := f.hookSecrets(ctx, name, shop)
	if err != nil {
		f.Log.ErrorContext(ctx, "webhook not taken", "source", name, "shop", shop, "err", err)
		return unavailable("the signature cannot be checked now", "send it again in a few minutes"), nil
	}
	out := f.take(ctx, w, secrets, e)
	if key := config.SecretName(name, shop); out.StatusCode != http.StatusUnauthorized || !f.Secrets.Refresh(key, key+"_NEXT") {
		return out, nil
	}
	// The secret may have been changed a moment ago.
	if again, err := f.hookSecrets(ctx, name, shop); err == nil {
		out = f.take(ctx, w, again, e)
	}
	return out, nil
}

func (f *Form) take(ctx context.Context, w *Work, secrets source.Secrets, e events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	mux := http.NewServeMux()
	mux.Handle(hooks.Pattern, hooks.New(hooks.Config{
		Inbox: w.Engine.Store(), Shops: w.Shops, ContactKey: w.ContactKey,
		Secrets: func(string, followup.ShopID) source.Secrets { return secrets },
		Now:     f.Now, RealNow: time.Now, Log: f.Log,
	}))
	mux.HandleFunc("/", hooks.Missing)
	return httpapi.Serve(ctx, mux, e)
}

// doorOf returns the source and the shop that a path names; false when there is
// no such door.
func doorOf(path string, shops map[followup.ShopID]*followup.Shop) (name string, shop followup.ShopID, ok bool) {
	_, rest, found := strings.Cut(path, "/hooks/")
	name, id, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	_, known := source.Lookup(name)
	return name, followup.ShopID(id), found && known && shops[followup.ShopID(id)] != nil
}

// hookSecrets returns the live secrets of a source of a shop: one, or two while
// they are exchanged.
func (f *Form) hookSecrets(ctx context.Context, name string, shop followup.ShopID) (source.Secrets, error) {
	key := config.SecretName(name, shop)
	first, err := f.Secret(ctx, key)
	if err != nil {
		return nil, err
	}
	next, err := f.Secrets.Secret(ctx, key+"_NEXT")
	if err != nil {
		return nil, fmt.Errorf("read secret %s_NEXT: %w", key, err)
	}
	secrets := source.Secrets{[]byte(first)}
	if next != "" {
		secrets = append(secrets, []byte(next))
	}
	return secrets, nil
}

// queued is a store that queues the key of every body it accepted, a seen one
// too, since enrolling it repairs. Only then is the body's sender answered.
type queued struct {
	followup.SweptStore
	queue queue.Sender
}

// Accept stores bodies, then queues their keys.
func (q *queued) Accept(ctx context.Context, in []followup.Incoming) ([]followup.Verdict, error) {
	verdicts, err := q.SweptStore.Accept(ctx, in)
	if err != nil {
		return verdicts, err
	}
	var messages []queue.Message
	var errs []error
	for i, v := range verdicts {
		if v != followup.Different {
			m, err := encode(Enrol{Inbox: &in[i].InboxKey}, 0)
			messages, errs = append(messages, m), append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(messages) > 0 {
		if err := q.queue.Send(ctx, messages); err != nil {
			return nil, fmt.Errorf("queue what was stored: %w", err)
		}
	}
	return verdicts, nil
}

// unavailable is a problem of ours: the sender comes again.
func unavailable(detail, mend string) events.APIGatewayV2HTTPResponse {
	body, err := json.Marshal(map[string]any{
		"type": "about:blank", "title": http.StatusText(http.StatusServiceUnavailable), "status": http.StatusServiceUnavailable,
		"detail": detail, "mend": mend,
	})
	if err != nil {
		body = []byte("{}")
	}
	out := httpapi.Blank(http.StatusServiceUnavailable)
	out.Headers = map[string]string{"Content-Type": "application/problem+json", "Retry-After": "60", "Cache-Control": "no-store"}
	out.Body = string(body) + "\n"
	return out
}
