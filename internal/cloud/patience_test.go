package cloud_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/pages"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/queue"
)

// stuck is what answers nothing, and ends when its caller's time does.
type stuck struct{ followup.SweptStore }

func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (stuck) Record(ctx context.Context, _ string) ([]byte, int64, error) { return nil, 0, hang(ctx) }

func (stuck) ReadRecords(ctx context.Context, _ []string) ([]followup.Record, error) {
	return nil, hang(ctx)
}

func (stuck) Accept(ctx context.Context, _ []followup.Incoming) ([]followup.Verdict, error) {
	return nil, hang(ctx)
}
func (stuck) Send(ctx context.Context, _ []queue.Message) error    { return hang(ctx) }
func (stuck) Limits(ctx context.Context) (cloud.Limits, error)     { return cloud.Limits{}, hang(ctx) }
func (stuck) Secret(ctx context.Context, _ string) (string, error) { return "", hang(ctx) }
func (stuck) Refresh(...string) bool                               { return false }

// invoked makes a request as Lambda does, which takes the sandbox away when its time
// is over.
func invoked[E any](t *testing.T, handle func(context.Context, E) (events.APIGatewayV2HTTPResponse, error), e E) events.APIGatewayV2HTTPResponse {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	out, err := handle(ctx, e)
	if err != nil || ctx.Err() != nil {
		t.Errorf("%v, answered too late: %v", err, ctx.Err())
	}
	return out
}

// Whatever hangs, the sender of a webhook is told to come again before the function's
// time is over.
func TestIntakeAnswersInTime(t *testing.T) {
	for name, spoil := range map[string]func(*cloud.Parts){
		"tables":  func(p *cloud.Parts) { p.Store = stuck{p.Store} },
		"secrets": func(p *cloud.Parts) { p.Secrets = stuck{} },
		"queue":   func(p *cloud.Parts) { p.EnrollQueue = stuck{} },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStack(t)
			parts := s.parts(config.Intake)
			spoil(&parts)
			out := invoked(t, cloud.New(parts).Intake, signed(bought("1000", s.Now()), genericSecret))
			if out.StatusCode != http.StatusServiceUnavailable || out.Headers["Retry-After"] == "" || out.Headers["Content-Type"] != "application/problem+json" {
				t.Errorf("%s: %d %v", name, out.StatusCode, out.Headers)
			}
		})
	}
}

func TestPagesAnswerInTime(t *testing.T) {
	get := func(path string) (e events.APIGatewayV2HTTPRequest) {
		e.RawPath, e.RequestContext.HTTP.Method, e.RequestContext.Stage = path, http.MethodGet, "$default"
		return e
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStack(t)
		parts := s.parts(config.Pages)
		cold := parts
		cold.Store = stuck{parts.Store}
		out := invoked(t, pages.New(cloud.New(cold)).Handle, get("/a/nonsense"))
		if out.StatusCode != http.StatusServiceUnavailable || out.Headers["Retry-After"] == "" || !strings.Contains(out.Body, "<h1>") {
			t.Errorf("page: %d %s", out.StatusCode, out.Body)
		}
		breakable := &lamed{SweptStore: parts.Store}
		parts.Store = breakable
		warm := pages.New(cloud.New(parts))
		if out := invoked(t, warm.Handle, get("/healthz")); out.StatusCode != http.StatusOK {
			t.Errorf("healthy: %d %s", out.StatusCode, out.Body)
		}
		breakable.lame = true
		for name, p := range map[string]*pages.Pages{"cold": pages.New(cloud.New(cold)), "warm": warm} {
			out := invoked(t, p.Handle, get("/healthz"))
			if out.StatusCode != http.StatusServiceUnavailable || out.Headers["Retry-After"] == "" || !strings.Contains(out.Body, `"reason":"its tables`) {
				t.Errorf("%s: %d %v %s", name, out.StatusCode, out.Headers, out.Body)
			}
		}
	})
	s := newStack(t)
	delete(s.secrets.values, "AFTERSALES_LINK_KEY")
	if out := s.page(http.MethodGet, "/healthz", ""); out.StatusCode != http.StatusServiceUnavailable || !strings.Contains(out.Body, `"reason":"a secret is not set"`) {
		t.Errorf("without the key of links: %d %s", out.StatusCode, out.Body)
	}
}

// lamed is a store whose records hang from a moment on.
type lamed struct {
	followup.SweptStore
	lame bool
}

func (l *lamed) Record(ctx context.Context, name string) ([]byte, int64, error) {
	if l.lame {
		return nil, 0, hang(ctx)
	}
	return l.SweptStore.Record(ctx, name)
}

func (l *lamed) ReadRecords(ctx context.Context, names []string) ([]followup.Record, error) {
	if l.lame {
		return nil, hang(ctx)
	}
	return l.SweptStore.ReadRecords(ctx, names)
}

// The limits stay as they were while SES does not say them, and what is due goes out.
func TestASweepGoesOnWithoutTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStack(t)
		s.sold(3)
		s.pass(20 * 24 * time.Hour)
		parts := s.parts(config.Sweep)
		parts.Account = stuck{}
		before := s.deliver.Len()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		if err := cloud.New(parts).Sweep(ctx, nil); err != nil || s.deliver.Len() == before {
			t.Errorf("%v, %d messages", err, s.deliver.Len()-before)
		}
		if text := s.metrics.text(); !strings.Contains(text, "OldestDueSeconds") {
			t.Errorf("metrics %q", text)
		}
	})
}

// Functions on queues leave a message to its queue, with a reason, before their time
// is over.
func TestABatchIsLeftToItsQueueInTime(t *testing.T) {
	for name, f := range map[config.Function]func(*cloud.Form) handler{
		config.Enroll:  func(f *cloud.Form) handler { return f.Enroll },
		config.Deliver: func(f *cloud.Form) handler { return f.Deliver },
		config.Outcome: func(f *cloud.Form) handler { return f.Outcome },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStack(t)
			parts := s.parts(name)
			parts.Store = stuck{parts.Store}
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			out, err := f(cloud.New(parts))(ctx, cloud.QueueEvent{Records: []cloud.QueueMessage{{MessageID: "m1", Body: "{}"}}})
			if err != nil || ctx.Err() != nil || len(out.BatchItemFailures) != 1 {
				t.Errorf("%s: %v, %v, %+v", name, err, ctx.Err(), out)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStack(t)
		parts := s.parts(config.Sweep)
		parts.Store = stuck{parts.Store}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		if err := cloud.New(parts).Sweep(ctx, nil); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			t.Errorf("sweep: %v, %v", err, ctx.Err())
		}
	})
}
