package cloud_test

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aftersales/internal/followup"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An order goes all the way: inbox, queue, journey, sweep, delayed queue, mail.
func TestAnOrderGoesAllTheWay(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	j := s.journey("1000")
	if j.Version == 0 || len(j.Rows) == 0 {
		t.Fatalf("journey %+v", j)
	}
	for range 4 {
		s.pass(24*time.Hour - 10*time.Minute)
		s.minutes(10)
	}
	mails := s.mails()
	if len(mails) == 0 {
		t.Fatalf("no mail went out; rows %+v", s.journey("1000").Rows)
	}
	for _, m := range mails {
		j := s.journey("1000")
		row := j.Row(m.FollowUp)
		if row == nil || row.State != followup.Sent {
			t.Errorf("mail %s is of a row %+v", m.FollowUp, row)
		}
	}
	if strings.Contains(s.logs.text(), "anna1000") || strings.Contains(s.logs.text(), "Anna") {
		t.Error("the log holds personal data")
	}
	if n := s.dead.Len(); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}
