package source

import (
	"slices"
	"strings"
	"time"

	"aftersales/internal/followup"
)

// shopifyCustomer is a customer inside an order, all zero for a guest: null,
// {} and missing are the same.
type shopifyCustomer struct {
	ID        ident           `json:"id"`
	Email     text            `json:"email"`
	Phone     text            `json:"phone"`
	FirstName text            `json:"first_name"`
	LastName  text            `json:"last_name"`
	Tags      words           `json:"tags"`
	Updated   moment          `json:"updated_at"`
	Address   shopifyAddress  `json:"default_address"`
	Consent   *shopifyConsent `json:"email_marketing_consent"`
	Accepts   *flag           `json:"accepts_marketing"` // before 2022
	AcceptsAt moment          `json:"accepts_marketing_updated_at"`
}

type shopifyConsent struct {
	State text   `json:"state"`
	Level text   `json:"opt_in_level"`
	At    moment `json:"consent_updated_at"`
}

// shopifyAddress is an address; privacy settings strip it to country and
// province.
type shopifyAddress struct {
	FirstName    text `json:"first_name"`
	LastName     text `json:"last_name"`
	Name         text `json:"name"`
	Phone        text `json:"phone"`
	Address1     text `json:"address1"`
	Address2     text `json:"address2"`
	City         text `json:"city"`
	Zip          text `json:"zip"`
	Country      text `json:"country"`
	CountryCode  text `json:"country_code"`
	Province     text `json:"province"`
	ProvinceCode text `json:"province_code"`
}

func (a *shopifyAddress) country() string { return country(a.CountryCode, a.Country) }

// postal returns the address in one line, "" when only country and province are left.
func (a *shopifyAddress) postal() string {
	if a.Address1 == "" && a.Zip == "" {
		return ""
	}
	return joined(", ", a.Address1, a.Address2, text(joined(" ", a.Zip, a.City)))
}

// destination returns where the goods go: the shipping address, else the
// billing one, else the customer's own. A country that is only named takes the
// code of another address of that country, and none of another country.
func (o *shopifyOrder) destination() *shopifyAddress {
	all := []*shopifyAddress{&o.Shipping, &o.Billing, &o.Customer.Address}
	for i, a := range all {
		if a.country() != "" {
			return a
		}
		if a.Country == "" || a.CountryCode != "" { // nothing, or a code of no country
			continue
		}
		named := *a
		for _, other := range all[i+1:] {
			if strings.EqualFold(string(other.Country), string(a.Country)) {
				named.CountryCode = text(other.country())
				break
			}
		}
		return &named
	}
	return &o.Customer.Address
}

func (o *shopifyOrder) region() string {
	a := o.destination()
	if a.ProvinceCode != "" {
		return string(a.ProvinceCode)
	}
	return string(a.Province)
}

// person returns who ordered.
func (o *shopifyOrder) person(env Env) person {
	var p person
	to := o.destination()
	p.Country, p.City, p.Address = to.country(), string(to.City), to.postal()
	p.Language = tag(o.Locale)
	p.Name, p.FirstName = o.names()
	p.setMail(o.Email, o.ContactEmail, o.Customer.Email)
	fallback := p.Country
	if fallback == "" {
		fallback = env.Shop.Country
	}
	p.setPhone(fallback,
		dialled{o.Phone, ""},
		dialled{o.Shipping.Phone, text(o.Shipping.country())},
		dialled{o.Billing.Phone, text(o.Billing.country())},
		dialled{o.Customer.Phone, ""},
		dialled{o.Customer.Address.Phone, text(o.Customer.Address.country())})
	return p
}

// names returns the name of the buyer: the customer's, else the one on the
// bill, else the one on the parcel.
func (o *shopifyOrder) names() (full, first string) {
	for _, n := range [...][3]text{
		{o.Customer.FirstName, o.Customer.LastName},
		{o.Billing.FirstName, o.Billing.LastName, o.Billing.Name},
		{o.Shipping.FirstName, o.Shipping.LastName, o.Shipping.Name},
	} {
		full = joined(" ", n[0], n[1])
		if full == "" {
			full = string(n[2])
		}
		if full != "" {
			return full, string(n[0])
		}
	}
	return "", ""
}

// tier returns "vip" for a customer who is tagged so.
func (c *shopifyCustomer) tier() string {
	if slices.ContainsFunc(c.Tags, func(t string) bool { return strings.EqualFold(t, "vip") }) {
		return "vip"
	}
	return ""
}

// consents returns the customer's word on marketing mails. The newest field
// that is there counts; the box at the checkout can only say yes, because it
// is not ticked for those who subscribed before.
func (o *shopifyOrder) consents(loc *time.Location) []followup.Consent {
	c := &o.Customer
	placed := firstOf(o.Processed, o.Created, o.Updated)
	yes := func(given bool, at moment, how string) []followup.Consent {
		return []followup.Consent{{
			Purpose: followup.Marketing, Channel: followup.Email, Given: given,
			At: firstOf(at, placed).in(loc), How: how,
		}}
	}
	switch {
	case c.Consent != nil:
		switch strings.ToLower(string(c.Consent.State)) {
		case "subscribed":
			return yes(true, c.Consent.At, joined(", ", "Shopify", text(strings.ReplaceAll(string(c.Consent.Level), "_", " "))))
		case "unsubscribed", "redacted":
			return yes(false, c.Consent.At, "Shopify")
		}
		return nil // never asked, or not confirmed
	case c.Accepts != nil && !c.AcceptsAt.none():
		return yes(bool(*c.Accepts), c.AcceptsAt, "Shopify")
	case bool(o.Marketing):
		return yes(true, moment{}, "Shopify checkout box")
	default:
		return nil
	}
}
