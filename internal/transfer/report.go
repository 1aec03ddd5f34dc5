package transfer

import "time"

// Tally is what became of the lines of one kind.
type Tally struct {
	New       int `json:"new"`
	Same      int `json:"same"`             // here already, and equal
	Merged    int `json:"merged,omitempty"` // contacts: both sides' words are kept
	Conflicts int `json:"conflicts"`        // here already, and different: left alone
}

// Conflict is one thing that was left as it is here.
type Conflict struct {
	Kind string `json:"kind"` // journey or body
	ID   string `json:"id"`
	Why  string `json:"why"`
}

// Report is what an import did, or would do.
type Report struct {
	ID        string     `json:"id"`   // of the export
	Form      string     `json:"form"` // it comes from: embedded or aws
	Exported  time.Time  `json:"exported"`
	DryRun    bool       `json:"dry_run"`
	Before    bool       `json:"before"` // it was imported before: nothing was done
	Epoch     int        `json:"epoch"`  // of this store now
	File      Counts     `json:"in_file"`
	Plans     Tally      `json:"plans"`
	Contacts  Tally      `json:"contacts"`
	Journeys  Tally      `json:"journeys"`
	FollowUps int        `json:"follow_ups"` // of new journeys
	Bodies    Tally      `json:"bodies"`
	Conflicts []Conflict `json:"conflicts"` // the first of them
}

// shown is how many conflicts a report names; all are counted.
const shown = 100

func (r *Report) conflict(kind, id, why string) {
	if len(r.Conflicts) < shown {
		r.Conflicts = append(r.Conflicts, Conflict{kind, id, why})
	}
}

// takes says that all of a file is new here.
func (r *Report) takes(c Counts) {
	r.Plans.New, r.Contacts.New, r.Journeys.New, r.FollowUps, r.Bodies.New = c.Plans, c.Contacts, c.Journeys, c.FollowUps, c.Bodies
}
