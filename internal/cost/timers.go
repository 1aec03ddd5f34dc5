package cost

// Timer is a way to wait for a moment and then do something once, priced for
// the same follow-ups: planned, moved, reserved, armed and recorded in a table of
// one's own, as no provider of timers does that.
type Timer struct {
	Name    string  `json:"name"`
	USD     float64 `json:"usd"`
	Lines   []Line  `json:"lines"`
	Longest string  `json:"longest_wait"`
	Limits  string  `json:"limits"` // of a fresh account
	Source  string  `json:"source"` // of the limits
	Cancel  string  `json:"cancel"`
	Holds   bool    `json:"holds_ten_years"`
}

func timer(t Timer, lines ...Line) Timer {
	t.Lines = lines
	for _, l := range lines {
		t.USD += l.USD
	}
	return t
}

// timers prices our index beside what AWS sells. The others save its writes and
// pay for the wait.
func (s *sheet) timers(q Query) []Timer {
	n := q.FollowUps
	rows := func() Line { // plan, move and attempt without an index
		return s.line("rows", "dynamodb.write", n*(s.v("plan_wru")/2+s.v("moves_per_follow_up")+s.v("deliver_wru")-1))
	}
	handed := func() Line { // one message each, read and deleted in tens
		return s.line("queue", "sqs.request", n*(1+0.2))
	}
	waits := func() float64 { return n * (1 + s.v("moves_per_follow_up")) }
	return []Timer{
		timer(Timer{
			Name: "index of due looks, swept", Longest: "none", Holds: true,
			Limits: "1,000 writes/s a partition, four partitions a lane", Source: "AWS page bp-partition-key-design",
			Cancel: "the write that changes the row",
		}, s.line("rows and index", "dynamodb.write", n*(s.v("plan_wru")+s.v("moves_per_follow_up")*s.v("move_wru")+s.v("deliver_wru"))),
			s.line("sweep", "dynamodb.read", waits()*s.v("sweep_rru")),
			s.line("queue", "sqs.request", n*s.v("deliver_sqs"))),
		timer(Timer{
			Name: "EventBridge Scheduler", Longest: "none found", Holds: true,
			Limits: "10 M schedules, 1,000 invocations/s; fires within a minute", Source: "AWS page scheduler-quotas",
			Cancel: "a second call, which may fail by itself: a schedule can outlive its row",
		}, rows(), s.line("invocations", "scheduler.invocation", n), handed()),
		timer(Timer{
			Name: "Step Functions Standard", Longest: "1 year",
			Limits: "1 M open executions, 25,000 events each", Source: "AWS page step-functions service-quotas",
			Cancel: "StopExecution by ARN; a move starts another",
		}, rows(), s.line("transitions", "stepfunctions.transition", n*(s.v("flow_transitions")+s.v("moves_per_follow_up"))), handed()),
		timer(Timer{
			Name: "Lambda durable functions", Longest: "366 days",
			Limits: "5 M running executions, 3,000 operations each; code pinned as long", Source: "Lambda's service model (31,622,400 s); third party, quoting AWS's quotas",
			Cancel: "StopDurableExecution by ARN; a move starts another",
		}, rows(), s.line("operations", "durable.operation", n*(s.v("durable_operations")+s.v("moves_per_follow_up"))), handed()),
	}
}
