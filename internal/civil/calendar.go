package civil

// maxSearch is how many days a search for a workday looks at: more than a year without any is a wrong calendar.
const maxSearch = 400

// Calendar tells workdays from others. The zero value has only workdays. Do not change it while it is in use.
type Calendar struct {
	Weekend  [7]bool       // by time.Weekday, Sunday first
	Holidays map[Date]bool // days that are true are no workdays
}

// Workday tells whether d is neither weekend nor holiday.
func (c Calendar) Workday(d Date) bool { return c.workday(d.number()) }

// NextWorkday gives the first workday from d on, d itself if it is one. If none of 400 days is, it gives d.
func (c Calendar) NextWorkday(d Date) Date { return c.search(d, 1) }

// PrevWorkday gives the last workday up to d, d itself if it is one. If none of 400 days is, it gives d.
func (c Calendar) PrevWorkday(d Date) Date { return c.search(d, -1) }

func (c Calendar) search(d Date, step int) Date {
	day := d.number()
	for n := range maxSearch {
		if c.workday(day + n*step) {
			return d.AddDays(n * step)
		}
	}
	return d
}

func (c *Calendar) workday(day int) bool {
	if c.Weekend[weekday(day)] {
		return false
	}
	return len(c.Holidays) == 0 || !c.Holidays[dateOfNumber(day)]
}

// nextWorkday is NextWorkday on day numbers; ok is false if there is none.
func (c *Calendar) nextWorkday(day int) (next int, ok bool) {
	for n := range maxSearch {
		if c.workday(day + n) {
			return day + n, true
		}
	}
	return 0, false
}
