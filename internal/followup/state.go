package followup

import (
	"slices"
	"time"

	"aftersales/internal/civil"
)

// State is where a follow-up stands. docs/states.md draws the transitions.
type State string

// The states, in lower case as machines see them.
const (
	Planned    State = "planned"
	Listed     State = "listed" // a call, on the call list
	Held       State = "held"
	Armed      State = "armed" // a provider call may be under way
	Unknown    State = "unknown"
	Parked     State = "parked" // a person has to decide
	Sent       State = "sent"
	Delivered  State = "delivered"
	Bounced    State = "bounced"
	Complained State = "complained"
	Failed     State = "failed"
	Voided     State = "voided"
	Skipped    State = "skipped"
	Expired    State = "expired"
)

// States lists every state, in the order people look at them.
var States = []State{Planned, Listed, Held, Armed, Unknown, Parked, Sent, Delivered, Bounced, Complained, Failed, Voided, Skipped, Expired}

// Terminal reports whether nothing more happens to s by itself.
func (s State) Terminal() bool {
	switch s {
	case Planned, Listed, Held, Armed, Unknown, Parked:
		return false
	default:
		return true
	}
}

// Open reports whether a plan may still move or void s: nothing was armed.
func (s State) Open() bool { return s == Planned || s == Held || s == Listed }

// Settled reports whether s is armed or later: a plan never touches it.
func (s State) Settled() bool {
	switch s {
	case Planned, Held, Listed, Voided, Skipped, Expired:
		return false
	default:
		return true
	}
}

// rank orders what a provider reports after acceptance; it only grows.
func (s State) rank() int {
	switch s {
	case Sent:
		return 1
	case Delivered:
		return 2
	case Bounced:
		return 3
	case Complained:
		return 4
	default:
		return 0
	}
}

// FollowUp is one step planned for one order or for units of one line: a slim
// row beside the journey's head. It carries no personal data.
type FollowUp struct {
	ID         FollowUpID `json:"id"`
	Version    int64      `json:"-"` // grows by one at each write; 0: none yet
	Step       string     `json:"step"`
	Unit       UnitKey    `json:"unit,omitempty"`  // lowest of Units; "" order scope
	Units      []UnitKey  `json:"units,omitempty"` // merged units of one line (rule 23)
	Occurrence string     `json:"occ"`             // rule 19, with "#n" for a try
	Class      Class      `json:"class"`
	Channel    Medium     `json:"ch"`
	Order      int        `json:"ord,omitempty"` // plan order, decides among equals
	Plan       string     `json:"plan"`          // hash of the plan that wanted it last
	Contact    ContactID  `json:"contact,omitempty"`

	State State          `json:"st"`
	Due   civil.DateTime `json:"due"`           // what the plan promises, wall clock in Zone
	Zone  string         `json:"zone"`          // IANA
	DueAt time.Time      `json:"at"`            // Due as an instant, UTC
	Next  time.Time      `json:"next,omitzero"` // next look; zero: none

	Attempt  string         `json:"att,omitempty"`     // of the call under way, or the last
	ArmedAt  time.Time      `json:"armed,omitzero"`    //
	Deadline time.Time      `json:"deadline,omitzero"` // of the call under way
	Claimed  string         `json:"by,omitempty"`      // person who claimed a call
	Listed   time.Time      `json:"listed,omitzero"`   // first put on the call list
	Refusals int            `json:"ref,omitempty"`     // definite non-acceptances so far
	Resends  int            `json:"res,omitempty"`     // after an unclear result
	Receives int            `json:"rec,omitempty"`     // failed looks in a row; a look under way that may fail counts
	Provider string         `json:"prov,omitempty"`    // provider's id of the accepted send
	Ended    time.Time      `json:"ended,omitzero"`    // when it became terminal, or SENT
	Outcome  Outcome        `json:"out,omitempty"`     // of a call
	CallBack civil.DateTime `json:"cb,omitzero"`       // asked for, in Zone
	Hand     bool           `json:"hand,omitempty"`    // an operator ended it: never planned again
	HeldFor  string         `json:"hf,omitempty"`      // HELD: case, paused or fault
	HeldAt   time.Time      `json:"ha,omitzero"`       // the look at which a case held it (rule 22)
	Bounce   bool           `json:"bounce,omitempty"`  // FAILED: the address itself was refused
	CaseText bool           `json:"capped,omitempty"`  // goes out although a case is open (rule 22)

	Decisions []Decision `json:"dec,omitempty"` // the last eight, oldest first
}

// Outcome is how a call went.
type Outcome string

// The outcomes. The first three are answers as well.
const (
	OutcomeWorks       Outcome = "works"
	OutcomeProblem     Outcome = "problem"
	OutcomeHelp        Outcome = "help"
	OutcomeNoAnswer    Outcome = "no-answer"
	OutcomeCallBack    Outcome = "call-back"
	OutcomeWrongNumber Outcome = "wrong-number"
	OutcomeDoNotCall   Outcome = "do-not-call"
)

// Outcomes lists every outcome.
var Outcomes = []Outcome{OutcomeWorks, OutcomeProblem, OutcomeHelp, OutcomeNoAnswer, OutcomeCallBack, OutcomeWrongNumber, OutcomeDoNotCall}

// Answers reports whether o says how the goods work.
func (o Outcome) Answers() bool { return o == OutcomeWorks || o == OutcomeProblem || o == OutcomeHelp }

// Result is what a decision does.
type Result string

// The results.
const (
	ResultPlan   Result = "plan"
	ResultSend   Result = "send"
	ResultList   Result = "list"
	ResultHold   Result = "hold"
	ResultMove   Result = "move"
	ResultSkip   Result = "skip"
	ResultVoid   Result = "void"
	ResultExpire Result = "expire"
	ResultRecord Result = "record" // something was learnt: accepted, refused, an outcome
	ResultPark   Result = "park"
)

// Decision says why a follow-up was planned, sent, held, moved, skipped or
// voided, with the facts that were read.
type Decision struct {
	At     time.Time         `json:"at"`
	Result Result            `json:"r"`
	Rule   string            `json:"rule"`            // code: "due", "exit", "late", "hours", ...
	Reason string            `json:"why"`             // one sentence for people
	Facts  map[string]string `json:"facts,omitempty"` //
	Next   time.Time         `json:"next,omitzero"`   // next look
}

// decisionsKept is how many decisions a row remembers.
const decisionsKept = 8

// Decide appends d, forgetting the oldest past eight. A repetition of the last
// decision (same result, rule and reason) only moves its time.
func (f *FollowUp) Decide(d Decision) {
	if n := len(f.Decisions); n > 0 {
		if last := f.Decisions[n-1]; last.Result == d.Result && last.Rule == d.Rule && last.Reason == d.Reason {
			f.Decisions = append(f.Decisions[:n-1:n-1], d)
			return
		}
	}
	keep := f.Decisions
	if len(keep) >= decisionsKept {
		keep = keep[len(keep)-decisionsKept+1:]
	}
	f.Decisions = append(slices.Clip(keep), d)
}

// end makes f terminal, or SENT.
func (f *FollowUp) end(s State, now time.Time) {
	f.State, f.Next, f.Ended = s, time.Time{}, now
}

// Journey is everything about one order: the aggregate. Version is the head's;
// 0 means there is none yet.
type Journey struct {
	ID      JourneyID
	Version int64
	Head    Head
	Rows    []FollowUp // by id
	Events  []Event    // impersonal log, sorted; only where it was asked for
}

// Head is the journey's one document.
type Head struct {
	Facts   Facts     `json:"facts"`
	Contact ContactID `json:"contact,omitempty"`
	Plan    string    `json:"plan,omitempty"`   // hash of the plan in force; "" matched none
	Name    string    `json:"name,omitempty"`   // of that plan
	Number  int       `json:"num,omitempty"`    // its version
	Why     string    `json:"why,omitempty"`    // why no plan matched, and what would have to be added
	Faults  []string  `json:"faults,omitempty"` // conditions that failed, by step
	Seen    int       `json:"seen,omitempty"`   // events folded
}

// Row returns the follow-up with that id, or nil.
func (j *Journey) Row(id FollowUpID) *FollowUp {
	for i := range j.Rows {
		if j.Rows[i].ID == id {
			return &j.Rows[i]
		}
	}
	return nil
}

// Pinned returns the plan hash a journey is bound to by its first ARM, or "".
func (j *Journey) Pinned() string {
	for i := range j.Rows {
		if r := &j.Rows[i]; !r.ArmedAt.IsZero() {
			return r.Plan
		}
	}
	return ""
}
