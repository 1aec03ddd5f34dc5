package source

import (
	"aftersales/internal/followup"
)

// shopifyEdited is the body of orders/edited: only what the edit changed.
type shopifyEdited struct {
	Edit shopifyEdit `json:"order_edit"`
}

type shopifyEdit struct {
	ID        ident              `json:"id"`
	OrderID   ident              `json:"order_id"`
	Created   moment             `json:"created_at"`
	Committed moment             `json:"committed_at"`
	Lines     shopifyEditedLines `json:"line_items"`
}

type shopifyEditedLines struct {
	Removals []shopifyDelta `json:"removals"`
}

type shopifyDelta struct {
	ID    ident  `json:"id"`
	Delta *count `json:"delta"`
}

// shopifyPrivacy is the body of the three privacy topics.
type shopifyPrivacy struct {
	Domain    text            `json:"shop_domain"`
	ShopID    ident           `json:"shop_id"`
	Customer  shopifyCustomer `json:"customer"`
	ToRedact  []ident         `json:"orders_to_redact"`
	Requested []ident         `json:"orders_requested"`
	Request   shopifyLineID   `json:"data_request"`
}

var (
	editedLayout  = layoutFor[shopifyEdited]()
	privacyLayout = layoutFor[shopifyPrivacy]()
)

// edited reads an edit. What was removed is cancelled. What was added is not
// read: the body names neither goods nor price, and the orders/updated that
// Shopify sends for every edit states the new lines in full.
func (r *shopifyReader) edited() error {
	var b shopifyEdited
	if err := decode(r.in.Body, editedLayout(), &b); err != nil {
		return err
	}
	e := &b.Edit
	if err := needIDs([2]string{"order_edit.id", string(e.ID)}, [2]string{"order_edit.order_id", string(e.OrderID)}); err != nil {
		return err
	}
	at := firstOf(e.Committed, e.Created)
	if at.none() {
		return missing("order_edit.committed_at", `send the whole edit, "committed_at": "2026-03-02T09:15:00+01:00"`)
	}
	var parts []followup.Part
	for _, d := range e.Lines.Removals {
		if d.Delta != nil {
			parts = addPart(parts, string(d.ID), int(*d.Delta))
		}
	}
	if parts == nil {
		r.out.Ignored = "the edit removes nothing; what it adds comes with orders/updated"
		return nil
	}
	parts = sortedParts(parts)
	group := "edit/" + string(e.ID)
	r.add(followup.Event{
		Type: followup.OrderCancelled, Group: group, ID: group + "/" + digest(at.in(r.loc), parts),
		Time: at.in(r.loc), Parts: parts,
	}, e.OrderID)
	return nil
}

// customerRedact reads an erasure: the orders named, and the contact itself.
func (r *shopifyReader) customerRedact() error {
	b, err := r.privacy()
	if err != nil {
		return err
	}
	p := person{}
	p.setMail(b.Customer.Email)
	p.setPhone(r.env.Shop.Country, dialled{b.Customer.Phone, ""})
	for _, id := range []followup.ContactID{r.env.key("mail", p.mailKey), r.env.key("phone", p.Phone)} {
		if id != "" {
			r.out.Erase = append(r.out.Erase, id)
		}
	}
	r.each(b.ToRedact, followup.PersonErased, "redact/"+string(b.Customer.ID))
	if len(r.out.Events)+len(r.out.Erase) == 0 {
		if b.Customer.ID == "" { // answered 202 it would be taken for done
			return missing("customer", "name the customer, or the orders in orders_to_redact")
		}
		r.out.Ignored = "the request names neither an order nor an address"
	}
	return nil
}

// dataRequest reads the wish for a copy: a person at the shop answers it.
func (r *shopifyReader) dataRequest() error {
	b, err := r.privacy()
	if err != nil {
		return err
	}
	r.each(b.Requested, followup.PersonAsked, "data-request/"+string(b.Request.ID))
	if len(r.out.Events) == 0 {
		if b.Customer.ID == "" {
			return missing("customer", "name the customer, or the orders in orders_requested")
		}
		r.out.Ignored = "the request names no order"
	}
	return nil
}

// shopRedact reads the end of everything, 48 hours after the app was removed.
func (r *shopifyReader) shopRedact() error {
	b, err := r.privacy()
	if err != nil {
		return err
	}
	if b.Domain == "" && b.ShopID == "" {
		return missing("shop_domain", `send the body as Shopify does, "shop_domain": "example.myshopify.com"`)
	}
	r.out.EraseShop = true
	return nil
}

func (r *shopifyReader) privacy() (b shopifyPrivacy, err error) {
	err = decode(r.in.Body, privacyLayout(), &b)
	return b, err
}

// each adds one event per order. The bodies hold no time: the time they were
// received is kept with them.
func (r *shopifyReader) each(orders []ident, typ followup.EventType, name string) {
	for _, order := range orders {
		if order != "" {
			r.add(followup.Event{Type: typ, ID: name + "/" + string(order), Time: r.in.At.UTC()}, order)
		}
	}
}
