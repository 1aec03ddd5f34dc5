package channeltest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"aftersales/internal/followup"
)

func cancelled(t *testing.T, h Harness) {
	b := h.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.Channel.Send(ctx, b.message(1))
	switch class := followup.Classify(err); {
	case err == nil:
		t.Error("accepted after the context ended")
	case class == followup.NotAccepted:
		wantAccepted(t, b, 0)
	case class != followup.UnclearResult:
		t.Errorf("class %q: %v", class, err)
	}
}

func failures(t *testing.T, h Harness) {
	for _, class := range allFailures {
		if !h.fails(class) {
			continue // named by the harness
		}
		t.Run(string(class), func(t *testing.T) {
			b := h.New(t)
			_, err := b.Channel.Send(t.Context(), b.Fail(class, b.message(1)))
			se, ok := errors.AsType[*followup.SendError](err)
			if !ok || se.Failure != class {
				t.Fatalf("error %v, want a SendError of class %q", err, class)
			}
			if se.Phase == "" {
				t.Errorf("%v names no phase", err)
			}
			if b.Calls() > 1 {
				t.Errorf("one send made %d calls", b.Calls())
			}
			if class != followup.UnclearResult {
				wantAccepted(t, b, 0)
			}
		})
	}
}

// afterFailure: what failed must not leak into the next send, say as half a
// transaction on a connection that is used again.
func afterFailure(t *testing.T, h Harness) {
	b := h.New(t)
	for n, class := range allFailures {
		if !h.fails(class) {
			continue
		}
		if _, err := b.Channel.Send(t.Context(), b.Fail(class, b.message(2*n))); err == nil {
			t.Errorf("%s: accepted", class)
		}
		before := len(b.Accepted())
		mustSend(t, b, b.message(2*n+1))
		wantAccepted(t, b, before+1)
	}
}

func impersonal(t *testing.T, h Harness) {
	for _, class := range allFailures {
		if !h.fails(class) {
			continue
		}
		b := h.New(t)
		m := b.message(1)
		secrets := personal(m)
		if len(secrets) < 3 {
			t.Fatal("the harness's message has too little personal data to tell")
		}
		_, err := b.Channel.Send(t.Context(), b.Fail(class, m))
		for e := err; e != nil; e = errors.Unwrap(e) {
			text := strings.ToLower(fmt.Sprintf("%v %#v", e, e))
			for _, s := range secrets {
				if strings.Contains(text, strings.ToLower(s)) {
					t.Errorf("%s: %q stands in the error %v", class, s, e)
				}
			}
		}
	}
}

func personal(m followup.Message) []string {
	var all []string
	for _, s := range []string{m.To.Mail, m.To.Name, m.Phone, m.Subject, m.Text, m.Unsubscribe} {
		if s != "" {
			all = append(all, s)
		}
	}
	if local, _, ok := strings.Cut(m.To.Mail, "@"); ok {
		all = append(all, local)
	}
	return all
}
