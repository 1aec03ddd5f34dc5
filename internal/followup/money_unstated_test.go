package followup_test

import (
	"testing"

	"aftersales/internal/followup"
)

func TestAnAmountTakesTheCurrencyOfItsOrder(t *testing.T) {
	for _, c := range []struct {
		amount, currency string
		want             int64
	}{
		{"649.00", "EUR", 64900},
		{"649", "EUR", 64900},
		{"5000", "JPY", 5000},
		{"5000.00", "JPY", 5000},
		{"1.234", "KWD", 1234},
		{"-5.00", "USD", -500},
		{"0.999", "EUR", 99},
		{"1.000000", "EUR", 100},
	} {
		m, err := followup.ParseUnstated(c.amount)
		if err != nil {
			t.Fatalf("ParseUnstated(%q): %v", c.amount, err)
		}
		if got := m.In(c.currency); got != (followup.Money{Minor: c.want, Currency: c.currency}) {
			t.Errorf("%s in %s = %v, want %d", c.amount, c.currency, got, c.want)
		}
	}
	for _, bad := range []string{"", ".", "1,5", "a", "1.00001", "12345678901234567"} {
		if m, err := followup.ParseUnstated(bad); err == nil {
			t.Errorf("ParseUnstated(%q) = %v, want an error", bad, m)
		}
	}
	stated := followup.Money{Minor: 100, Currency: "EUR"}
	if got := stated.In("JPY"); got != stated {
		t.Errorf("a stated amount became %v", got)
	}
}
