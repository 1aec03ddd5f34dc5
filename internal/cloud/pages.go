package cloud

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/followup"
	"aftersales/internal/source"
	"aftersales/internal/web"
)

// Pages answers customers: what their links open, and monitors.
func (f *Form) Pages(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	w, err := f.work(ctx)
	if err != nil {
		f.Log.ErrorContext(ctx, "page not answered", "err", err)
		return sorry(), nil
	}
	return serve(ctx, web.Public(web.PublicConfig{
		Engine: w.engine, Shops: w.Shops, Links: w.Signer, ContactKey: w.ContactKey,
		Secrets: func(string, followup.ShopID) source.Secrets { return nil }, // webhooks have a function of their own
		Now:     f.Now, RealNow: time.Now, Health: f.health, Version: f.Version, Log: f.Log,
	}), e), nil
}

// health says why the service cannot work: the tables do not answer.
func (f *Form) health(ctx context.Context) error {
	_, _, err := f.Store.Record(ctx, epochRecord)
	return err
}

// sorry is the page when nothing can be shown at all.
func sorry() events.APIGatewayV2HTTPResponse {
	out := blank(http.StatusServiceUnavailable)
	out.Headers = map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Retry-After": "60", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff",
	}
	out.Body = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">" +
		"<title>One moment</title><h1>One moment, please</h1><p>This page cannot be shown right now. Please try again in a few minutes.</p></html>\n"
	return out
}
