package plan

import (
	"aftersales/internal/followup"
)

// What a condition sees. The tags are the names it uses; docs/plans.md lists
// them. Nothing here tells the time of day or the state of a follow-up.

// orderView is the order. Dates are text, so that they compare as people read them.
type orderView struct {
	Number   string         `expr:"number"`   // as the customer knows it: "#1001"
	Total    followup.Money `expr:"total"`    // comparing an unknown total is a fault
	Currency string         `expr:"currency"` // ISO 4217
	Tags     []string       `expr:"tags"`
	Country  string         `expr:"country"` // of the delivery address, ISO 3166 alpha-2
	Region   string         `expr:"region"`
	Language string         `expr:"language"` // BCP 47
	Channel  string         `expr:"channel"`  // web, pos
	Placed   string         `expr:"placed"`   // 2026-03-02; in UTC where the store gave a time
}

// lineView is an order line.
type lineView struct {
	ID       string         `expr:"id"`
	SKU      string         `expr:"sku"`
	Title    string         `expr:"title"`
	Vendor   string         `expr:"vendor"`
	Category string         `expr:"category"` // the line's own, else the catalogue's, else the default
	Quantity int            `expr:"quantity"` // units ever sold on it
	Price    followup.Money `expr:"price"`    // of one unit
	Digital  bool           `expr:"digital"`  // nothing is delivered
}

// unitView is one physical item: its line's words, and what happened to it.
type unitView struct {
	Key        string         `expr:"key"` // "<line id>/<index>"
	Line       string         `expr:"line"`
	SKU        string         `expr:"sku"`
	Title      string         `expr:"title"`
	Vendor     string         `expr:"vendor"`
	Category   string         `expr:"category"`
	Price      followup.Money `expr:"price"`
	Digital    bool           `expr:"digital"`
	Serial     string         `expr:"serial"` // "" not known
	Fulfilled  bool           `expr:"fulfilled"`
	Delivered  bool           `expr:"delivered"` // an assumption does not count
	Installed  bool           `expr:"installed"`
	Registered bool           `expr:"registered"`
	Repaired   bool           `expr:"repaired"`
	Replaced   bool           `expr:"replaced"`
}

// contactView is the customer, without anything personal.
type contactView struct {
	Tier     string `expr:"tier"`
	Country  string `expr:"country"`
	Language string `expr:"language"`
}

// answerView is what the customer said once; oldest first.
type answerView struct {
	Value  string `expr:"value"` // works, problem, help, not-yet; "" only rated
	Unit   string `expr:"unit"`  // "" the whole order
	Step   string `expr:"step"`
	By     string `expr:"by"`     // page, mail or phone
	Rating int    `expr:"rating"` // 1 to 5; 0 none
}

// coverView is a coverage with its dates, 2026-03-31; until is its last day.
type coverView struct {
	Name  string `expr:"name"`
	Unit  string `expr:"unit"` // "" the order
	From  string `expr:"from"`
	Until string `expr:"until"`
}

// caseView is a problem somebody handles or handled.
type caseView struct {
	Number  int    `expr:"number"`
	Unit    string `expr:"unit"`
	Open    bool   `expr:"open"`
	Reason  string `expr:"reason"`
	Outcome string `expr:"outcome"`
}

// views is the environment that conditions are typed in: package condition has
// the same fields, and answers. Names with a dash in front are not for people.
type views struct {
	Order     *orderView    `expr:"order"`
	Lines     []*lineView   `expr:"lines"`
	Units     []*unitView   `expr:"units"`
	Unit      *unitView     `expr:"unit"`
	Contact   *contactView  `expr:"contact"`
	Answers   []*answerView `expr:"answers"`
	Coverages []*coverView  `expr:"coverages"`
	Cases     []*caseView   `expr:"cases"`
	Self      []*unitView   `expr:"_self"`
}
