package transfer

import (
	"slices"

	"aftersales/internal/followup"
)

// merge adds to c what another store knows of the same person: of each field
// and consent the latest word, of suppressions, texts, orders and reservations
// all. Who was erased on one side is erased, and who ordered again since is not.
func merge(c, o *followup.Contact) {
	c.Erase(o.Erased)
	if c.Erased.Equal(o.Erased) && !o.Forgotten() {
		c.Revive()
	}
	for name, s := range o.Fields {
		if old, ok := c.Fields[name]; !c.Forgets(s.Stamp.Time) && (!ok || old.Stamp.Compare(s.Stamp) < 0) {
			if c.Fields == nil {
				c.Fields = map[string]followup.Stated{}
			}
			c.Fields[name] = s
		}
	}
	for _, k := range o.Consents {
		c.Consent(k)
	}
	for _, s := range o.Suppressed {
		if s.Reason != followup.ReasonErased {
			c.Suppress(s)
		}
	}
	for _, t := range o.Texts {
		c.Note(t)
	}
	for _, j := range o.Orders {
		if !slices.Contains(c.Orders, j) {
			c.Orders = append(c.Orders, j)
		}
	}
	for _, s := range o.Sends {
		reserve(c, s)
	}
}

// reserve adds a reservation of the other store. One that is in both keeps its
// place, and the doubt of either side.
func reserve(c *followup.Contact, s followup.Spend) {
	i := slices.IndexFunc(c.Sends, func(o followup.Spend) bool { return o.FollowUp == s.FollowUp })
	if i < 0 {
		c.Sends = append(c.Sends, s)
		return
	}
	c.Sends[i].Away = c.Sends[i].Away || s.Away
}
