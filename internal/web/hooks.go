package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/source"
)

const (
	hooksAtOnce = 64               // bodies taken at the same time, when nothing else is configured
	bodyTime    = 15 * time.Second // in which a body must have arrived
	storeTime   = 10 * time.Second // in which the store must have answered
)

// hook takes one webhook: it is durable before its sender is answered.
func (p *public) hook(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		newProblem(http.StatusMethodNotAllowed, "method", "this address takes webhooks", "send a POST").write(w)
		return
	}
	d, ok := p.door(r)
	if !ok {
		newProblem(http.StatusNotFound, "unknown-address", "there is no such source or shop, or the source is not switched on for the shop",
			"post to /hooks/{source}/{shop}, such as /hooks/shopify/main, and set the secret of the source").write(w)
		return
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	default:
		w.Header().Set("Retry-After", "2")
		newProblem(http.StatusTooManyRequests, "busy", "too many webhooks at once", "send it again in two seconds").write(w)
		return
	}
	p.take(w, r, d)
}

// door is one source of one shop.
type door struct {
	source  source.Source
	shop    *followup.Shop
	secrets source.Secrets
}

func (p *public) door(r *http.Request) (d door, ok bool) {
	if d.source, ok = source.Lookup(r.PathValue("source")); !ok {
		return d, false
	}
	if d.shop = p.c.Shops[followup.ShopID(r.PathValue("shop"))]; d.shop == nil {
		return d, false
	}
	d.secrets = p.c.Secrets(d.source.Name(), d.shop.ID)
	return d, len(d.secrets) > 0
}

func (p *public) take(w http.ResponseWriter, r *http.Request, d door) {
	body, fault := p.readBody(w, r)
	if fault != nil {
		fault.write(w)
		return
	}
	in, err := p.read(source.Request{Method: r.Method, Header: r.Header, Body: body}, d)
	if err != nil {
		p.refuse(w, r, d, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	verdicts, err := p.c.Engine.Store().Accept(ctx, []followup.Incoming{in})
	if err != nil || len(verdicts) != 1 {
		p.c.Log.ErrorContext(r.Context(), "webhook not stored", "source", in.Source, "shop", in.Shop, "err", err)
		w.Header().Set("Retry-After", "5")
		newProblem(http.StatusServiceUnavailable, "store", "the webhook could not be stored", "send it again in a few seconds").write(w)
		return
	}
	p.settle(w, r, in, verdicts[0])
}

// settle answers as the inbox ruled.
func (p *public) settle(w http.ResponseWriter, r *http.Request, in followup.Incoming, v followup.Verdict) {
	p.c.Log.LogAttrs(r.Context(), slog.LevelInfo, "webhook", slog.String("source", in.Source), slog.String("shop", string(in.Shop)),
		slog.String("topic", in.Topic), slog.String("verdict", string(v)), slog.Int("bytes", len(in.Body)))
	if v == followup.Different {
		newProblem(http.StatusConflict, "conflict", "this event came before with another body",
			"give each event an id of its own; a correction is a new event").write(w)
		return
	}
	p.c.Wake()
	status := http.StatusAccepted
	if v == followup.Seen {
		status = http.StatusOK
	}
	writeJSON(w, "application/json", status, map[string]string{"status": string(v)})
}

// read checks and names a body. It is read once here so that what nobody can
// read is told to its sender, who can mend it, and not found out later.
func (p *public) read(r source.Request, d door) (in followup.Incoming, err error) {
	if err := d.source.Verify(r, d.secrets, p.c.RealNow()); err != nil {
		return in, err
	}
	key, topic, err := d.source.Key(r)
	if err != nil {
		return in, err
	}
	sum := sha256.New()
	_, _ = io.WriteString(sum, topic+"\n") // a hash never fails
	_, _ = sum.Write(r.Body)
	in = followup.Incoming{
		InboxKey: followup.InboxKey{Shop: d.shop.ID, Source: d.source.Name(), Key: key},
		Topic:    topic, Hash: hex.EncodeToString(sum.Sum(nil)), Body: r.Body, At: p.c.Now(),
	}
	_, err = d.source.Translate(in, source.Env{Shop: d.shop, ContactKey: p.c.ContactKey})
	return in, err
}

func (p *public) refuse(w http.ResponseWriter, r *http.Request, d door, err error) {
	fault, ok := errors.AsType[*source.Fault](err)
	if !ok {
		p.c.Log.ErrorContext(r.Context(), "webhook not read", "source", d.source.Name(), "shop", d.shop.ID, "err", err)
		newProblem(http.StatusInternalServerError, "internal", "the webhook could not be read", "tell the people who run this server").write(w)
		return
	}
	p.c.Log.WarnContext(r.Context(), "webhook refused", "source", d.source.Name(), "shop", d.shop.ID,
		"status", fault.Status, "kind", fault.Kind, "detail", fault.Detail)
	if fault.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Signature")
	}
	newProblem(fault.Status, fault.Kind, fault.Detail, fault.Mend).write(w)
}

// readBody reads at most [source.MaxBody] bytes within the configured time.
func (p *public) readBody(w http.ResponseWriter, r *http.Request) ([]byte, *problem) {
	tooLarge := newProblem(http.StatusRequestEntityTooLarge, source.FaultTooLarge, "the body is larger than 1 MiB", "send at most 1048576 bytes")
	if r.ContentLength > source.MaxBody {
		w.Header().Set("Connection", "close") // the rest of the body is not read
		return nil, &tooLarge
	}
	_ = http.NewResponseController(w).SetReadDeadline(p.c.RealNow().Add(p.c.BodyTime)) // not every server can; then its own limit holds
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, source.MaxBody))
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &tooLarge
	}
	w.Header().Set("Connection", "close")
	if errors.Is(err, os.ErrDeadlineExceeded) {
		slow := newProblem(http.StatusRequestTimeout, "slow", "the body did not arrive in time", "send it within 15 seconds")
		return nil, &slow
	}
	broken := newProblem(http.StatusBadRequest, "broken", "the body ended early", "send it again, whole")
	return nil, &broken
}
