package followup_test

import (
	"testing"

	"aftersales/internal/followup"
)

func TestLane(t *testing.T) {
	for _, c := range []struct {
		name string
		row  followup.FollowUp
		want followup.Lane
	}{
		{"service mail", followup.FollowUp{State: followup.Planned, Channel: followup.Email, Class: followup.Service}, followup.LaneService},
		{"recall mail", followup.FollowUp{State: followup.Planned, Channel: followup.Email, Class: followup.Recall}, followup.LaneService},
		{"feedback mail", followup.FollowUp{State: followup.Planned, Channel: followup.Email, Class: followup.Feedback}, followup.LaneRest},
		{"held mail", followup.FollowUp{State: followup.Held, Channel: followup.Email, Class: followup.Marketing}, followup.LaneRest},
		{"armed mail stays where it was planned", followup.FollowUp{State: followup.Armed, Channel: followup.Email, Class: followup.Service}, followup.LaneService},
		{"a call to come", followup.FollowUp{State: followup.Planned, Channel: followup.Call, Class: followup.Service}, followup.LaneCall},
		{"a call on the list", followup.FollowUp{State: followup.Listed, Channel: followup.Call}, followup.LaneLook},
		{"a claimed call", followup.FollowUp{State: followup.Armed, Channel: followup.Call, Claimed: "ann"}, followup.LaneLook},
		{"an unclear send", followup.FollowUp{State: followup.Unknown, Channel: followup.Email, Class: followup.Service}, followup.LaneLook},
		{"an awaited end", followup.FollowUp{State: followup.Failed, Channel: followup.Email, Class: followup.Service}, followup.LaneLook},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.row.Lane(); got != c.want {
				t.Errorf("lane %s, want %s", got, c.want)
			}
		})
	}
}
