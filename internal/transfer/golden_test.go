package transfer_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/memory"
	"aftersales/internal/transfer"
)

var update = flag.Bool("update", false, "write the golden file anew")

// TestFormStays holds the form: files of today must be read for ever. When
// this fails, raise the version and go on reading the old one.
func TestFormStays(t *testing.T) {
	from := memory.New()
	order := storetest.Order(1, 2)
	order.Rows[0].State, order.Rows[0].Attempt, order.Rows[0].ArmedAt = followup.Armed, "a-1", storetest.Start()
	order.Contacts[0].Fields = map[string]followup.Stated{"mail": {Value: "joerdis@example.org", Stamp: followup.Stamp{Time: storetest.Start(), Source: "shopify", ID: "1"}}}
	order.Contacts[0].Spend(followup.Spend{FollowUp: order.Rows[0].ID, Epoch: 2, At: storetest.Start(), Channel: followup.Email, Class: followup.Service})
	order.Contacts[0].Spend(followup.Spend{FollowUp: order.Rows[1].ID, Epoch: 2, At: storetest.Start(), Channel: followup.Call, Class: followup.Feedback})
	if errs, err := from.Save(t.Context(), []followup.Change{order}); err != nil || errs[0] != nil {
		t.Fatal(err, errs)
	}
	fill(t, from)
	var text bytes.Buffer
	rewrite(t, &text, exported(t, from, 2), func(s string) string {
		if *update {
			if err := os.WriteFile("testdata/form1.jsonl", []byte(s), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile("testdata/form1.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), s); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		return s
	})
	to := memory.New()
	r, err := into(t, text.Bytes(), transfer.Target{Store: to, Settings: settings{}}, transfer.Options{})
	if err != nil || r.File.Armed != 1 || r.Epoch != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	c := mustContact(t, to, order.Contacts[0].ID)
	if !c.Away(order.Rows[0].ID) || c.Away(order.Rows[1].ID) {
		t.Errorf("only what was armed is in doubt: %+v", c.Sends)
	}
}
