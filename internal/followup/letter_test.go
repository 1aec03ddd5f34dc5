package followup_test

import (
	"testing"
	"time"

	"aftersales/internal/followup"
)

// A message promises what an answer to it gets: the promise of the open case it
// would belong to, while that is ahead, else one counted from now.
func TestLetterPromisesWhatWasPromised(t *testing.T) {
	const now = "2026-03-03T12:00" // a Tuesday; replies take 8 business hours, which is a day
	fromNow := at("2026-03-04T12:00")
	for name, c := range map[string]struct {
		opened, unit string
		reason       string
		want         time.Time
	}{
		"no case":          {"", "", "", fromNow},
		"an open case":     {"2026-03-03T10:00", "l1/1", "problem", at("2026-03-04T10:00")},
		"of the order":     {"2026-03-03T10:00", "", "staff", at("2026-03-04T10:00")},
		"of another unit":  {"2026-03-03T10:00", "l2/1", "problem", fromNow},
		"a broken promise": {"2026-02-02T10:00", "l1/1", "problem", fromNow},
		"a data request":   {"2026-03-03T10:00", "", "data-request", fromNow},
	} {
		j := bought(t, asking)
		if c.opened != "" {
			j.j.Head.Facts.Cases = []followup.Case{{Number: 1, Unit: followup.UnitKey(c.unit), Opened: at(c.opened), Reason: c.reason}}
		}
		d := j.rules.Desire(&j.j, &j.contact, at(now))
		row := *j.row("set-up", "1")
		l := j.rules.Letter(&d, &j.j, row, followup.Wanted{Step: d.Plan.Step("set-up")}, &j.contact, at(now))
		if !l.ReplyDue.Equal(c.want) {
			t.Errorf("%s: promised by %s, want %s", name, l.ReplyDue, c.want)
		}
	}
}
