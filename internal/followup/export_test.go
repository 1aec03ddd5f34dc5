package followup

import "time"

// SkippedAt is when a skipped row was to be looked at.
func (f *FollowUp) SkippedAt() time.Time { return f.skippedAt() }
