package source

import (
	"strings"

	"golang.org/x/text/language"

	"aftersales/internal/followup"
	"aftersales/internal/world"
)

// person is what a body says about a customer, read.
type person struct {
	followup.Person
	mailKey string   // mail address as it names the contact
	zones   []string // candidate zones of the phone
}

// dialled is a phone number and the country it was given for.
type dialled struct{ number, country text }

// setMail takes the first that is an address; when something was given and none
// is one, that is noted.
func (p *person) setMail(candidates ...text) {
	for _, c := range candidates {
		if address, key, ok := MailAddress(string(c)); ok {
			p.Mail, p.mailKey, p.BadMail = address, key, false
			return
		}
		p.BadMail = p.BadMail || given(string(c)) && !strings.Contains(string(c), "*")
	}
}

// setPhone takes the first number that can be dialled; a number without a
// country of its own is read as one of fallback.
func (p *person) setPhone(fallback string, candidates ...dialled) {
	for _, c := range candidates {
		if !given(string(c.number)) {
			continue
		}
		region := country(c.country)
		if region == "" {
			region = fallback
		}
		if phone, ok := PhoneNumber(string(c.number), region); ok {
			p.Phone, p.zones, p.BadPhone = phone.E164, phone.Zones, false
			return
		}
		p.BadPhone = true
	}
}

// stated returns what the body says about the person, nil when that is nothing.
func (p *person) stated() *followup.Person {
	if p.Person == (followup.Person{}) {
		return nil
	}
	return &p.Person
}

// country returns an ISO 3166 alpha-2 code, "" when there is none.
func country(codes ...text) string {
	for _, c := range codes {
		code := strings.ToUpper(string(c))
		if code == "UK" {
			code = "GB" // not an ISO code, but written often
		}
		if len(code) == 2 && world.Known(code) {
			return code
		}
	}
	return ""
}

// tag returns a language tag in its usual form ("en-CA"), "" when s is none.
func tag(s text) string {
	if s == "" || len(s) > 35 {
		return ""
	}
	t, err := language.Parse(string(s))
	if err != nil || t == language.Und {
		return ""
	}
	return t.String()
}

// joined joins what is there.
func joined(sep string, parts ...text) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, string(p))
		}
	}
	return strings.Join(out, sep)
}
