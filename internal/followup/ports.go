package followup

import (
	"context"
	"errors"
	"time"
)

// What a store answers about one element of a group. A call's own error means
// "unknown": some elements may be written; read again before acting.
var (
	ErrConflict      = errors.New("changed by somebody else")               // load again and reconcile
	ErrVersionReused = errors.New("plan version is taken by other content") // raise the number
	ErrNotFound      = errors.New("not found")
)

// VersionReused is an ErrVersionReused that says by which content, of its hash,
// the version is taken.
type VersionReused struct{ Hash string }

// Error says no more than ErrVersionReused.
func (e *VersionReused) Error() string { return ErrVersionReused.Error() }

// Is makes it one.
func (e *VersionReused) Is(target error) bool { return target == ErrVersionReused }

// Cursor says where a page ended; "" is the beginning, and the end.
type Cursor string

// InboxKey names a received body for ever: source, shop and the source's own event key.
type InboxKey struct {
	Shop   ShopID `json:"shop"`
	Source string `json:"source"`
	Key    string `json:"key"`
}

// Incoming is a body as it was received, its signature checked.
type Incoming struct {
	InboxKey
	Topic string    // what a header said: orders/create; "" when the body says it
	Hash  string    // hex SHA-256 of topic and body
	Body  []byte    //
	At    time.Time // received
}

// Verdict is what the inbox says of a body.
type Verdict string

// The verdicts.
const (
	Accepted  Verdict = "stored"   // it is durable now
	Seen      Verdict = "seen"     // same key, same hash: queue it again
	Different Verdict = "conflict" // same key, other hash
)

// Inbox makes bodies durable before their sender is answered.
type Inbox interface {
	// Accept stores each body under its key unless it is there; one that was seen
	// waits again, since enrolling it repairs. Durable on return.
	Accept(ctx context.Context, in []Incoming) ([]Verdict, error)
	// Waiting pages through bodies that no Save has marked done, oldest first.
	Waiting(ctx context.Context, after Cursor, limit int) ([]Incoming, Cursor, error)
	// Done marks bodies done that concern no journey (or were refused with a reason).
	Done(ctx context.Context, keys []InboxKey, reason string) error
}

// Change is what one Save writes about one journey. A nil Head writes rows only.
type Change struct {
	Journey  JourneyID
	Version  int64      // of the head that was loaded; 0: there must be none. Without Head it says nothing
	Head     *Head      // new head, or nil to leave it alone
	Rows     []FollowUp // each with the version it was loaded with; 0: must not exist
	Events   []Event    // impersonal, added unless logged already
	Contacts []Contact  // each with the version it was loaded with; 0: must not exist
	Done     []InboxKey // bodies folded with this Save
}

// Journeys keeps journeys: a head with one version, and slim rows.
type Journeys interface {
	// Journeys loads heads and rows consistently; an unknown id gives Version 0.
	Journeys(ctx context.Context, ids []JourneyID) ([]Journey, error)
	// Save writes each change, all of it or (per element) an error: ErrConflict
	// when a head, row or contact moved. Versions grow by one. In stores without
	// transactions the order is contacts, rows, events, head, inbox.
	Save(ctx context.Context, changes []Change) ([]error, error)
	// Find pages through journeys that have a head, and with Query.State through
	// those that have a row, by id; it may be a moment stale. A store that has no
	// index of all journeys gives the pages of Query.All in an order of its own,
	// each page by id.
	Find(ctx context.Context, q Query, after Cursor, limit int) ([]JourneyID, Cursor, error)
	// Events pages through the log of one journey in the order of the fold.
	Events(ctx context.Context, id JourneyID, after Cursor, limit int) ([]Event, Cursor, error)
}

// Query selects journeys. Exactly one field is set.
type Query struct {
	Contact  ContactID // reached through this contact
	OpenCase bool      // with an open case
	State    State     // with a row in this state: listed, held, unknown, parked, failed, armed
	Claimed  bool      // with a call that a person claimed; others with an armed row may be among them
	All      bool      // every journey
}

// Ref is a follow-up that has a look due. It may be stale: decide again on the row.
type Ref struct {
	ID    FollowUpID
	Next  time.Time
	State State
}

// Arm is one reservation and arming: the row as it will be, and the contact
// with its spend, each with the version that was read.
type Arm struct {
	Row     FollowUp // State ARMED, Attempt and Deadline set; Version as loaded
	Contact Contact  // with the spend added; Version as loaded
	// Unchanged contacts (the spend was there already) are written too: their
	// version is the gate that an opt-out closes.
}

// ArmResult is what became of an Arm.
type ArmResult string

// The results of arming. Anything but Armed means: do not call.
const (
	ArmedNow ArmResult = "armed"
	Lost     ArmResult = "lost"   // the row moved; somebody else acts
	Closed   ArmResult = "closed" // the contact moved: decide again
)

// Finish ends the attempt that armed a row.
type Finish struct {
	Row     FollowUp  // as it will be, Attempt kept or cleared; Version is that of the armed row
	Attempt string    // that armed it
	Unspend ContactID // gives the reserved spend back; "" keeps it
}

// Sending is the hot path of due work.
type Sending interface {
	// Due pages through rows whose next look is at or before until, by (next, id);
	// armed ones included. Stores cut a next look to whole milliseconds; every
	// other time keeps its nanoseconds.
	Due(ctx context.Context, until time.Time, after Cursor, limit int) ([]Ref, Cursor, error)
	// Arm reserves and arms each element on its own. Durable on return.
	Arm(ctx context.Context, arms []Arm) ([]ArmResult, error)
	// Finish ends attempts; only the attempt that armed may. Repeating one is nil,
	// another's is ErrConflict, and so is one whose row has moved on since.
	Finish(ctx context.Context, ends []Finish) ([]error, error)
}

// Contacts keeps the only place with personal data.
type Contacts interface {
	// Contacts loads each; an unknown id gives Version 0.
	Contacts(ctx context.Context, ids []ContactID) ([]Contact, error)
	// SaveContacts writes each, or ErrConflict per element.
	SaveContacts(ctx context.Context, cs []Contact) ([]error, error)
}

// PlanDoc is a stored plan: its source text under the hash of its content.
type PlanDoc struct {
	Hash    string
	Shop    ShopID
	Name    string
	Version int
	Source  []byte // YAML
}

// Plans keeps every plan a journey is pinned to.
type Plans interface {
	// Plan returns the plan with that hash, or ErrNotFound.
	Plan(ctx context.Context, hash string) (PlanDoc, error)
	// SavePlan stores p; repeating it is nil. [VersionReused] when shop, name and
	// version are taken by another hash.
	SavePlan(ctx context.Context, p PlanDoc) error
}

// Store is all of it.
type Store interface {
	Inbox
	Journeys
	Sending
	Contacts
	Plans
}
