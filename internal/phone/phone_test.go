package phone_test

import (
	"slices"
	"strings"
	"testing"

	"aftersales/internal/phone"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		s, home, e164, shown string
	}{
		{"+13123456789", "", "+13123456789", "+1 312-345-6789"},
		{"(312) 345-6789", "US", "+13123456789", "+1 312-345-6789"},
		{"1-800-FLOWERS", "US", "+18003569377", "+1 800-356-9377"},
		{"030 901820", "DE", "+4930901820", "+49 30 901820"},
		{"+49 (0)30 901820", "", "+4930901820", "+49 30 901820"},
		{"+0049 30 901820", "FR", "+4930901820", "+49 30 901820"}, // a plus and what it stands for
		{"49 30 901820", "DE", "+4930901820", "+49 30 901820"},
		{"02 3661 8300", "IT", "+390236618300", "+39 02 3661 8300"},
		{"011 15-2312-3456", "AR", "+5491123123456", "+54 9 11 2312-3456"}, // 15 within the country is 9 from abroad
		{"0 15 21 2345 6789", "BR", "+552123456789", "+55 21 2345-6789"},   // by carrier 15
		{"8 (701) 234-56-78", "KZ", "+77012345678", "+7 701 234 5678"},
		{"\uff0b\uff14\uff14 20 7946 0958", "", "+442079460958", "+44 20 7946 0958"},
		{"۰۲۱ ۸۸۷۶ ۵۴۳۲", "IR", "+982188765432", "+98 21 8876 5432"},
		{"٠٥٠ ١٢٣ ٤٥٦٧", "SA", "+966501234567", "+966 50 123 4567"},
		{"०११ २३४५ ६७८९", "IN", "+911123456789", "+91 11 2345 6789"},
		{"+𝟏 𝟑𝟏𝟐 𝟑𝟒𝟓 𝟔𝟕𝟖𝟗", "", "+13123456789", "+1 312-345-6789"},
		{"tel:+44-20-7946-0958;ext=12", "US", "+442079460958", "+44 20 7946 0958 x12"},
		{"tel:7946-0958;phone-context=+44-20", "US", "+442079460958", "+44 20 7946 0958"},
		{"030 901820 доб. 34", "DE", "+4930901820", "+49 30 901820 ext. 34"},
		{"(530) 583-6985 x302/x2303", "US", "+15305836985", "+1 530-583-6985 ext. 302"},
		{"+800 1234 5678", "", "+80012345678", "+800 1234 5678"},
	} {
		n, ok := phone.Parse(tt.s, tt.home)
		if !ok || !n.Valid() || n.E164() != tt.e164 || n.International() != tt.shown {
			t.Errorf("%q in %q is %s, %s, valid %v; want %s, %s", tt.s, tt.home, n.E164(), n.International(), n.Valid(), tt.e164, tt.shown)
		}
	}
}

func TestWhatIsNoNumber(t *testing.T) {
	for _, s := range []string{
		"", "1", "abc", "+", "+1", "+999 12345678", "12+34567", strings.Repeat("1", 18),
		"030 901820" + strings.Repeat(" ", 241),
		"030901820;phone-context=", "030901820;phone-context=a b",
	} {
		if n, ok := phone.Parse(s, "DE"); ok {
			t.Errorf("%q is %s", s, n.E164())
		}
	}
	if n, ok := phone.Parse("030 901820", ""); ok {
		t.Errorf("a number of nowhere is %s", n.E164())
	}
}

func TestNumbersThatAreNotValid(t *testing.T) {
	for s, home := range map[string]string{"555-555-5555": "US", "030 9": "DE", "+44 1481 0": "", "015": "CN", "1-x12": "DE"} {
		if n, ok := phone.Parse(s, home); !ok || n.Valid() {
			t.Errorf("%q is %s, %v, valid", s, n.E164(), ok)
		}
	}
	for _, n := range []phone.Number{{}, {Code: "49"}, {Code: "4", National: "930901820"}, {Code: "4930", National: "901820"}} {
		if n.Valid() {
			t.Errorf("%+v is valid", n)
		}
	}
}

func TestParseE164(t *testing.T) {
	n, ok := phone.ParseE164("+3758101016908") // Parse takes 8 or 80 for what is dialled within Belarus
	if !ok || !n.Valid() || n != (phone.Number{Code: "375", National: "8101016908"}) {
		t.Errorf("%+v, %v", n, ok)
	}
	for _, s := range []string{"", "3758101016908", "+375 8101016908", "+1234567", "+1234567890123456", "+015123456789", "+99912345678", "+٤٩٣٠٩٠١٨٢٠"} {
		if n, ok := phone.ParseE164(s); ok {
			t.Errorf("%q is %+v", s, n)
		}
	}
}

func TestZones(t *testing.T) {
	for e164, want := range map[string][]string{
		"+12125550123": {"America/New_York"},
		"+77012345678": {"Asia/Almaty", "Asia/Aqtobe"},
		"+80012345678": nil,
	} {
		n, _ := phone.ParseE164(e164)
		if got := n.Zones(); !slices.Equal(got, want) {
			t.Errorf("%s lies in %v, want %v", e164, got, want)
		}
	}
	n := phone.Number{Code: "1", National: "8005550123"}
	if got := n.Zones(); len(got) < 40 {
		t.Errorf("%s lies in %v", n.E164(), got)
	}
}
