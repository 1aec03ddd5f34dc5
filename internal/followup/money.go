package followup

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Money is an amount in the minor unit of an ISO 4217 currency (cents, fils,
// whole yen). The zero Money is no amount. With an empty currency it is the
// order's own, which the sender left out: see [ParseUnstated].
type Money struct {
	Minor    int64  `json:"m"`
	Currency string `json:"c"`
}

// exponents lists the ISO 4217 currencies whose minor unit is not a hundredth.
// Source: ISO 4217 list one, as of 2026.
var exponents = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
	"UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLF": 4, "UYW": 4,
}

// Exponent returns the decimals of a currency, 2 unless ISO 4217 says otherwise.
func Exponent(currency string) int {
	if e, ok := exponents[currency]; ok {
		return e
	}
	return 2
}

// ParseMoney reads a decimal such as "649.00" in a currency. More decimals
// than the currency has are allowed only when they are zeros.
func ParseMoney(amount, currency string) (Money, error) {
	currency = strings.ToUpper(strings.TrimSpace(currency))
	if len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Money{}, fmt.Errorf("currency %q is not an ISO 4217 code, such as EUR", currency)
	}
	bad := func() (Money, error) {
		return Money{}, fmt.Errorf("amount %q is not a decimal number, such as 649.00", amount)
	}
	s := strings.TrimSpace(amount)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" || len(whole) > 15 || strings.Trim(whole+frac, "0123456789") != "" {
		return bad()
	}
	e := Exponent(currency)
	for len(frac) < e {
		frac += "0"
	}
	if strings.Trim(frac[e:], "0") != "" {
		return Money{}, fmt.Errorf("amount %q has more than the %d decimals of %s", amount, e, currency)
	}
	n, err := strconv.ParseInt(whole+frac[:e], 10, 64)
	if err != nil || n == math.MinInt64 {
		return bad()
	}
	if neg {
		n = -n
	}
	return Money{Minor: n, Currency: currency}, nil
}

// String returns the amount with the currency's decimals: "649.00 EUR".
func (m Money) String() string {
	e := Exponent(m.Currency)
	sign, n := "", m.Minor
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n, 10)
	for len(s) <= e {
		s = "0" + s
	}
	if e > 0 {
		s = s[:len(s)-e] + "." + s[len(s)-e:]
	}
	return sign + s + " " + m.Currency
}

// unstatedExponent is the most decimals that any currency has.
const unstatedExponent = 4

// ParseUnstated reads a decimal whose currency was not said, because the order
// has said it before: Minor is in ten-thousandths until [Money.In] is called.
func ParseUnstated(amount string) (Money, error) {
	whole, frac, _ := strings.Cut(amount, ".")
	if len(frac) > unstatedExponent && strings.Trim(frac[unstatedExponent:], "0") != "" {
		return Money{}, fmt.Errorf("amount %q has more than %d decimals", amount, unstatedExponent)
	}
	frac = (frac + "0000")[:unstatedExponent]
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	if whole == "" || len(whole) > 15 || err != nil {
		return Money{}, fmt.Errorf("amount %q is not a decimal number, such as 649.00", amount)
	}
	return Money{Minor: n}, nil
}

// In gives an amount of [ParseUnstated] the currency of its order, cutting
// decimals the currency lacks. Other amounts, and an unknown currency, leave m
// as it is.
func (m Money) In(currency string) Money {
	if m.Currency != "" || m.Minor == 0 || currency == "" {
		return m
	}
	for e := unstatedExponent; e > Exponent(currency); e-- {
		m.Minor /= 10
	}
	m.Currency = currency
	return m
}
