// Package followup is the domain: what happened to an order, which follow-ups
// are wanted because of it, and what may be done with each at a given moment.
//
// Everything here is a value, a pure function of values and now, or a port.
// Nothing reads a clock, the environment or a disk; stores and channels are
// specified by the suites in storetest and channeltest.
//
// The way through: events are folded into [Facts] ([Fold]), a plan and the
// facts give the follow-ups wanted now ([Rules.Desire]), [Reconcile] compares
// them with those that exist, and [Rules.Decide] says at the due time whether
// one may go.
package followup
