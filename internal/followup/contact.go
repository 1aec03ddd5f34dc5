package followup

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Class is why we write; it decides consent, budget and what an open case holds.
type Class string

// The classes.
const (
	Service   Class = "service"
	Feedback  Class = "feedback"
	Marketing Class = "marketing"
	Recall    Class = "recall" // as service; also to units that left
)

// Medium is the channel a step uses.
type Medium string

// The media. A medium has one or more adapters, see [Channel].
const (
	Email Medium = "email"
	Call  Medium = "call"
)

// Keys are the contact ids that the mail address and the phone number of an
// event would have. An order without either is its own contact.
type Keys struct {
	Mail  ContactID `json:"m,omitempty"`
	Phone ContactID `json:"p,omitempty"`
	Order ContactID `json:"o,omitempty"`
}

// ID returns the id that counts: mail, else phone, else order.
func (k Keys) ID() ContactID { return cmp.Or(k.Mail, k.Phone, k.Order) }

// Person is what an event says about the customer. Empty means not stated.
type Person struct {
	Name      string `json:"name,omitempty"`
	FirstName string `json:"first,omitempty"`
	Mail      string `json:"mail,omitempty"`      // normalised; "" when absent or not an address
	Phone     string `json:"phone,omitempty"`     // E.164; "" when absent or not a number
	BadPhone  bool   `json:"bad_phone,omitempty"` // a number was given that cannot be dialled
	BadMail   bool   `json:"bad_mail,omitempty"`  // an address was given that is not a valid one
	Language  string `json:"lang,omitempty"`
	Country   string `json:"country,omitempty"`
	City      string `json:"city,omitempty"`
	Address   string `json:"addr,omitempty"`
}

// Stamp says which event stated a value; the latest wins, whatever the order of arrival.
type Stamp struct {
	Time   time.Time `json:"t"`
	Source string    `json:"s,omitempty"`
	ID     string    `json:"i,omitempty"`
}

// Compare orders stamps as events are ordered.
func (s Stamp) Compare(o Stamp) int {
	return cmp.Or(s.Time.Compare(o.Time), cmp.Compare(s.Source, o.Source), cmp.Compare(s.ID, o.ID))
}

// Stated is a value and the event that stated it last.
type Stated struct {
	Value string `json:"v"`
	Stamp Stamp  `json:"at"`
}

// Consent is a recorded yes or no to one purpose on one channel.
type Consent struct {
	Purpose Class     `json:"purpose"`
	Channel Medium    `json:"channel"`
	Given   bool      `json:"given"`             // false: refused or withdrawn
	Machine bool      `json:"machine,omitempty"` // call, given: a machine may call, too; the law asks for that by name
	At      time.Time `json:"at"`
	How     string    `json:"how,omitempty"`  // "checkout box", "one-click", "phone"
	Text    string    `json:"text,omitempty"` // version of the words agreed to
}

// Suppression stops a channel for good (bounce, complaint, do-not-call).
type Suppression struct {
	Channel Medium    `json:"channel"`
	Reason  string    `json:"reason"` // bounce, complaint, do-not-call, erased
	At      time.Time `json:"at"`
}

// Spend is one reserved send: the ledger behind budgets and restores.
type Spend struct {
	FollowUp FollowUpID `json:"id"`
	Epoch    int        `json:"e,omitempty"`
	At       time.Time  `json:"at"`
	Channel  Medium     `json:"ch"`
	Class    Class      `json:"cl"`

	// Away: the call was made, if it was, from a store that this one was moved
	// from; no channel here can say that it was not.
	Away bool `json:"away,omitempty"`
}

// Contact is a customer as one can reach them. All personal data of the
// product lives here, so that erasure is one place.
type Contact struct {
	ID      ContactID `json:"id"`
	Version int64     `json:"-"` // grows by one at each write; 0: none yet

	Fields map[string]Stated `json:"fields,omitempty"` // by field name of [Person]
	Texts  []Text            `json:"texts,omitempty"`  // what the customer or staff wrote
	Orders []JourneyID       `json:"orders,omitempty"` // journeys that reach this contact
	Erased time.Time         `json:"erased,omitzero"`

	Consents   []Consent     `json:"consents,omitempty"` // latest of each purpose and channel
	Suppressed []Suppression `json:"suppressed,omitempty"`
	Sends      []Spend       `json:"sends,omitempty"` // the last 35 days
}

// Text is something a person wrote, kept under the id of its event.
type Text struct {
	Event   string    `json:"ev"`
	Journey JourneyID `json:"j"`
	At      time.Time `json:"at"`
	Body    string    `json:"body"` // at most 4 KB
}

// spendKept is how long a spend is remembered; rule 24 allows budgets up to it.
const spendKept = 35 * 24 * time.Hour

// Field returns the latest stated value of a [Person] field, or "".
func (c *Contact) Field(name string) string { return c.Fields[name].Value }

// Names of the fields of a contact.
const (
	FieldName     = "name"
	FieldFirst    = "first"
	FieldMail     = "mail"
	FieldPhone    = "phone"
	FieldBadPhone = "bad_phone"
	FieldBadMail  = "bad_mail"
	FieldLanguage = "lang"
	FieldCountry  = "country"
	FieldCity     = "city"
	FieldAddress  = "addr"
)

// State sets every field that p states, unless a later event stated it already.
// It reports whether anything changed.
func (c *Contact) State(p Person, at Stamp) bool {
	if c.Forgets(at.Time) {
		return false
	}
	if c.Fields == nil {
		c.Fields = map[string]Stated{}
	}
	changed := false
	for _, f := range [...]struct{ name, value string }{
		{FieldName, p.Name},
		{FieldFirst, p.FirstName},
		{FieldMail, p.Mail},
		{FieldPhone, p.Phone},
		{FieldBadPhone, bad(p.BadPhone)},
		{FieldBadMail, bad(p.BadMail)},
		{FieldLanguage, p.Language},
		{FieldCountry, p.Country},
		{FieldCity, p.City},
		{FieldAddress, p.Address},
	} {
		if f.value != "" {
			changed = c.state(f.name, Stated{f.value, at}) || changed
		}
	}
	return changed
}

// bad is what a body says of a number or an address that is of no use. A good
// one needs no word: it is kept itself, and looked at first.
func bad(wrong bool) string {
	if wrong {
		return "yes"
	}
	return ""
}

func (c *Contact) state(name string, s Stated) bool {
	old, ok := c.Fields[name]
	if ok && (old.Stamp.Compare(s.Stamp) > 0 || old == s) {
		return false
	}
	c.Fields[name] = s
	return true
}

// Consent records k unless a later word on the same purpose and channel is
// known, and reports whether anything changed. A yes and a no of the same
// instant count as no.
func (c *Contact) Consent(k Consent) bool {
	k.At = k.At.UTC()
	for i, old := range c.Consents {
		if old.Purpose != k.Purpose || old.Channel != k.Channel {
			continue
		}
		if d := old.At.Compare(k.At); d > 0 || d == 0 && (!old.Given || old == k || k.Given) {
			return false
		}
		c.Consents[i] = k
		return true
	}
	c.Consents = append(c.Consents, k)
	slices.SortFunc(c.Consents, func(a, b Consent) int {
		return cmp.Or(cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Channel, b.Channel))
	})
	return true
}

// Consented returns the recorded word on a purpose and channel; ok is false
// when there is none.
func (c *Contact) Consented(purpose Class, channel Medium) (given, ok bool) {
	for _, k := range c.Consents {
		if k.Purpose == purpose && k.Channel == channel {
			return k.Given, true
		}
	}
	return false, false
}

// MachineMayCall reports whether the latest word on calls of a purpose is a yes
// that names calls by a machine.
func (c *Contact) MachineMayCall(purpose Class) bool {
	return slices.ContainsFunc(c.Consents, func(k Consent) bool {
		return k.Purpose == purpose && k.Channel == Call && k.Given && k.Machine
	})
}

// Suppress stops a channel and reports whether it was open.
func (c *Contact) Suppress(s Suppression) bool {
	if _, ok := c.SuppressedOn(s.Channel); ok {
		return false
	}
	c.Suppressed = append(c.Suppressed, s)
	return true
}

// SuppressedOn returns why a channel is stopped.
func (c *Contact) SuppressedOn(m Medium) (Suppression, bool) {
	for _, s := range c.Suppressed {
		if s.Channel == m {
			return s, true
		}
	}
	return Suppression{}, false
}

// Note keeps a text, once per event.
func (c *Contact) Note(t Text) bool {
	if c.Forgets(t.At) || slices.ContainsFunc(c.Texts, func(o Text) bool { return o.Event == t.Event && o.Journey == t.Journey }) {
		return false
	}
	c.Texts = append(c.Texts, t)
	slices.SortFunc(c.Texts, func(a, b Text) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Event, b.Event)) })
	return true
}

// Spend reserves a send: it adds s unless its follow-up is there already, and
// forgets what is older than 35 days.
func (c *Contact) Spend(s Spend) {
	c.Sends = slices.DeleteFunc(c.Sends, func(o Spend) bool { return s.At.Sub(o.At) > spendKept })
	i := slices.IndexFunc(c.Sends, func(o Spend) bool { return o.FollowUp == s.FollowUp })
	if i < 0 {
		c.Sends = append(c.Sends, s)
		return
	}
	c.Sends[i].Epoch = max(c.Sends[i].Epoch, s.Epoch) // sent again after a restore
	c.Sends[i].Away = s.Away
}

// Away reports whether the send of id was reserved in a store that this one was
// moved from, and not again since: only proof that it was accepted counts.
func (c *Contact) Away(id FollowUpID) bool {
	return slices.ContainsFunc(c.Sends, func(s Spend) bool { return s.FollowUp == id && s.Away })
}

// Restored reports whether the send of id was reserved before the restore that
// began epoch, and not again since.
func (c *Contact) Restored(id FollowUpID, epoch int) bool {
	return slices.ContainsFunc(c.Sends, func(s Spend) bool { return s.FollowUp == id && s.Epoch < epoch })
}

// Unspend gives a reservation back: the send did not happen and never will.
func (c *Contact) Unspend(id FollowUpID) {
	c.Sends = slices.DeleteFunc(c.Sends, func(o Spend) bool { return o.FollowUp == id })
}

// ReasonErased is the reason of the suppressions that an erasure leaves.
const ReasonErased = "erased"

// Erase forgets the person. What must outlive the erasure stays: that it
// happened, opt-outs, and the impersonal ledger. One that is not later than the
// last changes nothing.
func (c *Contact) Erase(at time.Time) {
	if !at.After(c.Erased) {
		return
	}
	c.Fields, c.Texts, c.Erased = nil, nil, at
	c.Revive()
	for _, m := range []Medium{Email, Call} { // beside what closed the channel before, which outlives a new beginning
		c.Suppressed = append(c.Suppressed, Suppression{Channel: m, Reason: ReasonErased, At: at})
	}
}

// Forgotten reports whether c was erased and has not ordered again since.
func (c *Contact) Forgotten() bool {
	return slices.ContainsFunc(c.Suppressed, func(s Suppression) bool { return s.Reason == ReasonErased })
}

// Revive lets an erased person be a customer again, who ordered after the
// erasure: what is stated from then on is kept. Bounces, complaints, do-not-call
// and every word on consent stay as they were.
func (c *Contact) Revive() {
	c.Suppressed = slices.DeleteFunc(c.Suppressed, func(s Suppression) bool { return s.Reason == ReasonErased })
}

// Forgets reports whether what was said at t must not be kept: an old webhook
// must not bring back what was erased.
func (c *Contact) Forgets(t time.Time) bool {
	return !c.Erased.IsZero() && (c.Forgotten() || !t.After(c.Erased))
}

// Clone returns a copy that shares nothing that changes.
func (c Contact) Clone() Contact {
	c.Fields = maps.Clone(c.Fields)
	c.Texts, c.Orders = slices.Clone(c.Texts), slices.Clone(c.Orders)
	c.Consents, c.Suppressed, c.Sends = slices.Clone(c.Consents), slices.Clone(c.Suppressed), slices.Clone(c.Sends)
	return c
}

// Inherit takes over what was known of the same person under another id, and
// reports whether anything changed.
func (c *Contact) Inherit(old *Contact) bool {
	if c.Forgotten() {
		return false
	}
	if c.Fields == nil {
		c.Fields = map[string]Stated{}
	}
	changed := false
	if old.Forgotten() { // with a new address they are no less forgotten; who has it already is somebody else
		if len(c.Orders) > 0 || !old.Erased.After(c.Erased) {
			return false
		}
		c.Erase(old.Erased)
		return true
	}
	for name, s := range old.Fields {
		if name != FieldMail && !c.Forgets(s.Stamp.Time) { // a mail address makes the id: another id, another address
			changed = c.state(name, s) || changed
		}
	}
	for _, k := range old.Consents {
		changed = c.Consent(k) || changed
	}
	for _, t := range old.Texts {
		changed = c.Note(t) || changed
	}
	for _, s := range old.Suppressed { // a bounce is of the old address; a person's no is theirs
		if s.Reason != "bounce" {
			changed = c.Suppress(s) || changed
		}
	}
	for _, s := range old.Sends { // budgets and the ledger go on
		if !slices.ContainsFunc(c.Sends, func(o Spend) bool { return o.FollowUp == s.FollowUp }) {
			c.Sends = append(c.Sends, s)
			changed = true
		}
	}
	return changed
}
