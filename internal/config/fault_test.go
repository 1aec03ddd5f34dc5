package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aftersales/internal/config"
)

// TestFaults has, for each way to be wrong, the lines that tell it.
func TestFaults(t *testing.T) {
	shop := func(more string) string { return fmt.Sprintf(minimal, ", "+more, "") }
	top := func(more string) string { return fmt.Sprintf(minimal, "", more+"\n") }
	for _, c := range []struct{ name, yaml, want string }{
		{"empty file", "", `:1:1: business: missing: want a name of at most 100 letters, digits, '-', '_' and '.', for example my-shop|:1:1: shops: missing: want at least one shop`},
		{"no shop", "business: b\nshops: []\n", `:2:8: shops: missing: want at least one shop`},
		{"not a mapping", "- a\n", `:1:1: file: a list: want keys with values|`},
		{"syntax", "business: b\nshops: [}\n", `:2:`},
		{"not UTF-8", "business: \xff\n", `:1:1: file: not UTF-8`},
		{"second document", minimalShop() + "---\nbusiness: c\n", `:5:1: file: second document`},
		{"same key twice", "business: b\n" + minimalShop(), `:2:1: file: `},
		{"unknown key", top("lisen: x"), `:4:1: lisen: unknown key: want a known one; did you mean listen?`},
		{"key far from all", top("colour: red"), `:4:1: colour: unknown key: want one of business, listen,`},
		{"key over two lines", top(`"a\nb": 1`), `:4:1: a·b: unknown key: want one of`},
		{"key turned around", shop(`"na\u202eme": x`), `shops[0].na·me: unknown key: want`},
		{"country over two lines", top(`holidays: {"D\nE": x}`), `:4:20: holidays.D·E: "D\nE": want an ISO 3166 country`},
		{"long key", top(strings.Repeat("k", 900) + ": 1"), strings.Repeat("k", 80) + "…: unknown key"},
		{"hyphen", shop("reply-to: a@shop.example"), `shops[0].reply-to: unknown key: want a known one; did you mean reply_to?`},
		{"alias", top("data: &d x\nplans: *d"), `:4:7: data: an anchor, alias or tag, which this file does without|:5:8: plans: an anchor`},
		{"business", strings.Replace(minimalShop(), "business: b", "business: a b", 1), `:1:11: business: "a b": want a name`},
		{"listen", top("listen: 8080"), `:4:9: listen: "8080": want host:port`},
		{"console for all", top("console: 0.0.0.0:8081"), `:4:10: console: "0.0.0.0:8081": want host:port on this machine alone`},
		{"one port", top("console: 127.0.0.1:8080"), `:4:10: console: "127.0.0.1:8080": want another port`},
		{"no plans", top("plans: nowhere"), `:4:8: plans: not found: "DIR/nowhere": want a readable folder`},
		{"plans a file", top("plans: plans/all.yaml"), `:4:8: plans: "DIR/plans/all.yaml": want a readable folder`},
		{"products a folder", top("products: plans"), `:4:11: products: "DIR/plans": want a readable file`},
		{"data a file", top("data: aftersales.yaml"), `:4:7: data: "DIR/aftersales.yaml": want a folder`},
		{"holiday country", top("holidays: {XX: a.yaml}"), `:4:16: holidays.XX: "XX": want an ISO 3166 country`},
		{"holiday file", top("holidays: {DE: a.yaml}"), `:4:16: holidays.DE: not found: "DIR/a.yaml": want a readable file of dates`},
		{"channel", top("email: {channel: malbox}"), `:4:18: email.channel: "malbox": want one of mailbox, smtp`},
		{"rate", top("email: {rate: -1}"), `:4:15: email.rate: "-1": want messages per second`},
		{"rate not a number", top("email: {rate: .nan}"), `:4:15: email.rate: ".nan": want messages per second`},
		{"concurrency", top("email: {concurrency: 65}"), `email.concurrency: "65": want a whole number from 1 to 64, for example 4`},
		{"smtp without host", top("email: {channel: smtp}"), `:4:8: email.smtp.host: missing: want the name or address of a host`},
		{"password missing", top("email: {channel: smtp, smtp: {host: h, username: u}}"), `AFTERSALES_SMTP_PASSWORD: not set: want the password of the username in email.smtp.username`},
		{"password in the clear", top("email: {channel: smtp, smtp: {host: h, username: u, tls: none}}"), `email.smtp.tls: "none": want starttls or implicit|AFTERSALES_SMTP_PASSWORD: not set`},
		{"unused smtp is checked", top("email: {smtp: {host: a b, port: 0}}"), `email.smtp.host: "a b": want the name|email.smtp.port: "0": want a whole number`},
		{"call", top("call: {channel: robot}"), `call.channel: "robot": want one of calllist`},
		{"shop id", "business: b\nshops: [{id: Main, name: S, sender: a@shop.example}]\n", `:2:14: shops[0].id: "Main": want at most 40 lower-case letters`},
		{"shop id of everybody", "business: b\nshops: [{id: all, name: S, sender: a@shop.example}]\n", `:2:14: shops[0].id: "all": want at most 40 lower-case letters, digits and '-', a letter first, and not all`},
		{"shop lacks all", "business: b\nshops:\n  - {}\n", `shops[0].id: missing|shops[0].name: missing|shops[0].sender: missing`},
		{"shop twice", "business: b\nshops:\n  - {id: a, name: S, sender: a@shop.example}\n  - {id: a, name: T, sender: a@shop.example}\n", `:4:10: shops[1].id: "a": want an id that no other shop has, for example a-2`},
		{"shops share secrets", "business: b\nshops:\n  - {id: a-next, name: S, sender: a@shop.example}\n  - {id: a, name: T, sender: a@shop.example}\n", `:4:10: shops[1].id: "a": want another id: its secrets would have the names of those of shop a-next`},
		{"sender with a name", shop(`reply_to: "A <a@shop.example>"`), `:3:62: shops[0].reply_to: "A <a@shop.example>": want one bare mail address, for example care@shop.example`},
		{"sender that smuggles", shop(`reply_to: "a@shop.example\r\nBcc: b@shop.example"`), `"a@shop.example\r\nBcc: b@shop.example": want one bare`},
		{"sender turned around", shop("reply_to: \"a\\u202e@shop.example\""), `"a\u202e@shop.example": want one bare`},
		{"public_url", shop("public_url: http://shop.example"), `shops[0].public_url: "http://shop.example": want an https address`},
		{"phone", shop("phone: call me"), `shops[0].phone: "call me": want a phone number`},
		{"address", shop(`address: "a\u0000b"`), `shops[0].address: "a\x00b": want a postal address`},
		{"language", shop("language: english"), `shops[0].language: "english": want a BCP 47 language, for example en`},
		{"country", shop("country: DEU"), `shops[0].country: "DEU": want an ISO 3166 country`},
		{"zone", shop("zone: CET+1"), `shops[0].zone: "CET+1": want the IANA name of a time zone, for example Europe/Berlin`},
		{"review", shop("review_url: shop.example"), `shops[0].review_url: "shop.example": want an https address`},
		{"staff", shop("staff: [a@shop.example, b]"), `shops[0].staff[1]: "b": want one bare mail address`},
		{"staff no list", shop("staff: a@shop.example"), `shops[0].staff: "a@shop.example": want a list, for example staff: [anna@shop.example]`},
		{"hours", shop(`hours: {email: 8-20, sms: "08:00-20:00"}`), `shops[0].hours.email: "8-20": want hours from-until|shops[0].hours.sms: unknown key: want one of email, call`},
		{"hours in one", shop(`hours: "08:00-20:00"`), `shops[0].hours: "08:00-20:00": want keys with values`},
		{"business hours", shop(`business_hours: {from: 9}`), `shops[0].business_hours: a mapping: want hours from-until`},
		{"reply", shop("reply_within: P1D"), `shops[0].reply_within: "P1D": want an exact period of business hours`},
		{"consent", shop("consent: {recall: {email: none}, feedback: {call: yes}}"), `shops[0].consent.recall: unknown key|shops[0].consent.feedback.call: "yes": want none`},
		{"paused", shop("paused: maybe"), `shops[0].paused: "maybe": want true or false`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := folder(t, c.yaml)
			_, faults := load(t, dir, nil)
			wants := strings.Split(strings.TrimSuffix(c.want, "|"), "|")
			if !strings.HasSuffix(c.want, "|") && len(faults) != len(wants) {
				t.Errorf("%d faults, want %d", len(faults), len(wants))
			}
			text := strings.ReplaceAll(faults.Error(), dir, "DIR")
			for _, want := range wants {
				if !strings.Contains(text, want) {
					t.Errorf("no %s in\n%s", want, text)
				}
			}
		})
	}
}

func minimalShop() string { return fmt.Sprintf(minimal, "", "") }

func TestSecretsDoNotBelongInTheFile(t *testing.T) {
	const hidden = "hunter2hunter2"
	for _, c := range []struct{ yaml, want string }{
		{fmt.Sprintf(minimal, ", shopify_secret: "+hidden, ""), "shops[0].shopify_secret: a secret in the file: want it in the environment, as AFTERSALES_SHOPIFY_SECRET_<SHOP>"},
		{fmt.Sprintf(minimal, ", secrets: {generic: "+hidden+"}", ""), "shops[0].secrets: a secret in the file: want it in the environment, as AFTERSALES_<SOURCE>_SECRET_<SHOP>"},
		{fmt.Sprintf(minimal, "", "link-key: "+hidden+"\n"), "link-key: a secret in the file: want it in the environment, as AFTERSALES_LINK_KEY"},
		{fmt.Sprintf(minimal, "", "email: {smtp: {password: "+hidden+"}}\n"), "email.smtp.password: a secret in the file: want it in the environment, as AFTERSALES_SMTP_PASSWORD"},
		{fmt.Sprintf(minimal, ", public_url: \"https://user:"+hidden+"@shop.example\"", ""), "shops[0].public_url: value not shown: want an https address"},
		{fmt.Sprintf(minimal, ", zone: whsec_"+hidden, ""), "shops[0].zone: value not shown: want the IANA name"},
		{fmt.Sprintf(minimal, "", "whsec_"+hidden+": 1\n"), ":4:1: key not shown: a secret in the file"},
		{fmt.Sprintf(minimal, "", "shpss_"+hidden+": 1\nshpss_"+hidden+": 1\n"), ":5:1: file: not YAML: want valid YAML"},
		{fmt.Sprintf(minimal, ", password: "+hidden+"\n  x: [}", ""), "file: "},
	} {
		dir := folder(t, c.yaml)
		_, faults := load(t, dir, nil)
		if len(faults) != 1 || !strings.Contains(faults.Error(), c.want) {
			t.Errorf("no %s in\n%v", c.want, faults)
		}
		if strings.Contains(fmt.Sprintf("%+v", faults), hidden) {
			t.Errorf("a fault shows the secret: %v", faults)
		}
	}
}

func TestFaultsOfTheEnvironment(t *testing.T) {
	dir := folder(t, minimalShop())
	_, faults := load(t, dir, map[string]string{
		"AFTERSALES_GENERIC_SECRET_MAIN":      "whsec_hunter2!",
		"AFTERSALES_SHOPIFY_SECRET_MAIN_NEXT": "hunter2",
		"AFTERSALES_LINK_KEY":                 "hunter2",
		"AFTERSALES_LINK_KEY_OLD":             strings.Repeat("o", 32) + ",hunter2",
	})
	golden(t, "testdata/environment.golden", faults.Error()+"\n")
	_, faults = load(t, dir, map[string]string{"AFTERSALES_SHOPIFY_SECRET_MAIN": "hunter2\n"})
	if len(faults) != 1 || strings.Contains(faults.Error(), "hunter2") || !strings.Contains(faults.Error(), "AFTERSALES_SHOPIFY_SECRET_MAIN: white space at an end") {
		t.Error(faults)
	}
}

func TestAFileThatIsNotThere(t *testing.T) {
	_, faults := load(t, t.TempDir(), nil)
	if len(faults) != 1 || !strings.Contains(faults.Error(), "aftersales.yaml: file: not found: want a readable file; aftersales init DIR writes one") {
		t.Error(faults)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, config.FileName), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, faults := load(t, dir, nil); len(faults) != 1 || !strings.Contains(faults.Error(), "is a directory") {
		t.Error(faults)
	}
}

func TestFaultsOfAHolidayFileAreInIt(t *testing.T) {
	dir := folder(t, fmt.Sprintf(minimal, "", "zone: UTC\nholidays: {DE: days/de.yaml}\n"))
	put(t, filepath.Join(dir, "days", "de.yaml"), "# Germany\n- 2026-12-25\n- 2026-02-29\n")
	_, faults := load(t, dir, nil)
	text := strings.ReplaceAll(faults.Error(), dir, "DIR")
	want := `DIR/days/de.yaml:3:3: holidays.DE[1]: "2026-02-29": want a date, for example 2026-12-25`
	if len(faults) != 2 || !strings.Contains(text, want) || !strings.Contains(text, "zone: unknown key") {
		t.Errorf("no %s in\n%s", want, text)
	}
}

func TestALongValueIsCut(t *testing.T) {
	dir := folder(t, fmt.Sprintf(minimal, ", zone: "+strings.Repeat("x", 5000), ""))
	if _, faults := load(t, dir, nil); len(faults.Error()) > 500 {
		t.Errorf("%d characters: %v", len(faults.Error()), faults)
	}
}
