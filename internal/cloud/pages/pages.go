// Package pages is the function that answers customers: what their links open.
package pages

import (
	"context"
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
	f := p.form
	w, err := f.Work(ctx)
	if err != nil {
		f.Log.ErrorContext(ctx, "page not answered", "err", err)
		return httpapi.Sorry(), nil
	}
	return httpapi.Serve(ctx, web.Public(web.PublicConfig{
		Engine: w.Engine, Shops: w.Shops, Links: w.Signer, ContactKey: w.ContactKey,
		Secrets: func(string, followup.ShopID) source.Secrets { return nil }, // webhooks have a function of their own
		Now:     f.Now, RealNow: time.Now, Health: f.Health, Version: f.Version, Log: f.Log,
	}), e), nil
}
