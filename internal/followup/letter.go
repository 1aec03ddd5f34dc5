package followup

import "time"

// Letter is everything a message may say: the values a composer renders.
type Letter struct {
	Shop      *Shop
	Plan      *Plan
	Step      *Step
	Row       FollowUp
	Attempt   string
	Journey   JourneyID
	Facts     *Facts
	Contact   *Contact
	Catalogue *Catalogue
	Coverages []Covered
	Units     []Unit // the units concerned; order scope: all live picked units, dearest first
	Delivered Fact   // latest of Units; may be assumed, may be zero
	Zone      *time.Location
	Now       time.Time
	OpenCase  *Case     // rule 22: the message goes out although this case is open
	Case      *Case     // the case a case_closed step asks about
	ReplyDue  time.Time // a problem reported now is answered by then
}

// Composer turns a letter into a message. A failure is a fault of the text or
// of what it refers to: the follow-up is held, never sent half-rendered.
type Composer interface {
	Compose(l Letter) (Message, error)
}
