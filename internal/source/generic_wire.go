package source

// The wire types of the generic event. Their tags are the contract: the JSON
// Schema is made from them. Absent, null and "" mean the same, except that null is
// no list.

// envelope is what every CloudEvent has.
type envelope struct {
	SpecVersion text    `json:"specversion" about:"version of CloudEvents: 1.0"`
	ID          eventID `json:"id" about:"names the event for ever, with source"`
	Source      eventID `json:"source" about:"where the event comes from"`
	Type        text    `json:"type" about:"what happened"`
	ContentType text    `json:"datacontenttype" about:"application/json"`
	Shop        present `json:"shop" about:"on a bus with several shops: id of the shop that the event is of; over HTTP the address says it, and this is not read"`
	Base64      present `json:"data_base64" about:"not read: send data"`
}

// genericEvent is an envelope with its data.
type genericEvent struct {
	envelope
	Time moment      `json:"time" about:"when the source said it; default data.at"`
	Data genericData `json:"data" about:"the event itself"`
}

type genericData struct {
	At       moment        `json:"at" about:"when it happened, a date or a time; default time"`
	Order    *genericOrder `json:"order" about:"the order; beside its id only what is stated or changed"`
	Lines    []genericPart `json:"lines" about:"the units concerned, when not all are"`
	Amount   amount        `json:"amount" about:"order.refunded: money given back, in the order's currency"`
	Currency text          `json:"currency" about:"ISO 4217 code of amount; default the order's"`
	Unit     *genericUnit  `json:"unit" about:"unit.*: the unit concerned"`
	Coverage *genericCover `json:"coverage" about:"unit.covered: what covers the unit"`
	From     moment        `json:"from" about:"unit.repaired: first day in the workshop"`
	Until    moment        `json:"until" about:"unit.repaired: the day it came back"`
	Serial   serial        `json:"serial" about:"unit.replaced: serial number of the new unit"`
}

type genericOrder struct {
	ID       ident            `json:"id" about:"the store's own id of the order"`
	Number   text             `json:"number" about:"the order's number as the customer knows it"`
	Currency text             `json:"currency" about:"ISO 4217 code of all amounts"`
	Total    amount           `json:"total" about:"what the customer pays"`
	Test     *flag            `json:"test" about:"true: nothing is sent for this order"`
	Tags     words            `json:"tags" about:"the store's own labels"`
	Channel  text             `json:"channel" about:"where it was sold: web, pos"`
	Customer *genericCustomer `json:"customer" about:"who ordered"`
	Address  *genericAddress  `json:"address" about:"where the goods go"`
	Lines    []genericLine    `json:"lines" about:"what was sold"`
}

type genericCustomer struct {
	ID        ident            `json:"id" about:"the store's own id of the customer"`
	Name      text             `json:"name" about:"full name"`
	FirstName text             `json:"first_name" about:"for the greeting"`
	Email     text             `json:"email" about:"mail address; a wrong one counts as none"`
	Phone     text             `json:"phone" about:"best as +3545812345; else read as a number of the address's country"`
	Language  text             `json:"language" about:"BCP 47 tag, such as is or en-CA"`
	Zone      text             `json:"zone" about:"IANA zone, such as Atlantic/Reykjavik"`
	Tier      text             `json:"tier" about:"the store's own rank of the customer, such as vip"`
	Consents  []genericConsent `json:"consents" about:"what the customer agreed to or refused"`
}

type genericConsent struct {
	Purpose text   `json:"purpose" about:"service, feedback or marketing"`
	Channel text   `json:"channel" about:"email or call"`
	Given   *flag  `json:"given" about:"false: refused or withdrawn"`
	Machine flag   `json:"machine" about:"call: yes to calls by a machine, too; default false"`
	At      moment `json:"at" about:"when; default that of the event"`
	How     text   `json:"how" about:"where it was said, such as checkout box"`
	Text    text   `json:"text" about:"version of the words agreed to"`
}

type genericAddress struct {
	Country    text `json:"country" about:"ISO 3166 alpha-2 code"`
	Region     text `json:"region" about:"code of the state or province, where zones differ"`
	City       text `json:"city" about:"city"`
	PostalCode text `json:"postal_code" about:"postal code"`
}

type genericLine struct {
	ID        ident    `json:"id" about:"the store's own id of the line"`
	SKU       text     `json:"sku" about:"what the catalogue is searched for"`
	Name      text     `json:"name" about:"title"`
	Vendor    text     `json:"vendor" about:"maker"`
	ProductID ident    `json:"product_id" about:"the store's own id of the product"`
	Category  text     `json:"category" about:"such as appliance; default the catalogue's"`
	Quantity  quantity `json:"quantity" about:"units sold, 1 to 1000000; of an order 1000 are followed one by one"`
	Price     amount   `json:"price" about:"of one unit"`
	Serials   []serial `json:"serials" about:"serial numbers of unit 1, 2, ..."`
	Digital   flag     `json:"digital" about:"true: nothing is delivered"`
}

type genericPart struct {
	ID       ident    `json:"id" about:"id of the line"`
	Quantity quantity `json:"quantity" about:"units concerned; default all"`
	Serials  []serial `json:"serials" about:"these very units"`
}

type genericUnit struct {
	Order  ident  `json:"order" about:"id of the order; default data.order.id"`
	Line   ident  `json:"line" about:"id of the line"`
	Index  index  `json:"index" about:"which unit of the line, from 1; needed when it has several"`
	Serial serial `json:"serial" about:"serial number, instead of line and index"`
}

type genericCover struct {
	Name  text   `json:"name" about:"such as warranty or contract"`
	From  moment `json:"from" about:"first day"`
	Until moment `json:"until" about:"last day"`
}

// serial is a serial number: an id that is never shortened.
type serial string

func (n *serial) read(s *scanner) { *n = serial(readID(s)) }
