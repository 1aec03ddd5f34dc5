// Package pages is the function that answers customers: what their links open.
package pages

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/httpapi"
	"aftersales/internal/followup"
	"aftersales/internal/source"
	"aftersales/internal/web"
)

// Pages answers customers, and monitors.
type Pages struct{ form *cloud.Form }

// New returns the pages of a form.
func New(f *cloud.Form) *Pages { return &Pages{f} }

// Handle answers a request.
func (p *Pages) Handle(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	ctx, cancel := cloud.Timely(ctx)
	defer cancel()
	f := p.form
	w, err := f.Work(ctx)
	if err != nil {
		f.Log.ErrorContext(ctx, "page not answered", "err", err)
		return p.sorry(ctx, e, err), nil
	}
	return httpapi.Serve(ctx, web.Public(web.PublicConfig{
		Engine: w.Engine, Shops: w.Shops, Links: w.Signer, ContactKey: w.ContactKey,
		Secrets: func(string, followup.ShopID) source.Secrets { return nil }, // webhooks have a function of their own
		Now:     f.Now, RealNow: time.Now, Health: f.Health, Version: f.Version, Log: f.Log,
	}), e), nil
}

// sorry answers when nothing can be shown at all: people get a page, monitors the
// reason.
func (p *Pages) sorry(ctx context.Context, e events.APIGatewayV2HTTPRequest, err error) events.APIGatewayV2HTTPResponse {
	if !strings.HasSuffix(e.RawPath, "/healthz") {
		return httpapi.Sorry()
	}
	return httpapi.Serve(ctx, web.Health(func(context.Context) error { return cloud.Ill(err) }, p.form.Version), e)
}
