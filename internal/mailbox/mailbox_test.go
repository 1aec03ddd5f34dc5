package mailbox_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/followup/channeltest"
	"aftersales/internal/mailbox"
	"aftersales/internal/mailbox/mailboxtest"
)

var start = time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC)

func clock() time.Time { return start }

func TestMemory(t *testing.T) {
	mailboxtest.Run(t, func(*testing.T) mailbox.Storage { return &mailbox.Memory{} })
}

func TestChannel(t *testing.T) {
	channeltest.Run(t, channeltest.Harness{
		New: newBench, CanFind: true, CanTell: true, Writes: true,
		Never: []followup.Failure{followup.NotAccepted}, // a storage that fails says neither yes nor no
	})
}

// storage counts puts and can fail one, before or after it is done.
type storage struct {
	mailbox.Memory
	mu   sync.Mutex
	puts int
	fail bool
}

func (s *storage) PutMail(ctx context.Context, m followup.Message, at time.Time) (string, error) {
	s.mu.Lock()
	s.puts++
	fail := s.fail
	s.fail = false
	s.mu.Unlock()
	id, err := s.Memory.PutMail(ctx, m, at)
	if fail {
		return "", errors.New("put mail: time-out") // done, but nobody knows
	}
	return id, err
}

func newBench(t *testing.T) channeltest.Bench {
	s := &storage{}
	return channeltest.Bench{
		Channel: mailbox.New(s, clock),
		Message: mailboxtest.Message(0),
		Calls: func() int {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.puts
		},
		Accepted: func() []channeltest.Accepted { return accepted(t, s) },
		Fail: func(f followup.Failure, m followup.Message) followup.Message {
			switch f {
			case followup.Refused:
				m.To.Mail = "nobody"
			case followup.Account:
				m.From.Mail = "nobody"
			default:
				s.mu.Lock()
				s.fail = true
				s.mu.Unlock()
			}
			return m
		},
	}
}

func accepted(t *testing.T, s mailbox.Storage) []channeltest.Accepted {
	mail, _, err := s.Mail(t.Context(), 1000, "")
	if err != nil {
		t.Fatal(err)
	}
	all := make([]channeltest.Accepted, len(mail))
	for i, m := range mail {
		head := map[string][]string{"Subject": {m.Subject}, "To": {m.To.Name}, "From": {m.From.Name}}
		for name, value := range m.Headers {
			head[name] = append(head[name], value)
		}
		all[len(mail)-1-i] = channeltest.Accepted{Provider: m.ID, Headers: head}
	}
	return all
}

func TestSendDatesByTheClockItIsGiven(t *testing.T) {
	s := &mailbox.Memory{}
	r, err := mailbox.New(s, func() time.Time { return start.In(time.FixedZone("", 3600)) }).Send(t.Context(), mailboxtest.Message(1))
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := s.OneMail(t.Context(), r.Provider)
	if err != nil || m.At != start {
		t.Errorf("at %v, %v; want %v", m.At, err, start)
	}
}

func TestCancelledSendIsNotStored(t *testing.T) {
	s := &storage{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := mailbox.New(s, clock).Send(ctx, mailboxtest.Message(1))
	if followup.Classify(err) != followup.NotAccepted || s.puts != 0 {
		t.Errorf("%v after %d puts", err, s.puts)
	}
}

func TestFindOfAFailingStorageIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if e, err := mailbox.New(&mailbox.Memory{}, clock).Find(ctx, "x", "y"); err == nil || e.Conclusive {
		t.Errorf("%+v, %v", e, err)
	}
}
