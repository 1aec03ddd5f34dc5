package sqlite_test

import (
	"sync"
	"testing"
	"time"

	"aftersales/internal/followup/storetest"
	"aftersales/internal/mailbox"
	"aftersales/internal/mailbox/mailboxtest"
	"aftersales/internal/sqlite"
)

func TestMailbox(t *testing.T) {
	mailboxtest.Run(t, func(t *testing.T) mailbox.Storage { return open(t, t.TempDir(), sqlite.Options{NoSync: true}) })
}

func TestMailOfOneAttemptIsKeptOnceWhoeverSendsIt(t *testing.T) {
	s := open(t, t.TempDir(), sqlite.Options{NoSync: true})
	m := mailboxtest.Message(1)
	ids := make([]string, 20)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			id, err := s.PutMail(t.Context(), m, storetest.Start())
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("ids %v, want one", ids)
			break
		}
	}
	if found, ok, err := s.FindMail(t.Context(), m.FollowUp, ""); err != nil || !ok || found != ids[0] {
		t.Errorf("find any attempt: %q, %t, %v, want %q", found, ok, err, ids[0])
	}
}

func TestSweepDeletesOldMailAndDoneBodies(t *testing.T) {
	s := open(t, t.TempDir(), sqlite.Options{NoSync: true})
	old := storetest.Start()
	for n := range 3 {
		if _, err := s.PutMail(t.Context(), mailboxtest.Message(n), old.Add(time.Duration(n)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	gone, err := s.Sweep(t.Context(), old.Add(time.Hour+time.Minute), 1)
	if err != nil || gone != 1 {
		t.Fatalf("sweep one: %d, %v", gone, err)
	}
	if gone, err = s.Sweep(t.Context(), old.Add(time.Hour+time.Minute), 10); err != nil || gone != 1 {
		t.Fatalf("sweep the rest: %d, %v", gone, err)
	}
	left, _, err := s.Mail(t.Context(), 10, "")
	if err != nil || len(left) != 1 || left[0].Attempt != mailboxtest.Message(2).Attempt {
		t.Errorf("left: %+v, %v", left, err)
	}
}
