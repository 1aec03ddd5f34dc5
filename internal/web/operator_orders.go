package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/web/problem"
)

const ordersPage = 50 // orders on one page

type ordersList struct {
	desk
	Query  string
	Orders []engine.OrderItem
	Whole  bool // the search looked at every order
	Next   followup.Cursor
}

// orders lists all orders, or those that a search finds.
func (o *operator) orders(w http.ResponseWriter, r *http.Request) {
	p := ordersList{desk: o.desk(r, "Orders"), Query: plain(r.URL.Query().Get("q")), Whole: true}
	var err error
	if p.Query != "" {
		p.Orders, p.Whole, err = o.c.Engine.SearchOrders(r.Context(), p.Query)
	} else {
		p.Orders, p.Next, err = o.c.Engine.Orders(r.Context(), followup.Cursor(r.URL.Query().Get("after")), ordersPage)
	}
	if err != nil {
		o.failed(w, r, err)
		return
	}
	o.look.show(w, r, http.StatusOK, p)
}

type orderPage struct {
	desk
	ID    followup.JourneyID
	Story *engine.Story
	Name  string
	Mail  string
	Phone string // only while a case is open: calls that are planned show it when they are claimed
	Texts []followup.Text
	Open  bool // a case is open
}

// Unit says a unit of the order as people call it.
func (p orderPage) Unit(key string) string {
	for _, u := range p.Story.Units {
		if u.Unit == key {
			return plain(u.Label)
		}
	}
	return key
}

// order tells the story of one order.
func (o *operator) order(w http.ResponseWriter, r *http.Request) {
	shop, order := followup.ShopID(r.PathValue("shop")), r.PathValue("order")
	if order == "" {
		order = r.URL.Query().Get("order")
	}
	id := followup.NewJourneyID(shop, order)
	p := orderPage{desk: o.desk(r, "Order"), ID: id}
	story, err := o.c.Engine.Story(r.Context(), p.Now, id)
	switch {
	case errors.Is(err, followup.ErrNotFound) && wantsJSON(r):
		problem.New(http.StatusNotFound, "unknown-order", "there is no such order of this shop", "look for it among /orders").Write(w)
		return
	case errors.Is(err, followup.ErrNotFound):
		o.fault(w, r, http.StatusNotFound, "There is no order "+order+" of shop "+string(shop)+".")
		return
	case err != nil:
		o.failed(w, r, err)
		return
	}
	if wantsJSON(r) {
		problem.JSON(w, "application/json", http.StatusOK, story)
		return
	}
	p.Story, p.Zone, p.Path = story, o.zone(shop), orderPath(id)
	p.Title = "Order " + orderName(story)
	for _, c := range story.Cases {
		p.Open = p.Open || c.State == "open"
	}
	if err := o.introduce(r.Context(), &p); err != nil {
		o.failed(w, r, err)
		return
	}
	o.look.show(w, r, http.StatusOK, p)
}

// introduce adds what is known of the customer.
func (o *operator) introduce(ctx context.Context, p *orderPage) error {
	if p.Story.Order.Contact == "" {
		return nil
	}
	cs, err := o.c.Engine.Store().Contacts(ctx, []followup.ContactID{followup.ContactID(p.Story.Order.Contact)})
	if err != nil {
		return err
	}
	p.Name, p.Mail = plain(cmp.Or(cs[0].Field(followup.FieldName), cs[0].Field(followup.FieldFirst))), cs[0].Field(followup.FieldMail)
	if p.Open {
		p.Phone = cs[0].Field(followup.FieldPhone)
	}
	for _, t := range cs[0].Texts {
		if t.Journey == p.ID {
			p.Texts = append(p.Texts, t)
		}
	}
	return nil
}

func orderName(s *engine.Story) string {
	if s.Order.Number != "" {
		return plain(s.Order.Number)
	}
	return s.Order.ID
}
