package followup

import (
	"time"

	"aftersales/internal/civil"
)

// Rules is what the pure rules read beside the journey: one shop's settings.
type Rules struct {
	Shop      *Shop
	Plans     []*Plan          // current ones, in file-name order
	Stored    map[string]*Plan // by hash: those that journeys are pinned to
	Catalogue *Catalogue
	Holidays  map[string]map[civil.Date]bool // by country
	Epoch     int                            // raised by a restore
}

// Limits of the delivery machine.
const (
	CallTimeout    = 10 * time.Minute // of one provider call, RFC 5321 4.5.3.2.6 for the end of data
	UnclearMargin  = 10 * time.Minute // after the deadline, before an armed row is called UNKNOWN
	UnclearWindow  = 15 * time.Minute // in which evidence may still come
	UnclearLongest = 26 * time.Hour   // after which a person decides
	ClaimTime      = 2 * time.Hour    // a claimed call without outcome
)

// Retries are the waits after definite non-acceptances; then the row FAILED.
var Retries = [...]time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 12 * time.Hour}

// Knows reports whether the plan of that hash is at hand.
func (r *Rules) Knows(hash string) bool { return r.find(hash) != nil }
