package civil

import "time"

// A day number counts days from 1970-01-01. Windows and zones are computed in it, because a Date costs divisions.

// number gives the day number of d. Days and months past their ends count on into the next month and year.
// Source of the arithmetic: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
func (d Date) number() int {
	y, m := d.Year, int(d.Month)
	if m < 1 || m > 12 {
		var month time.Month
		y, month = normalMonth(y, m)
		m = int(month)
	}
	if m <= 2 { // the year starts in March, so that the leap day is its last
		y--
		m += 12
	}
	era := floorDiv(y, 400)
	ofEra := y - era*400
	ofYear := (153*(m-3)+2)/5 + d.Day - 1
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468
}

// dateOfNumber is the inverse of number (civil_from_days of the same source).
func dateOfNumber(n int) Date {
	n += 719468
	era := floorDiv(n, 146097)
	ofEra := n - era*146097
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	march := (5*ofYear + 2) / 153
	day := ofYear - (153*march+2)/5 + 1
	y, m := yearOfEra+era*400, march+3
	if m > 12 {
		y++
		m -= 12
	}
	return Date{y, time.Month(m), day}
}

// weekday gives the day of the week of a day number; 1970-01-01 was a Thursday.
func weekday(n int) time.Weekday { return time.Weekday(n + 4 - 7*floorDiv(n+4, 7)) }

// normalMonth carries months outside 1 to 12 into the year.
func normalMonth(year, month int) (int, time.Month) {
	carry := floorDiv(month-1, 12)
	return year + carry, time.Month(month - 12*carry)
}

func daysIn(year int, m time.Month) int {
	switch m {
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case time.April, time.June, time.September, time.November:
		return 30
	default:
		return 31
	}
}

// floorDiv divides and rounds down, for negative numbers too.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
