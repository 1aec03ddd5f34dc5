package transfer

import (
	"time"

	"aftersales/internal/followup"
)

// The first words of a file, and the version of its form. A reader takes its
// own version and older ones.
const (
	magic   = "aftersales state"
	version = 1
)

// Header says what a file is and where it comes from.
type Header struct {
	Magic   string    `json:"file"`
	Version int       `json:"version"`
	ID      string    `json:"id"`   // names this export for ever
	At      time.Time `json:"at"`   // when it was begun, UTC
	Form    string    `json:"form"` // embedded or aws
	Program string    `json:"program,omitempty"`
	Epoch   int       `json:"epoch"`             // of the exporting store
	Quiet   bool      `json:"quiet"`             // nobody could send while it was written
	Copy    bool      `json:"copy,omitempty"`    // the exporting side goes on
	Key     string    `json:"key"`               // what a fixed name becomes under the key of contact ids
	Lineage []string  `json:"lineage,omitempty"` // see [Lineage]
}

// Counts is how much there is of each kind.
type Counts struct {
	Plans     int `json:"plans"`
	Contacts  int `json:"contacts"`
	Journeys  int `json:"journeys"`
	FollowUps int `json:"follow_ups"`
	Events    int `json:"events"`
	Bodies    int `json:"bodies"`  // of the inbox, most of them only as key and hash
	Waiting   int `json:"waiting"` // bodies that are still to be enrolled
	Armed     int `json:"armed"`   // follow-ups whose call was under way: the other side takes them as unknown
	Unknown   int `json:"unknown"` // follow-ups of which nobody knows whether they were sent
}

// end is the last line.
type end struct {
	Counts Counts `json:"counts"`
	SHA256 string `json:"sha256"` // hex, of all bytes before this line, uncompressed
}

// line is every line but the first. Exactly one field is set.
type line struct {
	Plan    *planLine    `json:"plan,omitempty"`
	Contact *contactLine `json:"contact,omitempty"`
	Journey *journeyLine `json:"journey,omitempty"`
	Body    *bodyLine    `json:"body,omitempty"`
	End     *end         `json:"end,omitempty"`
}

type planLine struct {
	Hash    string          `json:"hash"`
	Shop    followup.ShopID `json:"shop,omitempty"`
	Name    string          `json:"name"`
	Version int             `json:"version"`
	Source  []byte          `json:"source"` // base64: nothing says that it is UTF-8
}

func (p *planLine) doc() followup.PlanDoc {
	return followup.PlanDoc{Hash: p.Hash, Shop: p.Shop, Name: p.Name, Version: p.Version, Source: p.Source}
}

type contactLine struct {
	followup.Contact
	Rest []followup.FollowUpID `json:"rest,omitempty"` // of Sends: nothing of these is under way
}

type journeyLine struct {
	ID     followup.JourneyID  `json:"id"`
	Head   followup.Head       `json:"head"`
	Rows   []followup.FollowUp `json:"rows,omitempty"`
	Events []followup.Event    `json:"events,omitempty"` // in the order of the fold
}

type bodyLine struct {
	followup.InboxKey
	Topic  string    `json:"topic,omitempty"`
	Hash   string    `json:"hash"`
	Body   []byte    `json:"body,omitempty"` // base64; only of those that wait
	At     time.Time `json:"at"`
	Done   bool      `json:"done,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

func (b *bodyLine) incoming() followup.Incoming {
	return followup.Incoming{InboxKey: b.InboxKey, Topic: b.Topic, Hash: b.Hash, Body: b.Body, At: b.At}
}

// add counts one line.
func (c *Counts) add(l *line) {
	switch {
	case l.Plan != nil:
		c.Plans++
	case l.Contact != nil:
		c.Contacts++
	case l.Journey != nil:
		c.Journeys++
		c.FollowUps += len(l.Journey.Rows)
		c.Events += len(l.Journey.Events)
		for i := range l.Journey.Rows {
			c.state(l.Journey.Rows[i].State)
		}
	case l.Body != nil:
		c.Bodies++
		if !l.Body.Done {
			c.Waiting++
		}
	}
}

func (c *Counts) state(s followup.State) {
	switch s {
	case followup.Armed:
		c.Armed++
	case followup.Unknown:
		c.Unknown++
	default:
	}
}
