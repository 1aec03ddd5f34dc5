package main

import "aftersales/internal/cost"

// costVerb computes what the AWS form costs.
type costVerb struct {
	FollowUps float64 `default:"1000000" placeholder:"N" help:"So many are sent. Default 1,000,000."`
	Orders    float64 `placeholder:"N" help:"Of so many orders. Default: six follow-ups each."`
	Months    float64 `default:"24" placeholder:"N" help:"Everything is kept so long. Default 24."`
	Markdown  bool    `help:"Print tables for documentation, with every source."`
	JSON      bool    `name:"json" help:"Print as JSON."`
}

// Run prints the bill.
func (v *costVerb) Run(s *shell) error {
	if err := s.here("cost"); err != nil {
		return err
	}
	if v.FollowUps <= 0 || v.Orders < 0 || v.Months <= 0 {
		return misused("--follow-ups, --orders and --months are numbers above 0")
	}
	tables, err := cost.Load()
	if err != nil {
		return err
	}
	bill, err := tables.Compute(cost.Query{FollowUps: v.FollowUps, Orders: v.Orders, Months: v.Months})
	if err != nil {
		return err
	}
	switch {
	case v.JSON:
		return s.json(bill)
	case v.Markdown:
		return bill.Markdown(s.out, tables)
	default:
		return bill.Write(s.out)
	}
}
