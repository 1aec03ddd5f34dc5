package web_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"aftersales/internal/followup"
	"aftersales/internal/web"
)

func TestLanes(t *testing.T) {
	states := []web.LaneState{{Lane: followup.LaneService, Queued: start}, {Lane: followup.LaneRest, Paused: true, Since: start, Why: "unusual <work>"}}
	var did []string
	w := newTown(t, func(_ *town, _ *web.PublicConfig, oc *web.OperatorConfig) {
		oc.Lanes = &web.LaneControl{
			States: func(context.Context) ([]web.LaneState, error) { return states, nil },
			Pause: func(_ context.Context, l followup.Lane, why string) error {
				did = append(did, "pause "+string(l)+" "+why)
				return nil
			},
			Refused: func(context.Context) ([]web.RefusedPlan, error) {
				return []web.RefusedPlan{{Name: "set-up <x>", Version: 7}}, nil
			},
			GoOn: func(_ context.Context, l followup.Lane) error {
				if l == "none" {
					return followup.ErrNotFound
				}
				did = append(did, "go on "+string(l))
				return nil
			},
		}
	})
	page := w.get(w.operator, "/lanes").Body.String()
	must(t, page, "email-service", "Queued up to", "unusual &lt;work&gt;", "Go on", `aria-current="page">Lanes`, "set-up &lt;x&gt;", "under its version 7")
	for name, c := range map[string]struct {
		form url.Values
		want int
	}{
		"paused without a reason": {url.Values{"lane": {"email-service"}, "to": {"pause"}, "reason": {" "}}, 422},
		"no such lane":            {url.Values{"lane": {"none"}, "to": {"go-on"}}, 404},
		"paused":                  {url.Values{"lane": {"email-service"}, "to": {"pause"}, "reason": {"drill"}, "by": {"Mia"}}, 303},
	} {
		if rec := w.send(w.operator, "/lanes", c.form); rec.Code != c.want {
			t.Errorf("%s: %d, want %d", name, rec.Code, c.want)
		}
	}
	if rec := w.send(w.operator, "/lanes", url.Values{"lane": {"email-rest"}, "to": {"go-on"}}); rec.Header().Get("Location") != "/lanes?said=goes-on" {
		t.Errorf("go on leads to %q", rec.Header().Get("Location"))
	}
	if len(did) != 2 || did[0] != "pause email-service Mia: drill" || did[1] != "go on email-rest" {
		t.Errorf("did %q", did)
	}
	if rec := newTown(t).get(newTown(t).operator, "/lanes"); rec.Code != http.StatusNotFound {
		t.Errorf("where there are no lanes: %d", rec.Code)
	}
}
