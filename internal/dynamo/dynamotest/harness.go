package dynamotest

import (
	"testing"

	"aftersales/internal/dynamo"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// Server is where a store under test stands.
type Server struct {
	API    dynamo.API
	Tables dynamo.Tables // empty
	Config dynamo.Config
}

// Hardened is a harness of stores on servers at their worst, in virtual time.
// Each store has a server and limits of its own. At the end of t it fails when a
// table was read inconsistently, or when a long run never met one of the fates.
func Hardened(t *testing.T, open func(*testing.T) Server, limits func() *Limits) storetest.Harness {
	t.Helper()
	var all []*Limits // subtests run one by one
	t.Cleanup(func() { judge(t, all) })
	return storetest.Harness{
		Open: func(t *testing.T) followup.Store {
			s, l := open(t), limits()
			all = append(all, l)
			l.API, s.Config.Wait = s.API, l.Wait
			return dynamo.New(l, s.Tables, s.Config)
		},
		Settle:         func() { all[len(all)-1].Settle() },
		NoTransactions: true, NoWaiting: true, Unsorted: true, Large: 60,
	}
}

// longRun is how many requests meet every fate, at any rate that tests ask for.
const longRun = 2000

func judge(t *testing.T, all []*Limits) {
	t.Helper()
	var sum Seen
	for _, l := range all {
		sum.Add(l.Seen())
	}
	t.Logf("%+v", sum)
	for f, n := range sum.Fates {
		if n == 0 && sum.Requests > longRun && all[0].Rate > 0 {
			t.Errorf("fate %d was never met in %d requests", f, sum.Requests)
		}
	}
	if sum.Eventual > 0 {
		t.Errorf("%d reads of a table may be stale", sum.Eventual)
	}
}
