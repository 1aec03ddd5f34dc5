package cost

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Write prints b as text for people: lines, then the idle month, then the timers.
func (b *Bill) Write(w io.Writer) error {
	out := &strings.Builder{}
	fmt.Fprintf(out, "%s follow-ups of %s orders, kept for %s months; %s, prices of %s, quantities of %s, no free tier\n",
		number(b.Query.FollowUps), number(b.Query.Orders), number(b.Query.Months), b.Region, b.Dated, b.At)
	for _, g := range b.Groups {
		g.write(out)
	}
	fmt.Fprintf(out, "\n%-34s %32s %10s\n", "all", "", dollars(b.Total))
	fmt.Fprintf(out, "\nA month in which nothing happens\n")
	for _, g := range b.Month {
		g.write(out)
	}
	fmt.Fprintf(out, "\nThe timer alone: planned, moved as often, reserved, armed, recorded\n\n")
	for _, t := range b.Timers {
		fmt.Fprintf(out, "%-34s %10s  longest wait %s\n%36s%s\n%36scancelled by: %s\n", t.Name, dollars(t.USD), t.Longest, "", t.Limits, "", t.Cancel)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (g *Group) write(out *strings.Builder) {
	fmt.Fprintf(out, "\n%-34s %32s %10s\n", g.Name, "", dollars(g.USD))
	for _, l := range g.Lines {
		fmt.Fprintf(out, "  %-32s %32s %10s  %s\n", l.What, number(l.Quantity)+" "+l.Unit, dollars(l.USD), l.Basis)
	}
}

// Markdown prints b as tables for the documentation, with every price's source
// and every figure's origin.
func (b *Bill) Markdown(w io.Writer, t *Tables) error {
	out := &strings.Builder{}
	fmt.Fprintf(out, "%s follow-ups of %s orders, kept for %s months, in %s; prices of %s, quantities of %s, without the free tier of a first year.\n\n",
		number(b.Query.FollowUps), number(b.Query.Orders), number(b.Query.Months), b.Region, b.Dated, b.At)
	fmt.Fprintf(out, "| what | quantity | USD | known by |\n|---|---:|---:|---|\n")
	for _, g := range b.Groups {
		g.markdown(out)
	}
	fmt.Fprintf(out, "| **all** | | **%s** | |\n\nA month in which nothing happens:\n\n| what | quantity | USD | known by |\n|---|---:|---:|---|\n", dollars(b.Total))
	for _, g := range b.Month {
		g.markdown(out)
	}
	fmt.Fprintf(out, "\nThe timer alone, for the same follow-ups (planned, moved as often, reserved, armed, recorded):\n\n")
	fmt.Fprintf(out, "| timer | USD | longest wait | limits of a fresh account | cancelled by | limits read in |\n|---|---:|---|---|---|---|\n")
	for _, x := range b.Timers {
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", x.Name, dollars(x.USD), x.Longest, x.Limits, x.Cancel, x.Source)
	}
	t.sources(out)
	_, err := io.WriteString(w, out.String())
	return err
}

func (g *Group) markdown(out *strings.Builder) {
	fmt.Fprintf(out, "| **%s** | | **%s** | |\n", g.Name, dollars(g.USD))
	for _, l := range g.Lines {
		fmt.Fprintf(out, "| %s | %s %s | %s | %s |\n", l.What, number(l.Quantity), l.Unit, dollars(l.USD), l.Basis)
	}
}

// sources lists what was multiplied.
func (t *Tables) sources(out *strings.Builder) {
	fmt.Fprintf(out, "\nPrices:\n\n| USD | for | source |\n|---:|---|---|\n")
	for _, p := range t.Prices() {
		per := number(p.Per) + " " + p.Unit
		if p.Free > 0 {
			per += ", after " + number(p.Free) + " a month"
		}
		fmt.Fprintf(out, "| %s | %s | %s |\n", strconv.FormatFloat(p.USD, 'f', -1, 64), per, p.Source)
	}
	fmt.Fprintf(out, "\nQuantities, measured by `scripts/measure-cost` on %s, %s:\n\n| what | | known by | from |\n|---|---:|---|---|\n", t.At, t.Machine)
	for _, f := range t.Figures() {
		fmt.Fprintf(out, "| %s | %s %s | %s | %s |\n", f.ID, strconv.FormatFloat(f.Value, 'f', -1, 64), f.Unit, f.Basis, f.From)
	}
}

// dollars rounds to cents, and to more digits where cents would say nothing.
func dollars(usd float64) string {
	switch {
	case usd == 0:
		return "0"
	case math.Abs(usd) < 0.1:
		return strconv.FormatFloat(usd, 'f', 4, 64)
	default:
		return strconv.FormatFloat(usd, 'f', 2, 64)
	}
}

// number groups thousands: 1,000,000; small numbers keep two places.
func number(n float64) string {
	if n < 100 && n != math.Trunc(n) {
		return strconv.FormatFloat(n, 'f', 2, 64)
	}
	s := strconv.FormatFloat(math.Round(n), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
