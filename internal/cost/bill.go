package cost

import (
	"math"
	"slices"
)

// Query is what is to be priced. Zero fields have defaults.
type Query struct {
	FollowUps float64 `json:"follow_ups"` // sent; 0: 1,000,000
	Orders    float64 `json:"orders"`     // they belong to; 0: what the follow-ups of one order say
	Months    float64 `json:"months"`     // everything is kept; 0: 24
}

// Group is a part of a bill.
type Group struct {
	Name  string  `json:"name"`
	USD   float64 `json:"usd"`
	Lines []Line  `json:"lines"`
}

func group(name string, lines ...Line) Group {
	g := Group{Name: name, Lines: lines}
	for _, l := range lines {
		g.USD += l.USD
	}
	return g
}

// Names of the groups.
const (
	Core     = "core"
	Feedback = "feedback"
	Storage  = "storage"
	Mail     = "mail (SES)"
	Idle     = "idle"
	Watching = "watching"
)

// Bill is the price of a number of follow-ups, the price of a month in which
// nothing happens, and what others would ask for the timer alone.
type Bill struct {
	Query  Query   `json:"query"`
	Region string  `json:"region"`
	Dated  string  `json:"prices_dated"`
	At     string  `json:"figures_at"`
	Groups []Group `json:"groups"` // core, feedback, storage, mail
	Total  float64 `json:"total_usd"`
	Month  []Group `json:"idle_month"` // idle, watching
	Timers []Timer `json:"timers"`     // ours first
}

// USD returns the price of a group, of the bill or of the idle month.
func (b *Bill) USD(name string) float64 {
	for _, g := range append(slices.Clip(b.Groups), b.Month...) {
		if g.Name == name {
			return g.USD
		}
	}
	return math.NaN()
}

// Compute prices q.
func (t *Tables) Compute(q Query) (Bill, error) {
	s := &sheet{t: t}
	if q.FollowUps == 0 {
		q.FollowUps = 1_000_000
	}
	if q.Orders == 0 {
		q.Orders = math.Ceil(q.FollowUps / s.v("follow_ups_per_order"))
	}
	if q.Months == 0 {
		q.Months = 24
	}
	s.used = nil
	b := Bill{Query: q, Region: t.Region, Dated: t.Dated, At: t.At}
	b.Groups = []Group{s.core(q), s.feedback(q), s.storage(q), group(Mail, s.line("one recipient each", "ses.mail", q.FollowUps))}
	for _, g := range b.Groups {
		b.Total += g.USD
	}
	b.Month = []Group{s.idle(), s.watching()}
	b.Timers = s.timers(q)
	return b, s.err()
}

const (
	perMS = 1e-3
	gb    = 1e9 // bytes, as AWS bills storage and logs
)

// core is everything between a webhook and the mail, without the mail.
func (s *sheet) core(q Query) Group {
	events := func() float64 { return q.Orders * s.v("events_per_order") }
	pages := func() float64 { return q.FollowUps * s.v("page_requests") }
	return group(Core,
		s.line("receive events", "dynamodb.write", events()*s.v("receive_wru")),
		s.line("enroll: plan and move follow-ups", "dynamodb.write", q.Orders*s.v("enroll_wru")*s.share(q)),
		s.line("reserve, arm, record", "dynamodb.write", q.FollowUps*s.v("deliver_wru")),
		s.line("answers", "dynamodb.write", pages()*s.v("page_wru")),
		s.line("read orders and customers", "dynamodb.read",
			events()*s.v("receive_rru")+q.Orders*s.v("enroll_rru")+q.FollowUps*s.v("deliver_rru")+pages()*s.v("page_rru")),
		s.line("sweep what is due", "dynamodb.read", q.FollowUps*(1+s.v("moves_per_follow_up"))*s.v("sweep_rru")),
		s.line("webhooks and pages", "http.request", events()+pages()),
		s.line("queues", "sqs.request", events()*s.v("enroll_sqs")+q.FollowUps*s.v("deliver_sqs")),
		s.line("functions, by invocation", "lambda.request", 2*events()+q.FollowUps/s.v("deliver_batch")+pages()),
		s.line("functions, by time", "lambda.gbs", s.v("memory_gb")*perMS*(events()*(s.ms("intake")+s.ms("enroll"))+
			q.FollowUps*(s.v("deliver_waits")*s.v("request_ms")+s.v("mail_ms"))/s.v("deliver_batch")+q.FollowUps*s.v("deliver_cpu_ms")/s.v("cpu_share")+
			pages()*s.ms("page"))),
		s.line("logs", "logs.gb", (events()*(s.v("intake_log_bytes")+s.v("enroll_log_bytes")+s.v("access_log_bytes"))+
			q.FollowUps*s.v("deliver_log_bytes")+pages()*(s.v("page_log_bytes")+s.v("access_log_bytes")))/gb),
	)
}

// ms is what one invocation for one thing is billed for: it waits for its
// requests in a row, and computes with its share of a processor.
func (s *sheet) ms(function string) float64 {
	return s.v(function+"_waits")*s.v("request_ms") + s.v(function+"_cpu_ms")/s.v("cpu_share")
}

// share is how many times the follow-ups of the measured order an order has: a
// larger plan writes more rows. What does not grow with it is counted as if it did.
func (s *sheet) share(q Query) float64 {
	if q.Orders == 0 {
		return 0
	}
	return q.FollowUps / q.Orders / s.v("follow_ups_per_order")
}

// feedback is what providers report about a mail. Events of AWS services cost
// nothing on the default bus.
func (s *sheet) feedback(q Query) Group {
	events := func() float64 { return q.FollowUps * s.v("outcome_events") }
	return group(Feedback,
		s.line("events of SES", "events.aws", events()),
		s.line("queue", "sqs.request", events()*s.v("outcome_sqs")),
		s.line("function, by invocation", "lambda.request", events()/10),
		s.line("function, by time", "lambda.gbs", events()*s.ms("outcome")*perMS*s.v("memory_gb")),
		s.line("logs", "logs.gb", events()*s.v("outcome_log_bytes")/gb),
		s.line("read", "dynamodb.read", events()*s.v("outcome_rru")),
		s.line("record delivered", "dynamodb.write", q.FollowUps*s.v("outcome_wru")),
	)
}

func (s *sheet) storage(q Query) Group {
	months := func() float64 { return q.Orders * s.v("store_order_bytes") * s.share(q) / gb * q.Months }
	return group(Storage,
		s.line("tables and indexes", "dynamodb.storage", months()),
		s.line("point-in-time recovery", "dynamodb.pitr", months()),
	)
}

// idle is a month without an order.
func (s *sheet) idle() Group {
	return group(Idle,
		s.line("queues, polled", "sqs.request", s.v("pollers")*s.v("poller_requests")),
		s.line("sweep, reads", "dynamodb.read", s.v("ticks")*s.v("tick_rru")),
		s.line("sweep, writes", "dynamodb.write", s.v("ticks")*s.v("tick_wru")),
		s.line("sweep, by invocation", "lambda.request", s.v("ticks")),
		s.line("sweep, by time", "lambda.gbs", s.v("ticks")*s.ms("tick")*perMS*s.v("memory_gb")),
		s.line("schedule", "scheduler.invocation", s.v("ticks")),
		s.line("logs", "logs.gb", s.v("ticks")*s.v("tick_log_bytes")/gb),
	)
}

// watching is what tells people that something is wrong.
func (s *sheet) watching() Group {
	return group(Watching,
		s.line("alarms", "alarm", s.v("alarms")),
		s.line("custom metrics", "metric", s.v("metrics")),
	)
}
