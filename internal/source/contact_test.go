package source_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"aftersales/internal/source"
)

func TestMailAddress(t *testing.T) {
	for in, want := range map[string][2]string{
		"anna@example.com":                    {"anna@example.com", "anna@example.com"},
		"  Anna.B+shop@EXAMPLE.Com ":          {"Anna.B+shop@example.com", "anna.b+shop@example.com"},
		"o'brien_x=y/z~#&@mail.example.co.uk": {"o'brien_x=y/z~#&@mail.example.co.uk", "o'brien_x=y/z~#&@mail.example.co.uk"},
		"info@bücher.example":                 {"info@xn--bcher-kva.example", "info@xn--bcher-kva.example"},
		"info@BÜCHER.example":                 {"info@xn--bcher-kva.example", "info@xn--bcher-kva.example"},
		"info@bu\u0308cher.example":           {"info@xn--bcher-kva.example", "info@xn--bcher-kva.example"},
		"a@例え。テスト":                            {"a@xn--r8jz45g.xn--zckzah", "a@xn--r8jz45g.xn--zckzah"},
		"a@مثال.إختبار":                       {"a@xn--mgbh0fb.xn--kgbechtv", "a@xn--mgbh0fb.xn--kgbechtv"},
		"a@пример.испытание":                  {"a@xn--e1afmkfd.xn--80akhbyknj4f", "a@xn--e1afmkfd.xn--80akhbyknj4f"},
		"a@xn--bcher-kva.example":             {"a@xn--bcher-kva.example", "a@xn--bcher-kva.example"},
	} {
		address, key, ok := source.MailAddress(in)
		if !ok || address != want[0] || key != want[1] {
			t.Errorf("%q = %q, %q, %v, want %q", in, address, key, ok, want)
		}
	}
}

func TestWhatIsNoMailAddress(t *testing.T) {
	long := strings.Repeat("a", 65)
	for _, in := range []string{
		"", "@", "anna", "anna@", "@example.com", "anna@example", "anna@@example.com", "a b@example.com", "anna@exa mple.com",
		`"anna b"@example.com`, "Anna <anna@example.com>", "anna@example.com, bob@example.com", "anna@example.com;bob@example.com",
		"anna@example.com\r\nBcc: bob@example.com", "anna\x00@example.com", "anna@example.com\x7f", "anna@[127.0.0.1]", "anna@127.0.0.1",
		"anna@example.com?bcc=bob@example.com", "anna?bcc=bob@example.com", "anna%bob@example.com", "anna!bob@example.com", "anna@example.com> SIZE=1",
		"an\u202ena@example.com", "anna@ex\u2066ample.com", "anna\u200b@example.com", "ännä@example.com", "a***@example.com", "****@*****.com",
		".anna@example.com", "anna.@example.com", "an..na@example.com", "anna@-example.com", "anna@example-.com", "anna@.com", "anna@example..com",
		long + "@example.com", "anna@" + long + ".com", "a@" + strings.Repeat("abcdefg.", 40) + "com", "a@☃.example", "a@aا.example", "(x)a@example.com",
		"anna@" + strings.Repeat(strings.Repeat("a", 60)+".", 4) + "example",
	} {
		if address, _, ok := source.MailAddress(in); ok {
			t.Errorf("%q counts as the address %q", in, address)
		}
	}
}

func TestPhoneNumbersAsLibphonenumberReadsThem(t *testing.T) {
	f, err := os.Open("testdata/phone_inputs_truth.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 50 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows[1:] {
		input, region, valid := r[0], r[1], r[3] == "true"
		want, _, _ := strings.Cut(r[4], ";") // an extension is for people
		got, ok := source.PhoneNumber(input, region)
		if ok != valid || ok && got.E164 != want {
			t.Errorf("%q in %s (%s) = %q, %v, want %q, %v", input, region, r[2], got.E164, ok, want, valid)
		}
	}
}

func TestPhoneZones(t *testing.T) {
	for number, want := range map[string][]string{
		"+3545812345":   {"Atlantic/Reykjavik"},
		"+12125550123":  {"America/New_York"},
		"+819012345678": {"Asia/Tokyo"},
		"+80012345678":  nil, // of no country
	} {
		p, ok := source.PhoneNumber(number, "")
		if !ok || !slices.Equal(p.Zones, want) {
			t.Errorf("%s lies in %v, %v", number, p.Zones, ok)
		}
	}
	p, _ := source.PhoneNumber("+18885551234", "") // anywhere in North America
	if len(p.Zones) == 0 || len(p.Zones) > 12 || !slices.Contains(p.Zones, "America/Los_Angeles") && !slices.Contains(p.Zones, "America/Vancouver") && !slices.Contains(p.Zones, "America/Tijuana") {
		t.Errorf("%d candidates: %v", len(p.Zones), p.Zones)
	}
}

func TestPhoneNumbersThatAreTooMuch(t *testing.T) {
	for _, s := range []string{strings.Repeat("1", 101), strings.Repeat("+", 5000), "+" + strings.Repeat("9", 60)} {
		if p, ok := source.PhoneNumber(s, "US"); ok {
			t.Errorf("%d characters are %s", len(s), p.E164)
		}
	}
}

// Numbers that are written as E.164 already are taken as they stand: that must
// not make a difference.
func TestE164IsReadAsAnythingElse(t *testing.T) {
	f, err := os.Open("testdata/phone_mobile_examples.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 200 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows[1:] {
		e164, spaced, national, region := r[3], r[4], r[5], r[0]
		fast, ok := source.PhoneNumber(e164, "")
		slow, okSlow := source.PhoneNumber(spaced, "")
		if !ok || !okSlow || fast.E164 != e164 || slow.E164 != e164 || !slices.Equal(fast.Zones, slow.Zones) {
			t.Errorf("%s: %q %v, %q %v", e164, fast.E164, ok, slow.E164, okSlow)
		}
		if n, ok := source.PhoneNumber(national, region); !ok || n.E164 != e164 {
			t.Errorf("%s in %s is %q, want %s", national, region, n.E164, e164)
		}
	}
	if p, ok := source.PhoneNumber("+390236618300", ""); !ok || p.E164 != "+390236618300" {
		t.Errorf("the zero of Milan: %q", p.E164)
	}
	if p, ok := source.PhoneNumber("+015123456789", "DE"); ok {
		t.Errorf("a German mobile number with a plus too many is %s, in Texas", p.E164)
	}
}
