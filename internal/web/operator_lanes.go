package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"aftersales/internal/followup"
)

// LaneControl shows the lanes of due work and stops them, in the form that has
// lanes.
type LaneControl struct {
	// States tells how every lane stands, in the order in which they are served.
	States func(ctx context.Context) ([]LaneState, error)
	// Pause stops a lane until somebody lets it go on. What is queued already still
	// goes out.
	Pause func(ctx context.Context, lane followup.Lane, why string) error
	// GoOn lets a lane work again.
	GoOn func(ctx context.Context, lane followup.Lane) error
	// Refused tells which plans were edited under a version in use; nil: none ever is.
	Refused func(ctx context.Context) ([]RefusedPlan, error)
}

// RefusedPlan is a plan that orders follow as it was before it was edited.
type RefusedPlan struct {
	Name    string
	Version int // to be raised
}

// LaneState is how a lane stands.
type LaneState struct {
	Lane   followup.Lane
	Queued time.Time // up to where; zero: nothing yet
	Paused bool
	Since  time.Time // paused
	Until  time.Time // paused; zero: until somebody lets it go on
	Why    string    // paused
}

// lanesPage lists the lanes.
type lanesPage struct {
	desk
	Lanes   []LaneState
	Refused []RefusedPlan
}

func (o *operator) lanes(w http.ResponseWriter, r *http.Request) {
	states, err := o.c.Lanes.States(r.Context())
	var refused []RefusedPlan
	if err == nil && o.c.Lanes.Refused != nil {
		refused, err = o.c.Lanes.Refused(r.Context())
	}
	if err != nil {
		o.failed(w, r, err)
		return
	}
	o.look.show(w, r, http.StatusOK, lanesPage{o.desk(r, "Lanes"), states, refused})
}

// setLane pauses a lane, with a reason, or lets it go on.
func (o *operator) setLane(w http.ResponseWriter, r *http.Request) {
	f, ok := o.form(w, r)
	if !ok {
		return
	}
	lane, said := followup.Lane(f.Get("lane")), "paused"
	var err error
	switch why := strings.TrimSpace(plain(f.Get("reason"))); {
	case f.Get("to") == "go-on":
		said, err = "goes-on", o.c.Lanes.GoOn(r.Context(), lane)
	case why == "":
		o.fault(w, r, http.StatusUnprocessableEntity, "Say why the lane is to be paused: others will wonder.")
		return
	default:
		if by := plain(f.Get("by")); by != "" {
			why = by + ": " + why
		}
		err = o.c.Lanes.Pause(r.Context(), lane, clipped(why, 200))
	}
	if err != nil {
		o.failed(w, r, err)
		return
	}
	o.back(w, r, "/lanes", said)
}
