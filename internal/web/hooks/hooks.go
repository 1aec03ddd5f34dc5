// Package hooks takes webhooks: a body is durable before its sender is answered.
// It stands apart from the pages, so that the function that takes webhooks is
// built without them.
package hooks

import (
	"cmp"
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
	"aftersales/internal/web/problem"
)

const (
	hooksAtOnce = 64               // bodies stored at the same time, when nothing else is configured
	bodyTime    = 15 * time.Second // in which a body must have arrived
	storeTime   = 10 * time.Second // in which the store must have answered
	drained     = 16 << 20         // bytes of a body that is too large which are read on, so that its sender hears why
)

// Config is what takes webhooks is made of. Fields are required unless they say
// what happens without them.
type Config struct {
	Inbox Inbox
	Shops map[followup.ShopID]*followup.Shop
	// Secrets returns the live secrets of a source of a shop; none: it is off.
	Secrets func(source string, shop followup.ShopID) source.Secrets
	// ContactKey names contacts while a body is read, see [source.Env].
	ContactKey func(kind, value string) followup.ContactID
	Now        func() time.Time // the product's clock, which may be a virtual one
	RealNow    func() time.Time // the machine's clock: judges the age of signatures
	Wake       func()           // new work is in the inbox; nil: nobody is told
	AtOnce     int              // rightly signed bodies taken at once, more are told to wait; 0: 64
	Arriving   int              // bodies on their way at once, the oldest gives way to a further one; 0: 512
	BodyTime   time.Duration    // in which a body must have arrived; 0: 15 s
	Log        *slog.Logger
}

// Inbox is where bodies are stored.
type Inbox interface {
	Accept(ctx context.Context, in []followup.Incoming) ([]followup.Verdict, error)
}

// Pattern is the address of webhooks, for [http.ServeMux].
const Pattern = "/hooks/{source}/{shop}"

// Hooks answers requests to [Pattern]. Nobody logs in: webhooks are signed.
type Hooks struct {
	c        Config
	slots    chan struct{}
	arrivals arrivals
}

// New returns what takes webhooks.
func New(c Config) *Hooks {
	if c.AtOnce <= 0 {
		c.AtOnce = hooksAtOnce
	}
	if c.BodyTime <= 0 {
		c.BodyTime = bodyTime
	}
	if c.Wake == nil {
		c.Wake = func() {}
	}
	return &Hooks{c: c, slots: make(chan struct{}, c.AtOnce), arrivals: arrivals{most: cmp.Or(c.Arriving, arriving), room: arrivingBytes}}
}

// Missing answers an address below /hooks/ that leads nowhere.
func Missing(w http.ResponseWriter, _ *http.Request) {
	problem.New(http.StatusNotFound, "unknown-address", "there is nothing at this address", "post to /hooks/{source}/{shop}").Write(w)
}

// ServeHTTP takes one webhook; the request's path values source and shop say whose.
func (h *Hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		problem.New(http.StatusMethodNotAllowed, "method", "this address takes webhooks", "send a POST").Write(w)
		return
	}
	d, ok := h.door(r)
	if !ok {
		problem.New(http.StatusNotFound, "unknown-address", "there is no such source or shop, or the source is not switched on for the shop",
			"post to /hooks/{source}/{shop}, such as /hooks/shopify/main, and set the secret of the source").Write(w)
		return
	}
	body, fault := h.readBody(w, r)
	if fault != nil {
		if fault.Status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "2")
		}
		fault.Write(w)
		return
	}
	h.take(w, r, source.Request{Method: r.Method, Header: r.Header, Body: body}, d)
}

func busy() problem.Problem {
	return problem.New(http.StatusTooManyRequests, "busy", "too many webhooks at once", "send it again in two seconds")
}

// door is one source of one shop.
type door struct {
	source  source.Source
	shop    *followup.Shop
	secrets source.Secrets
}

func (h *Hooks) door(r *http.Request) (d door, ok bool) {
	if d.source, ok = source.Lookup(r.PathValue("source")); !ok {
		return d, false
	}
	if d.shop = h.c.Shops[followup.ShopID(r.PathValue("shop"))]; d.shop == nil {
		return d, false
	}
	d.secrets = h.c.Secrets(d.source.Name(), d.shop.ID)
	return d, len(d.secrets) > 0
}

// take stores a body that is whole. Only whoever signed it rightly takes a slot:
// strangers, however many, do not keep the shop's own webhooks waiting.
func (h *Hooks) take(w http.ResponseWriter, r *http.Request, req source.Request, d door) {
	if err := d.source.Verify(req, d.secrets, h.c.RealNow()); err != nil {
		h.refuse(w, r, d, err)
		return
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		w.Header().Set("Retry-After", "2")
		busy().Write(w)
		return
	}
	in, err := h.read(req, d)
	if err != nil {
		h.refuse(w, r, d, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	verdicts, err := h.c.Inbox.Accept(ctx, []followup.Incoming{in})
	if err != nil || len(verdicts) != 1 {
		h.c.Log.ErrorContext(r.Context(), "webhook not stored", "source", in.Source, "shop", in.Shop, "err", err)
		w.Header().Set("Retry-After", "5")
		problem.New(http.StatusServiceUnavailable, "store", "the webhook could not be stored", "send it again in a few seconds").Write(w)
		return
	}
	h.settle(w, r, in, verdicts[0])
}

// settle answers as the inbox ruled.
func (h *Hooks) settle(w http.ResponseWriter, r *http.Request, in followup.Incoming, v followup.Verdict) {
	h.c.Log.LogAttrs(r.Context(), slog.LevelInfo, "webhook", slog.String("source", in.Source), slog.String("shop", string(in.Shop)),
		slog.String("topic", in.Topic), slog.String("verdict", string(v)), slog.Int("bytes", len(in.Body)))
	if v == followup.Different {
		problem.New(http.StatusConflict, "conflict", "this event came before with another body",
			"give each event an id of its own; a correction is a new event").Write(w)
		return
	}
	h.c.Wake()
	status := http.StatusAccepted
	if v == followup.Seen {
		status = http.StatusOK
	}
	problem.JSON(w, "application/json", status, map[string]string{"status": string(v)})
}

// read names a body that was signed rightly. It is read once here so that what nobody can
// read is told to its sender, who can mend it, and not found out later.
func (h *Hooks) read(r source.Request, d door) (in followup.Incoming, err error) {
	key, topic, err := d.source.Key(r)
	if err != nil {
		return in, err
	}
	sum := sha256.New()
	_, _ = io.WriteString(sum, topic+"\n") // a hash never fails
	_, _ = sum.Write(r.Body)
	in = followup.Incoming{
		InboxKey: followup.InboxKey{Shop: d.shop.ID, Source: d.source.Name(), Key: key},
		Topic:    topic, Hash: hex.EncodeToString(sum.Sum(nil)), Body: r.Body, At: h.c.Now(),
	}
	_, err = d.source.Translate(in, source.Env{Shop: d.shop, ContactKey: h.c.ContactKey})
	return in, err
}

func (h *Hooks) refuse(w http.ResponseWriter, r *http.Request, d door, err error) {
	fault, ok := errors.AsType[*source.Fault](err)
	if !ok {
		h.c.Log.ErrorContext(r.Context(), "webhook not read", "source", d.source.Name(), "shop", d.shop.ID, "err", err)
		problem.New(http.StatusInternalServerError, "internal", "the webhook could not be read", "tell the people who run this server").Write(w)
		return
	}
	h.c.Log.WarnContext(r.Context(), "webhook refused", "source", d.source.Name(), "shop", d.shop.ID,
		"status", fault.Status, "kind", fault.Kind, "detail", fault.Detail)
	if fault.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Signature")
	}
	problem.New(fault.Status, fault.Kind, fault.Detail, fault.Mend).Write(w)
}

// readBody reads at most [source.MaxBody] bytes within the configured time. Who
// writes all of a body before reading the answer would see a broken connection
// and not the answer, so of one that is too large the rest is read, too, and
// dropped, up to a bound.
func (h *Hooks) readBody(w http.ResponseWriter, r *http.Request) ([]byte, *problem.Problem) {
	tooLarge := problem.New(http.StatusRequestEntityTooLarge, source.FaultTooLarge, "the body is larger than 1 MiB", "send at most 1048576 bytes")
	declared := r.ContentLength > source.MaxBody
	if declared && (r.ContentLength > drained || r.Header.Get("Expect") != "") { // who expects a word first has sent nothing yet
		w.Header().Set("Connection", "close") // the rest of the body is not read
		return nil, &tooLarge
	}
	_ = http.NewResponseController(w).SetReadDeadline(h.c.RealNow().Add(h.c.BodyTime)) // not every server can; then its own limit holds
	on := h.arrivals.add(w, r.Body)
	var body []byte
	var err error
	if !declared {
		body, err = io.ReadAll(io.LimitReader(on, source.MaxBody+1))
	}
	large := declared || len(body) > source.MaxBody
	if large {
		on.drop(drained)
	}
	away := on.end()
	if err == nil && !large {
		return body, nil
	}
	w.Header().Set("Connection", "close")
	if large {
		return nil, &tooLarge
	}
	if away {
		full := busy()
		return nil, &full
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		slow := problem.New(http.StatusRequestTimeout, "slow", "the body did not arrive in time", "send it within 15 seconds")
		return nil, &slow
	}
	broken := problem.New(http.StatusBadRequest, "broken", "the body ended early", "send it again, whole")
	return nil, &broken
}
